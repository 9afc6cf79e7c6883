// One seed, from its first instant to its last, or to the first broken promise.

import { planFaults } from './fault-plan.ts';
import { createJudge, type Judge, type Violation } from './judge.ts';
import { watchQuiet } from './quiet.ts';
import { describeScenario, drawScenario } from './scenario.ts';
import { createWorld, type World } from './world.ts';

/** What came of a seed. */
export interface Outcome {
  readonly seed: number;
  readonly description: string;
  readonly violations: readonly Violation[];
  /** Equal for equal runs. */
  readonly hash: string;
  /** Empty unless asked for. */
  readonly lines: readonly string[];
  readonly simulatedMs: number;
  /** VIPs dark, summed over routers, outside maintenance. */
  readonly darkMs: number;
}

function startAll(world: World): void {
  for (const member of world.members) {
    world.scheduler.at(world.random.between(0, 5000), () => world.startAgent(member));
  }
}

function runToEnd(world: World, judge: Judge): void {
  world.scheduler.runUntil(world.scenario.endMs, () => {
    judge.look();
    return judge.violations.length === 0;
  });
}

/** Run one seed. */
export function runSeed(seed: number, keepTrace = false): Outcome {
  const scenario = drawScenario(seed);
  const world = createWorld(scenario, keepTrace);
  const judge = createJudge(world);
  startAll(world);
  planFaults(world, world.random.fork());
  watchQuiet(world, judge);
  runToEnd(world, judge);
  return {
    seed,
    description: describeScenario(scenario),
    violations: judge.violations,
    hash: world.trace.hash,
    lines: world.trace.lines,
    simulatedMs: world.scheduler.nowMs,
    darkMs: judge.darkMs,
  };
}
