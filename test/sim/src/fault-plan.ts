// When what happens: a seed's faults and operators, at random pauses, until the quiet begins. Then everything that
// operators left behind is undone; faults end by themselves.

import type { Fault } from './faults.ts';
import * as faults from './faults.ts';
import * as operators from './operators.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** What can happen, and how often compared with the rest. */
const MIX: readonly (readonly [Fault, number])[] = [
  [faults.crash, 5],
  [faults.bounce, 3],
  [faults.silentDeath, 3],
  [faults.freeze, 3],
  [faults.illness, 4],
  [faults.refusedSessions, 3],
  [faults.lostFamily, 2],
  [faults.deadLink, 2],
  [faults.lostAddress, 2],
  [faults.stuckSpeaker, 3],
  [faults.releaseRace, 8],
  [faults.uselessHeirs, 3],
  [faults.cut, 4],
  [faults.blindStandby, 3],
  [faults.newLeader, 2],
  [faults.deadServer, 2],
  [faults.outage, 2],
  [faults.slowFollower, 2],
  [faults.wipe, 0.5],
  [operators.maintenance, 3],
  [operators.scriptedMaintenance, 4],
  [operators.drain, 5],
  [operators.restart, 4],
  [operators.rollingRestart, 1],
  [operators.reload, 2],
  [operators.restartChanged, 1],
];

/** Each seed is fond of some things: a few kinds happen often, others seldom, which makes rare combinations common. */
function drawMix(random: Random): readonly (readonly [Fault, number])[] {
  return MIX.map(([fault, weight]) => [fault, weight * random.pick([0, 0.3, 1, 1, 4])] as const);
}

function pickFault(mix: readonly (readonly [Fault, number])[], random: Random): Fault {
  const total = mix.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.between(0, total);
  for (const [fault, weight] of mix) {
    left -= weight;
    if (left < 0) return fault;
  }
  return mix[0]![0];
}

/** Most steps to wait for an unlucky moment, and the length of one. */
const MAX_WAIT_STEPS = 4000;
const WAIT_STEP_MS = 0.7;

/** When some agent is reading, so that what happens now happens between its reads; after a while at any rate. */
function atUnluckyMoment(world: World, steps: number, act: () => void): void {
  const isRead = (kind: string): boolean => kind === 'children' || kind === 'get';
  const reading = world.members.some(
    ({ process }) => process?.running && process.loop.view.pending?.request.ops.some(op => isRead(op.kind)),
  );
  if (reading || steps === 0 || world.scheduler.nowMs > world.scenario.quietFromMs) act();
  else world.scheduler.after(WAIT_STEP_MS, () => atUnluckyMoment(world, steps - 1, act));
}

/** Plan a seed's faults on its scheduler. */
export function planFaults(world: World, random: Random): void {
  const { scheduler, scenario } = world;
  const mix = drawMix(random);
  const next = (): void => {
    if (scheduler.nowMs >= scenario.quietFromMs) return;
    const fault = pickFault(mix, random);
    const act = (): void => {
      const aloneMs = fault(world, random);
      const pauseMs = random.between(0.1, 2) * scenario.pauseMs;
      scheduler.after(typeof aloneMs === 'number' ? aloneMs : pauseMs, next);
    };
    if (random.chance(0.5)) act();
    else atUnluckyMoment(world, MAX_WAIT_STEPS, act);
  };
  scheduler.at(60_000 + scenario.pauseMs, next);
  scheduler.at(scenario.quietFromMs + 1000, () => calm(world));
}

/** Undo what operators did; agents that are down come back by themselves. */
function calm(world: World): void {
  world.trace.add('O', 'all', 'quiet begins');
  for (const service of [...world.maintenance.keys()]) operators.endMaintenance(world, service);
  for (const [service, names] of world.drains) for (const name of [...names]) operators.undrain(world, service, name);
}
