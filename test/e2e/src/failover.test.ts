// The product on real parts: what an operator's day does to it, and what the clients behind the router lose by it. The tests
// of one router run one after another in one lab; each leaves it whole. Timelines: artefacts/e2e.
import { bird, removeOwn, until } from '@vipkeeper/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { releaseDelayMs, serviceName } from './agent-config.ts';
import type { Loss, ProbeReport } from './probe-log.ts';
import { World } from './world.ts';

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Long enough for every release, claim and settling to have happened that was going to. */
const afterwards = (): Promise<void> => pause(releaseDelayMs + 3000);

/** VIPs of one owner are served by somebody else, all others by their owners. */
const elsewhere = (name: string) => (servedBy: string | undefined, owner: string) =>
  owner === name ? servedBy !== undefined && servedBy !== name : servedBy === owner;

/** Nothing lost at all by UDP. A TCP connection that was open at the moment of a switch may have moved with its packets. */
function expectNothingLost({ udp, http }: ProbeReport): void {
  expect(udp).toEqual({});
  expect(total(http)).toBeLessThanOrEqual(2);
}

const total = (losses: Readonly<Record<string, Loss>>): number =>
  Object.values(losses).reduce((sum, { lost }) => sum + lost, 0);

/** The worst stretch of darkness of any VIP. */
const longestMs = (losses: Readonly<Record<string, Loss>>): number =>
  Math.max(0, ...Object.values(losses).map(loss => loss.longestMs));

describe.each([bird])('behind $name', kind => {
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

  it('maintenance takes every VIP away, and gives it back without a restart', async () => {
    const lives = await world.lives();
    await world.during('maintenance on and off', async say => {
      say('vipctl maintenance on');
      await world.vipctl('maintenance', 'on', serviceName, '--reason', 'end-to-end test', '--wait', '--yes');
      await world.goes('no VIP anywhere', servedBy => servedBy === undefined);
      await afterwards();
      await world.goes('still no VIP anywhere', servedBy => servedBy === undefined);
      say('vipctl maintenance off');
      await world.vipctl('maintenance', 'off', serviceName, '--wait', '--yes');
      await world.isWhole();
    });
    expect(await world.lives()).toEqual(lives);
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

  it('an owner whose health check fails is covered without a gap, and returns without a gap', async () => {
    const lb3 = world.machine(3);
    const sick = await world.during('health check fails and heals', async say => {
      say('the service of lb3 says that it is sick');
      await lb3.beSick(true);
      await world.goes('VIPs of lb3 elsewhere', elsewhere('lb3'));
      await afterwards();
      say('the service of lb3 is well again');
      await lb3.beSick(false);
      await world.isWhole();
      await afterwards();
    });
    expectNothingLost(sick);
  });

  it('a service that dies is dark only until its check has noticed', async () => {
    const lb3 = world.machine(3);
    const died = await world.during('service dies', async say => {
      say('SIGKILL to the service of lb3');
      await lb3.killService();
      await world.goes('VIPs of lb3 elsewhere', elsewhere('lb3'));
    });
    // Interval 0.5 s, then two probes 0.2 s apart must have failed, and there is work to do on a busy machine.
    expect(longestMs(died.udp)).toBeLessThan(2500);
    const returned = await world.during('service returns', async say => {
      say('the service of lb3 starts');
      await lb3.startService();
      await world.isWhole();
    });
    expectNothingLost(returned);
  });

  it('nothing happens while the whole ensemble is dead for 30 s, nor when it is back', async () => {
    const outage = await world.during('ensemble dead for 30 s', async say => {
      say('SIGKILL to all ZooKeeper servers');
      await world.ensemble.kill();
      await pause(30_000);
      await world.goes('every VIP still at its owner', (servedBy, owner) => servedBy === owner, 1000);
      say('ZooKeeper servers start');
      await world.ensemble.revive();
      await afterwards();
      await world.isWhole();
    });
    expectNothingLost(outage);
    expect(outage.switches).toEqual([]);
  });

  it('an owner that dies while ZooKeeper is dead is covered too, and has its VIPs back when ZooKeeper is', async () => {
    const lb1 = world.machine(1);
    const outage = await world.during('owner dies while the ensemble is dead', async say => {
      say('SIGKILL to all ZooKeeper servers');
      await world.ensemble.kill();
      await pause(6000);
      say('SIGKILL to the agent of lb1');
      await lb1.killAgent();
      await world.goes('VIPs of lb1 elsewhere', elsewhere('lb1'));
      say('lb1 starts its agent');
      await lb1.startAgent();
      await pause(8000);
      say('ZooKeeper servers start');
      await world.ensemble.revive();
      await world.isWhole();
      await afterwards();
    });
    expect(longestMs(outage.udp)).toBeLessThan(100);
  });

  it('a restart of every agent, one after another, loses nothing', async () => {
    const rolling = await world.during('rolling restart', async say => {
      for (const machine of world.machines) {
        say(`SIGTERM to the agent of ${machine.name}`);
        expect(await machine.stopAgent()).toBe(0);
        await world.goes(`VIPs of ${machine.name} elsewhere`, elsewhere(machine.name), 1000);
        say(`${machine.name} starts its agent`);
        await machine.startAgent();
        await world.isWhole();
      }
      await afterwards();
    });
    expectNothingLost(rolling);
  });
});
