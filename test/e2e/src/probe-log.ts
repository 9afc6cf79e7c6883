// What the probe printed, as answers: what was lost while something was done, and who answered.
import { type LogLine, readLog, until } from '@vipkeeper/lab';
import type { StartedTestContainer } from 'testcontainers';
import type { Gap, Switch } from './inside/ledger.ts';

interface Settled {
  readonly kind: 'settled';
  readonly untilMs: number;
}

type Event = Gap | Switch | Settled | { readonly kind: 'trouble'; readonly atMs: number; readonly text: string };

/** Losses of one target in a stretch of time. */
export interface Loss {
  /** Probes without an answer. */
  readonly lost: number;
  /** The longest run of them, from the sending of its first to that of its last, whole milliseconds. */
  readonly longestMs: number;
}

/** What happened to the probes of one stretch. `udp` and `http` name only the targets that lost something. */
export interface ProbeReport {
  readonly udp: Readonly<Record<string, Loss>>;
  readonly http: Readonly<Record<string, Loss>>;
  readonly gaps: readonly Gap[];
  readonly switches: readonly Switch[];
}

/** Reads the probe's log until everything sent before `toMs` is decided. */
export async function reportOf(probe: StartedTestContainer, fromMs: number, toMs: number): Promise<ProbeReport> {
  const read = async () => (await readLog(probe, fromMs)).flatMap(parse);
  const isDecided = (events: readonly Event[]) => events.some(each => each.kind === 'settled' && each.untilMs >= toMs);
  return summarize(await until('the probe to decide', read, isDecided, { everyMs: 250 }), fromMs, toMs);
}

/** Pure part of it. */
export function summarize(events: readonly Event[], fromMs: number, toMs: number): ProbeReport {
  const last = new Map<string, Gap>();
  for (const event of events) if (event.kind === 'gap') last.set(`${event.target} ${event.number}`, event);
  const gaps = [...last.values()].filter(gap => gap.toMs >= fromMs && gap.fromMs <= toMs);
  const switches = events.flatMap(event => (event.kind === 'by' && event.atMs >= fromMs ? [event] : []));
  return { udp: losses(gaps, 'udp '), http: losses(gaps, 'http '), gaps, switches };
}

function losses(gaps: readonly Gap[], prefix: string): Readonly<Record<string, Loss>> {
  const byTarget: Record<string, Loss> = {};
  for (const { target, lost, fromMs, toMs } of gaps) {
    if (!target.startsWith(prefix)) continue;
    const vip = target.slice(prefix.length);
    const before = byTarget[vip] ?? { lost: 0, longestMs: 0 };
    byTarget[vip] = { lost: before.lost + lost, longestMs: Math.max(before.longestMs, Math.round(toMs - fromMs)) };
  }
  return byTarget;
}

function parse({ text }: LogLine): readonly Event[] {
  try {
    return [JSON.parse(text) as Event];
  } catch {
    return [];
  }
}
