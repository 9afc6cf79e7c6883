// The product on real parts: what an operator's day does to it, and what the clients behind the router lose by it. The tests
// of one router run one after another in one lab; each leaves it whole. Timelines: artefacts/e2e.
import { bird, removeOwn } from '@vipkeeper/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { releaseDelayMs } from './agent-config.ts';
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
});
