// What happened, one line per event, and a running hash of all lines: two runs of a seed are the same run if and only if
// their hashes are equal. Lines are kept only when somebody wants to read them.
import type { Scheduler } from './scheduler.ts';

/** What a line is about; the first letter of each line. */
export const LEGEND = {
  F: 'a fault begins, or ends (healed)',
  O: 'an operator acts (maintenance, drain, SIGTERM, reload)',
  Z: 'ZooKeeper: elections, sessions that expire',
  C: "one agent's coordination: connected, suspended, lost",
  D: "one agent's decision: what it announces and why has changed",
  H: 'a host: its BGP sessions, its process',
  R: "a router's best path for a VIP",
  V: 'a VIP at a router: where its traffic ends, or why it is dark',
  '!': 'a promise is broken',
} as const;

/** The letter of a line. */
export type TraceKind = keyof typeof LEGEND;

/** Collects lines. */
export interface Trace {
  add(kind: TraceKind, who: string, what: string): void;
  readonly lines: readonly string[];
  /** Of all lines so far, eight hex digits. */
  readonly hash: string;
}

function format(nowMs: number, kind: TraceKind, who: string, what: string): string {
  return `${(nowMs / 1000).toFixed(3).padStart(9)} ${kind} ${who.padEnd(7)} ${what}`;
}

/** A trace without lines; `keep` decides whether lines are kept besides being hashed. */
export function createTrace(scheduler: Scheduler, keep: boolean): Trace {
  const lines: string[] = [];
  let hash = 0x811c9dc5;
  return {
    add(kind, who, what) {
      const line = format(scheduler.nowMs, kind, who, what);
      for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
      if (keep) lines.push(line);
    },
    lines,
    get hash() {
      return (hash >>> 0).toString(16).padStart(8, '0');
    },
  };
}
