// What the router heard, in order, each entry with the moment the router received it. Everything the demo says about time
// is read from here and from nowhere else: the story has no clock of its own to flatter itself with.

/** One thing the router received. Times are the listener's, in milliseconds on its monotonic clock. */
export type Heard =
  | { readonly kind: 'session-up'; readonly agent: string; readonly atMs: number }
  /** All paths from this agent are gone with it. */
  | { readonly kind: 'session-down'; readonly agent: string; readonly atMs: number }
  | {
      readonly kind: 'announced';
      readonly agent: string;
      readonly vip: string;
      readonly asPath: readonly number[];
      readonly med: number;
      readonly atMs: number;
    }
  | { readonly kind: 'withdrawn'; readonly agent: string; readonly vip: string; readonly atMs: number };

/** Oldest first. */
export type Journal = readonly Heard[];

/** A way to a VIP that the router holds. */
export interface Path {
  readonly agent: string;
  readonly asPath: readonly number[];
  readonly med: number;
  /** When this very path was received. */
  readonly sinceMs: number;
}

/** The router's paths by VIP, best first. */
export type Routes = ReadonlyMap<string, readonly Path[]>;

/** What the router holds after all this. */
export function routesAfter(journal: Journal): Routes {
  const paths = new Map<string, Path[]>();
  for (const heard of journal) hear(paths, heard);
  for (const [vip, known] of paths) {
    if (known.length === 0) paths.delete(vip);
    else known.sort(byPreference);
  }
  return paths;
}

/** The agent to which the router sends a VIP's traffic. */
export function bestAgent(routes: Routes, vip: string): string | undefined {
  return routes.get(vip)?.[0]?.agent;
}

/** Whether an agent's session is up, by the last that was heard of it. */
export function sessionOf(journal: Journal, agent: string): 'up' | 'down' {
  const last = journal.findLast(heard => heard.agent === agent && heard.kind.startsWith('session'));
  return last?.kind === 'session-up' ? 'up' : 'down';
}

/** Between this moment and the last entry: how long the router had no path at all to the VIP. Milliseconds. */
export function darkMs(journal: Journal, vip: string, fromMs: number): number {
  const endMs = journal.at(-1)?.atMs ?? fromMs;
  let darkSinceMs: number | undefined = Number.NEGATIVE_INFINITY;
  let total = 0;
  journal.forEach((heard, index) => {
    const isDark = !routesAfter(journal.slice(0, index + 1)).has(vip);
    if (darkSinceMs !== undefined && !isDark) total += overlap(darkSinceMs, heard.atMs, fromMs);
    darkSinceMs = isDark ? (darkSinceMs ?? heard.atMs) : undefined;
  });
  return darkSinceMs === undefined ? total : total + overlap(darkSinceMs, endMs, fromMs);
}

/** The part of an interval that lies after this moment. */
function overlap(sinceMs: number, untilMs: number, fromMs: number): number {
  return Math.max(0, untilMs - Math.max(sinceMs, fromMs));
}

function hear(paths: Map<string, Path[]>, heard: Heard): void {
  if (heard.kind === 'session-up') return;
  for (const [vip, known] of paths) {
    const isMeant = heard.kind === 'session-down' || heard.vip === vip;
    if (isMeant) {
      paths.set(
        vip,
        known.filter(path => path.agent !== heard.agent),
      );
    }
  }
  if (heard.kind !== 'announced') return;
  const { agent, asPath, med, atMs: sinceMs } = heard;
  paths.set(heard.vip, [...(paths.get(heard.vip) ?? []), { agent, asPath, med, sinceMs }]);
}

/** RFC 4271 9.1.2.2, as far as it matters here: shorter AS path, then lower MED, then a name to break the tie. */
function byPreference(one: Path, other: Path): number {
  return one.asPath.length - other.asPath.length || one.med - other.med || one.agent.localeCompare(other.agent);
}
