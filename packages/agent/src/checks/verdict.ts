// From single probes to the health of a VIP: pure counting.
//
// One failed probe is weather; `fall` of them in a row are a verdict, and so are `rise` good ones. Before either there is
// `unknown`. The verdicts of several checks are joined by what the service requires. A verdict once reached is never
// taken back for lack of information: a check that was only just added leaves the health of its VIP as it is until it has
// a verdict of its own.
import type { Health } from '@vipkeeper/core';

/** What one probe found. `detail` says in a few words what was wrong, or is empty. */
export interface ProbeResult {
  readonly outcome: 'success' | 'failure' | 'timeout' | 'error';
  readonly detail: string;
}

/** When a probe's results become a verdict. */
export interface Thresholds {
  /** Good probes in a row that make it passing. At least 1. */
  readonly rise: number;
  /** Bad probes in a row that make it failing. At least 1. */
  readonly fall: number;
}

/** The state of one check for one target. */
export interface CheckVerdict {
  readonly health: Health;
  /** How many probes in a row agree with the last one. */
  readonly streak: number;
  /** Null before the first probe. */
  readonly last: ProbeResult | null;
}

/** Before any probe. */
export const NO_VERDICT: CheckVerdict = { health: 'unknown', streak: 0, last: null };

/** How many checks must pass. */
export type Requirement = 'all' | 'any' | { readonly atLeast: number };

/** Counts one more result. */
export function count(verdict: CheckVerdict, result: ProbeResult, thresholds: Thresholds): CheckVerdict {
  const good = result.outcome === 'success';
  const agrees = verdict.last !== null && (verdict.last.outcome === 'success') === good;
  const streak = agrees ? verdict.streak + 1 : 1;
  const enough = streak >= (good ? thresholds.rise : thresholds.fall);
  return { health: enough ? (good ? 'passing' : 'failing') : verdict.health, streak, last: result };
}

/** True while the last probe disagrees with the verdict, or there is none: time to look more often. */
export function isUnsettled(verdict: CheckVerdict): boolean {
  if (verdict.health === 'unknown' || verdict.last === null) return true;
  return (verdict.last.outcome === 'success') !== (verdict.health === 'passing');
}

/** The health that these checks' verdicts make together. */
export function join(healths: readonly Health[], requirement: Requirement): Health {
  const needed = neededOf(requirement, healths.length);
  const passing = healths.filter(health => health === 'passing').length;
  const failing = healths.filter(health => health === 'failing').length;
  if (passing >= needed) return 'passing';
  return failing > healths.length - needed ? 'failing' : 'unknown';
}

function neededOf(requirement: Requirement, checks: number): number {
  if (requirement === 'all') return checks;
  return requirement === 'any' ? Math.min(1, checks) : requirement.atLeast;
}
