// A path as a router holds it, and the choice between several: RFC 4271 9.1.2.2 in the order every router of the wild has
// it: LOCAL_PREF, length of AS_PATH, MED between paths of one neighbouring AS, eBGP before iBGP, then the oldest or the
// lowest router id. Origin and IGP cost are equal in this world.

/** One path to a VIP. */
export interface Path {
  /** The load balancer that announced it: the true end of the path. */
  readonly host: string;
  readonly asPath: readonly number[];
  readonly med: number;
  readonly localPref: number;
  /** Who takes the packets: a router's or a host's name. */
  readonly nextHop: string;
}

/** A path with where and when it was learnt. */
export interface Learnt {
  readonly path: Path;
  readonly from: string;
  readonly ibgp: boolean;
  readonly sinceMs: number;
  /** Lower wins the last tie. */
  readonly routerId: number;
}

/** The last tie break. */
export type TieBreak = 'oldest' | 'router-id';

function sameNeighbourAs(a: Path, b: Path): boolean {
  return a.asPath[0] === b.asPath[0];
}

/** Whether `a` is preferred to `b`. */
export function isBetter(a: Learnt, b: Learnt, tieBreak: TieBreak): boolean {
  if (a.path.localPref !== b.path.localPref) return a.path.localPref > b.path.localPref;
  if (a.path.asPath.length !== b.path.asPath.length) return a.path.asPath.length < b.path.asPath.length;
  if (sameNeighbourAs(a.path, b.path) && a.path.med !== b.path.med) return a.path.med < b.path.med;
  if (a.ibgp !== b.ibgp) return !a.ibgp;
  if (tieBreak === 'oldest' && a.sinceMs !== b.sinceMs) return a.sinceMs < b.sinceMs;
  return a.routerId < b.routerId;
}

/** The best of all candidates, or null. */
export function bestOf(candidates: Iterable<Learnt>, tieBreak: TieBreak): Learnt | null {
  let best: Learnt | null = null;
  for (const candidate of candidates) if (best === null || isBetter(candidate, best, tieBreak)) best = candidate;
  return best;
}

/** Two paths that would be sent as the same UPDATE. */
export function samePath(a: Path | null, b: Path | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.host === b.host &&
    a.med === b.med &&
    a.localPref === b.localPref &&
    a.nextHop === b.nextHop &&
    a.asPath.length === b.asPath.length &&
    a.asPath.every((as, index) => as === b.asPath[index])
  );
}
