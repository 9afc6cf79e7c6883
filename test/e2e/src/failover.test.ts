// An owner dies, returns, is drained: behind either router the clients notice nothing, or next to nothing. The tests of one
// router run one after another in one lab; each leaves it whole. Timelines: artefacts/e2e.
import { bird, frr, removeOwn, until } from '@vipkeeper/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { afterwards, elsewhere, expectNothingLost, longestMs, pause } from './expectations.ts';
import { World } from './world.ts';

describe.each([bird, frr])('behind $name', kind => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(kind);
  });
  afterAll(removeOwn);
  beforeEach(() => world.isWhole());

  it('the router knows an owner and a standby with a longer path for each VIP', async () => {
    const paths = async () => {
      const heard = await Promise.all(world.vips.map(vip => world.heard(vip)));
      return heard.map(each => each.map(({ asPath, med }) => `${asPath.length} hops, MED ${med}`).join(' | '));
    };
    // At first both standbys announce; the lesser one goes when its releases have come due.
    const wanted = world.vips.map(() => '1 hops, MED 100 | 2 hops, MED 200');
    await until('one owner and one standby', paths, found => found.join() === wanted.join());
    await pause(1000);
    expect(await paths()).toEqual(wanted);
  });

  it('an owner killed with SIGKILL is covered before its clients notice, and takes its VIPs back without a gap', async () => {
    const lb1 = world.machine(1);
    const killed = await world.during('kill -9 of an owner', async say => {
      say('SIGKILL to the agent of lb1');
      await lb1.killAgent();
      await world.goes('VIPs of lb1 elsewhere', elsewhere('lb1'));
      await afterwards();
    });
    expect(longestMs(killed.udp)).toBeLessThan(100);

    const returned = await world.during('an owner returns', async say => {
      say('lb1 starts its agent');
      await lb1.startAgent();
      await world.isWhole();
      await afterwards();
    });
    expectNothingLost(returned);
  });

  it('a load balancer that dies with its service is dark for a moment only', async () => {
    const lb2 = world.machine(2);
    const died = await world.during('agent and service die together', async say => {
      say('SIGKILL to the agent and the service of lb2');
      await Promise.all([lb2.killAgent(), lb2.killService()]);
      await world.goes('VIPs of lb2 elsewhere', elsewhere('lb2'));
      await afterwards();
    });
    expect(longestMs(died.udp)).toBeLessThan(500);
    await lb2.startService();
    await lb2.startAgent();
  });

  it('a drained agent hands over without a gap, keeps its BGP sessions, and takes back without a gap', async () => {
    const drained = await world.during('drain and undrain', async say => {
      say('vipctl drain lb2');
      await world.vipctl('drain', 'lb2', '--reason', 'end-to-end test', '--yes');
      await world.goes('VIPs of lb2 elsewhere', elsewhere('lb2'));
      await world.hearsNothingFrom(world.machine(2));
      expect(await world.sessionsOf(world.machine(2))).toEqual([true, true]);
      await afterwards();
      say('vipctl undrain lb2');
      await world.vipctl('undrain', 'lb2', '--yes');
      await world.isWhole();
      await afterwards();
    });
    expectNothingLost(drained);
  });
});
