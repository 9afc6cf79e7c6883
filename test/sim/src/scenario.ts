// What a seed stands for: the place, the machines, the configuration, and how unkind the world is. Everything is drawn
// here, once, so that a failing seed can be read before it is run.
import type { ServiceSettings, Settings, Vip } from '@vipkeeper/core';
import type { Topology } from './fabric.ts';
import { createRandom, type Random } from './random.ts';
import type { RouterHabits } from './router.ts';
import type { EnsembleOptions } from './zk-ensemble.ts';

/** A service of the simulated world. */
export interface ServicePlan {
  readonly name: string;
  /** Who owns what. */
  readonly owners: ReadonlyMap<Vip, string>;
  readonly standbyDepth: number;
  readonly announcers: number;
  readonly onUnhealthy: 'withdraw' | 'last-resort';
}

/** A whole seed. */
export interface Scenario {
  readonly seed: number;
  readonly topology: Topology;
  readonly habits: RouterHabits;
  readonly ensemble: EnsembleOptions;
  readonly sessionTimeoutMs: number;
  readonly agents: readonly string[];
  readonly services: readonly ServicePlan[];
  /** Mean pause between two faults. */
  readonly pauseMs: number;
  /** Faults end here; the rest is quiet. */
  readonly quietFromMs: number;
  readonly endMs: number;
  /** The longest a VIP may be dark after something truly broke, with somebody able to cover. */
  readonly boundMs: number;
}

/** The defaults of the product, which the simulated agents run with. */
export const TIMES = { settleMs: 3000, releaseDelayMs: 30_000, coverTimeoutMs: 5000, shutdownMs: 45_000 } as const;

/** Slack of every bound: address, check, session, batches, message delays. */
const SLACK_MS = 10_000;
const HOLD_OR_EXPIRY_MS = 9000;

function drawHabits(random: Random): RouterHabits {
  return {
    tieBreak: random.chance(0.5) ? 'oldest' : 'router-id',
    mraiMs: random.chance(0.5) ? 0 : 10_000,
    mraiAlways: random.chance(0.5),
    withdrawalsWait: random.chance(0.3),
    linkDelayMs: random.chance(0.7) ? { low: 1, high: 5 } : { low: 1, high: 50 },
  };
}

function vipAt(index: number): Vip {
  return index % 2 === 0 ? `192.0.2.${index + 1}` : `2001:db8::${(index + 1).toString(16)}`;
}

function drawServices(random: Random, agents: readonly string[]): readonly ServicePlan[] {
  const count = random.chance(0.2) ? 2 : 1;
  let next = random.integer(0, 1);
  return Array.from({ length: count }, (_, index) => {
    const owners = new Map<Vip, string>();
    for (const agent of agents) if (owners.size === 0 || random.chance(0.7)) owners.set(vipAt(next++), agent);
    return {
      name: `s${index + 1}`,
      owners,
      standbyDepth: random.pick([1, 1, 1, 1, 0, 0, 2]),
      announcers: random.chance(0.9) ? 1 : 2,
      onUnhealthy: random.chance(0.8) ? 'withdraw' : 'last-resort',
    };
  });
}

/** The scenario of a seed. */
export function drawScenario(seed: number): Scenario {
  const random = createRandom(seed, 1);
  const agents = Array.from({ length: random.pick([2, 3, 3, 3, 4]) }, (_, index) => `lb-${index + 1}`);
  const habits = drawHabits(random);
  const sessionTimeoutMs = random.pick([4000, 4000, 6000]);
  const tickMs = 1000;
  const coverMs = (agents.length + 1) * TIMES.coverTimeoutMs + 2 * TIMES.settleMs;
  return {
    seed,
    topology: random.pick(['leaf-spine', 'leaf-spine', 'one-tor', 'ibgp'] as const),
    habits,
    ensemble: { servers: random.chance(0.6) ? 3 : 1, lagMs: random.pick([2, 5, 20, 200]), tickMs },
    sessionTimeoutMs,
    agents,
    services: drawServices(random, agents),
    pauseMs: random.pick([4000, 12_000, 30_000]),
    quietFromMs: 420_000,
    endMs: 700_000,
    boundMs: HOLD_OR_EXPIRY_MS + coverMs + 3 * habits.mraiMs + SLACK_MS,
  };
}

function serviceSettings(plan: ServicePlan, agent: string, priority: number): ServiceSettings {
  return {
    name: plan.name,
    vips: [...plan.owners].filter(([, owner]) => owner === agent).map(([vip]) => vip),
    standbyDepth: plan.standbyDepth,
    announcers: plan.announcers,
    priority,
    settleMs: TIMES.settleMs,
    releaseDelayMs: TIMES.releaseDelayMs,
    coverTimeoutMs: TIMES.coverTimeoutMs,
    onUnhealthy: plan.onUnhealthy,
  };
}

/** The settings one agent runs with. */
export function settingsOf(scenario: Scenario, agent: string, priority: number): Settings {
  return {
    agent,
    root: '/vipkeeper',
    services: scenario.services.map(plan => serviceSettings(plan, agent, priority)),
    minSessions: 1,
    maxPrefixes: 50,
    allows: () => true,
    coldStart: { waitMs: 60_000, then: 'last-resort' },
    adoptAfterMs: 600_000,
    shutdownMs: TIMES.shutdownMs,
  };
}

/** One paragraph for people. */
export function describeScenario(scenario: Scenario): string {
  const { habits, ensemble } = scenario;
  const services = scenario.services.map(
    plan =>
      `${plan.name}: ${[...plan.owners].map(([vip, owner]) => `${vip} of ${owner}`).join(', ')}; depth ${plan.standbyDepth}, announcers ${plan.announcers}, on unhealthy ${plan.onUnhealthy}`,
  );
  return [
    `seed ${scenario.seed}: ${scenario.topology}, ${scenario.agents.length} agents, MRAI ${habits.mraiMs} ms${habits.mraiAlways ? ' always running' : ''}${habits.withdrawalsWait ? ', withdrawals wait' : ''}, ties to the ${habits.tieBreak}`,
    `  ZooKeeper: ${ensemble.servers} server(s), lag up to ${ensemble.lagMs} ms, session timeout ${scenario.sessionTimeoutMs} ms; a fault each ${scenario.pauseMs} ms`,
    ...services.map(line => `  ${line}`),
    `  bound after a true fault: ${scenario.boundMs} ms`,
  ].join('\n');
}
