// How patient a dial is, as numbers. One round tries every server once; between rounds we wait, longer each time.
//
// The waits are bounded by the session, not by politeness: a session must be able to come back before its lease runs out,
// so a round's attempts together take about half a session timeout and a wait never more than a quarter.
import type { Server } from './server-list.ts';

const FIRST_WAIT_MS = 50;
const SHORTEST_ATTEMPT_MS = 250;
/** An election takes a few rounds: only after these do attempts become longer. */
const IMPATIENT_ROUNDS = 5;

/** Longest time for one server, from dial to the first round trip. Grows while rounds fail: a slow server is a server. Milliseconds. */
export function attemptTimeoutMs(sessionTimeoutMs: number, serverCount: number, failedRounds: number): number {
  const share = Math.max(sessionTimeoutMs / (2 * serverCount), SHORTEST_ATTEMPT_MS);
  const growth = Math.max(1, failedRounds - IMPATIENT_ROUNDS);
  return Math.min(share * growth, Math.max(sessionTimeoutMs, SHORTEST_ATTEMPT_MS));
}

/** Wait after `failedRounds` (at least 1) rounds: doubles up to a quarter of the session timeout, the upper half of it random. */
export function backoffMs(failedRounds: number, sessionTimeoutMs: number, random: () => number): number {
  const ceiling = Math.min(FIRST_WAIT_MS * 2 ** Math.min(failedRounds - 1, 20), sessionTimeoutMs / 4);
  return ceiling * (0.5 + random() / 2);
}

/** Wait after refused credentials: somebody has to change something first. One to two session timeouts, at least a second. */
export function refusedBackoffMs(sessionTimeoutMs: number, random: () => number): number {
  return Math.max(sessionTimeoutMs, 1000) * (1 + random());
}

/** The servers in random order, so that agents spread over the ensemble (Fisher and Yates). */
export function shuffled(servers: readonly Server[], random: () => number): readonly Server[] {
  const order = [...servers];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const pick = Math.floor(random() * (last + 1));
    [order[last], order[pick]] = [order[pick]!, order[last]!];
  }
  return order;
}
