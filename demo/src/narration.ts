// The sentences of the story. Each takes the journal (or what was read from it) and says one thing that happened, with
// the numbers the router's own timestamps give.

import { darkMs, type Heard, type Journal, type Path, routesAfter } from './journal.ts';

/** A duration as people read it: `0 ms`, `0.4 ms`, `37 ms`, `1.42 s`. */
export function duration(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** `192.0.2.1 from lb-1, 1.20 s after its session came up; lb-2 stands by`. */
export function announcedByOwner(journal: Journal, vip: string, owner: string): string {
  const [, behind] = pathsOf(journal, vip);
  const standby = behind === undefined ? '' : `; ${behind.agent} stands by`;
  return `${vip} from ${owner}, ${sinceSession(journal, vip, owner)}${standby}`;
}

/** How the router came to send a VIP elsewhere when its best agent's session was lost. */
export function fellOver(journal: Journal, vip: string, dead: string): readonly string[] {
  const lostAtMs = lastOf(journal, 'session-down', dead)?.atMs;
  const [best] = pathsOf(journal, vip);
  if (lostAtMs === undefined || best === undefined) return [];
  const waitedMs = lostAtMs - best.sinceMs;
  const how =
    waitedMs >= 0
      ? `whose path it had held for ${duration(waitedMs)}`
      : `whose path arrived ${duration(-waitedMs)} after the session was lost`;
  return [
    `${vip} was without a route for ${duration(darkMs(journal, vip, lostAtMs))}`,
    `the router went over to ${best.agent}, ${how}`,
  ];
}

/** Who stands behind the new announcer, and how long after the loss that path arrived. */
export function stoodBehind(journal: Journal, vip: string, dead: string): string | undefined {
  const lost = lastOf(journal, 'session-down', dead);
  const [, behind] = pathsOf(journal, vip);
  if (lost === undefined || behind === undefined || behind.sinceMs < lost.atMs) return undefined;
  return `${behind.agent} took the place behind it ${duration(behind.sinceMs - lost.atMs)} after the loss`;
}

/** The owner's return, from its new session to its route, and what it cost. */
export function returned(journal: Journal, vip: string, owner: string): readonly string[] {
  const upAtMs = lastOf(journal, 'session-up', owner)?.atMs ?? 0;
  return [
    `${vip} is back at ${owner}, ${sinceSession(journal, vip, owner)}`,
    `on the way it was without a route for ${duration(darkMs(journal, vip, upAtMs))}`,
  ];
}

/** From the first to the last of many changes of one kind; undefined when there was none. */
export function spread(journal: Journal, kind: 'announced' | 'withdrawn'): string | undefined {
  const times = journal.filter(heard => heard.kind === kind).map(heard => heard.atMs);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return `${times.length} paths ${kind} within ${duration(last - first)}`;
}

/** How long after an agent's session its present path arrived. */
function sinceSession(journal: Journal, vip: string, agent: string): string {
  const up = lastOf(journal, 'session-up', agent);
  const path = pathsOf(journal, vip).find(each => each.agent === agent);
  if (up === undefined || path === undefined) return 'though its session is not up';
  return `${duration(path.sinceMs - up.atMs)} after its session came up`;
}

function pathsOf(journal: Journal, vip: string): readonly Path[] {
  return routesAfter(journal).get(vip) ?? [];
}

function lastOf(journal: Journal, kind: Heard['kind'], agent: string): Heard | undefined {
  return journal.findLast(heard => heard.kind === kind && heard.agent === agent);
}
