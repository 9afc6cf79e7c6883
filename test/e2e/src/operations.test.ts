// An operator's day: maintenance, failing checks, ZooKeeper gone, a new version rolled out; and what it costs the clients.
// One lab for all; each test leaves it whole. Timelines: artefacts/e2e.
import { bird, removeOwn } from '@vipkeeper/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serviceName } from './agent-config.ts';
import { afterwards, elsewhere, expectNothingLost, longestMs, pause } from './expectations.ts';
import { World } from './world.ts';

describe('with all its parts', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(bird);
  });
  afterAll(removeOwn);
  beforeEach(() => world.isWhole());

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
