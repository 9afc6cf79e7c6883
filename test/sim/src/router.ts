// A BGP router: what each neighbour told it (Adj-RIB-In), the one best path per VIP, and what it tells each neighbour, no
// oftener than MRAI allows. It tells only its best path, so a better one elsewhere hides the second best, as in real life.
import type { Vip } from '@vipkeeper/core';
import type { Random } from './random.ts';
import { bestOf, type Learnt, type Path, samePath, type TieBreak } from './routes.ts';
import type { Scheduler } from './scheduler.ts';

/** How all routers of one world behave. */
export interface RouterHabits {
  readonly tieBreak: TieBreak;
  /** RFC 4271 9.2.1.1 MinRouteAdvertisementInterval, per neighbour; 0 is none. */
  readonly mraiMs: number;
  /** A timer that always runs (a change waits for its next beat) or one that starts with a message. */
  readonly mraiAlways: boolean;
  /** Withdrawals wait for MRAI as well. */
  readonly withdrawalsWait: boolean;
  readonly linkDelayMs: { readonly low: number; readonly high: number };
}

/** Who a router speaks to. */
export interface NeighbourOptions {
  readonly name: string;
  readonly as: number;
  readonly host: boolean;
  /** For iBGP: this router reflects for it. */
  readonly client: boolean;
}

interface Neighbour extends NeighbourOptions {
  readonly ribIn: Map<Vip, Learnt>;
  readonly ribOut: Map<Vip, Path>;
  readonly pending: Set<Vip>;
  readonly routerId: number;
  deliver: ((vip: Vip, path: Path | null) => void) | null;
  nextSendMs: number;
  lastArrivalMs: number;
  waiting: boolean;
}

/** One router. */
export interface Router {
  readonly name: string;
  readonly as: number;
  addNeighbour(options: NeighbourOptions): void;
  /** Where messages to this (router) neighbour go. */
  connect(neighbour: string, deliver: (vip: Vip, path: Path | null) => void): void;
  receive(neighbour: string, vip: Vip, path: Path | null): void;
  /** The session went down: everything learnt there goes at once. */
  forget(neighbour: string): void;
  best(vip: Vip): Learnt | null;
  heard(neighbour: string, vip: Vip): Path | null;
}

/** A router without neighbours. `changed` is called when a best path or something heard from a host has changed. */
export function createRouter(
  name: string,
  as: number,
  scheduler: Scheduler,
  random: Random,
  habits: RouterHabits,
  changed: (router: string, vip: Vip) => void,
): Router {
  const neighbours = new Map<string, Neighbour>();
  const bests = new Map<Vip, Learnt>();

  const isIbgp = (neighbour: Neighbour): boolean => neighbour.as === as;

  const mayTell = (best: Learnt, neighbour: Neighbour): boolean => {
    if (neighbour.host || best.from === neighbour.name) return false;
    if (!isIbgp(neighbour) || !best.ibgp) return true;
    return neighbour.client || neighbours.get(best.from)!.client;
  };

  const exported = (vip: Vip, neighbour: Neighbour): Path | null => {
    const best = bests.get(vip);
    if (best === undefined || !mayTell(best, neighbour)) return null;
    if (isIbgp(neighbour)) return best.path;
    return { host: best.path.host, asPath: [as, ...best.path.asPath], med: 0, localPref: 100, nextHop: name };
  };

  const send = (neighbour: Neighbour, vip: Vip, path: Path | null): void => {
    if (path === null) neighbour.ribOut.delete(vip);
    else neighbour.ribOut.set(vip, path);
    const { low, high } = habits.linkDelayMs;
    neighbour.lastArrivalMs = Math.max(neighbour.lastArrivalMs, scheduler.nowMs + random.between(low, high));
    scheduler.at(neighbour.lastArrivalMs, () => neighbour.deliver?.(vip, path));
  };

  const sendPending = (neighbour: Neighbour): boolean => {
    let announced = false;
    for (const vip of neighbour.pending) {
      const path = exported(vip, neighbour);
      if (samePath(path, neighbour.ribOut.get(vip) ?? null)) continue;
      send(neighbour, vip, path);
      announced = true;
    }
    neighbour.pending.clear();
    return announced;
  };

  const nextBeat = (neighbour: Neighbour): number => {
    if (!habits.mraiAlways) return neighbour.nextSendMs;
    const missed = Math.max(0, Math.ceil((scheduler.nowMs - neighbour.nextSendMs) / habits.mraiMs));
    return neighbour.nextSendMs + missed * habits.mraiMs;
  };

  const flush = (neighbour: Neighbour): void => {
    const atMs = habits.mraiMs === 0 ? scheduler.nowMs : nextBeat(neighbour);
    if (neighbour.waiting) return;
    neighbour.waiting = true;
    scheduler.at(atMs, () => {
      neighbour.waiting = false;
      const announced = sendPending(neighbour);
      if (announced && !habits.mraiAlways) neighbour.nextSendMs = scheduler.nowMs + habits.mraiMs;
    });
  };

  const tell = (neighbour: Neighbour, vip: Vip): void => {
    if (neighbour.host) return;
    const path = exported(vip, neighbour);
    const told = neighbour.ribOut.get(vip) ?? null;
    if (samePath(path, told)) {
      neighbour.pending.delete(vip);
    } else if (path === null && !habits.withdrawalsWait) {
      neighbour.pending.delete(vip);
      send(neighbour, vip, null);
    } else {
      neighbour.pending.add(vip);
      flush(neighbour);
    }
  };

  function* candidates(vip: Vip): Iterable<Learnt> {
    for (const neighbour of neighbours.values()) {
      const learnt = neighbour.ribIn.get(vip);
      if (learnt !== undefined) yield learnt;
    }
  }

  const choose = (vip: Vip): void => {
    const before = bests.get(vip) ?? null;
    const after = bestOf(candidates(vip), habits.tieBreak);
    if (after === before) return;
    if (after === null) bests.delete(vip);
    else bests.set(vip, after);
    for (const neighbour of neighbours.values()) tell(neighbour, vip);
  };

  const take = (neighbour: Neighbour, vip: Vip, path: Path | null): void => {
    const before = neighbour.ribIn.get(vip);
    if (path === null || path.asPath.includes(as)) {
      if (before === undefined) return;
      neighbour.ribIn.delete(vip);
    } else {
      const sinceMs = before?.sinceMs ?? scheduler.nowMs;
      const { routerId } = neighbour;
      neighbour.ribIn.set(vip, { path, from: neighbour.name, ibgp: isIbgp(neighbour), sinceMs, routerId });
    }
    choose(vip);
    changed(name, vip);
  };

  return {
    name,
    as,
    addNeighbour: options => {
      neighbours.set(options.name, {
        ...options,
        ribIn: new Map(),
        ribOut: new Map(),
        pending: new Set(),
        routerId: random.integer(1, 1_000_000),
        deliver: null,
        nextSendMs: habits.mraiAlways ? random.between(0, habits.mraiMs) : 0,
        lastArrivalMs: 0,
        waiting: false,
      });
    },
    connect: (neighbour, deliver) => {
      neighbours.get(neighbour)!.deliver = deliver;
    },
    receive: (neighbour, vip, path) => take(neighbours.get(neighbour)!, vip, path),
    forget: neighbour => {
      const from = neighbours.get(neighbour)!;
      for (const vip of [...from.ribIn.keys()]) take(from, vip, null);
    },
    best: vip => bests.get(vip) ?? null,
    heard: (neighbour, vip) => neighbours.get(neighbour)!.ribIn.get(vip)?.path ?? null,
  };
}
