// Since when each host's route for a VIP has been in some router, and true (packets sent along it are served). Rules that
// ask whether somebody could rely on somebody else's route look it up here.
import type { Vip } from '@vipkeeper/core';
import { HOLD_MS } from './host.ts';
import { hasTrueRoute, isAwake, isHeard } from './truth.ts';
import type { Member, World } from './world.ts';

/** What a watch, a batch of reads and a decision take at most, without trouble, besides the followers' lag. */
export const REACTION_MS = 3000;

/** One host's route for one VIP. */
export interface RouteEntry {
  heardSinceMs: number | null;
  trueSinceMs: number | null;
  /** When it was last true, and since when it had been in some router by then. */
  lastTrueMs: number;
  lastHeardSinceMs: number | null;
  /** What its routers hold, and since when they have held just that. */
  paths: string;
  pathsSinceMs: number;
}

/** All routes. */
export interface RouteBook {
  of(member: Member, vip: Vip): RouteEntry;
  /** Something about this VIP may have changed. */
  look(vip: Vip): void;
  /** When any host's route for it last changed, or became true or false. */
  lastChangeMs(vip: Vip): number;
  /** How long the fabric takes to settle on a route. */
  readonly fabricSettledMs: number;
  /** The route is out and settled, or was until so lately that nobody can know better: the two cross in flight. */
  mayBeReliedOn(member: Member, vip: Vip): boolean;
}

function newEntry(): RouteEntry {
  return {
    heardSinceMs: null,
    trueSinceMs: null,
    lastTrueMs: Number.NEGATIVE_INFINITY,
    lastHeardSinceMs: null,
    paths: '',
    pathsSinceMs: 0,
  };
}

function update(entry: RouteEntry, heard: boolean, isTrue: boolean, nowMs: number): void {
  if (isTrue) entry.trueSinceMs ??= nowMs;
  else if (entry.trueSinceMs !== null) {
    entry.trueSinceMs = null;
    entry.lastTrueMs = nowMs;
    entry.lastHeardSinceMs = entry.heardSinceMs;
  }
  if (!heard) entry.heardSinceMs = null;
  else entry.heardSinceMs ??= nowMs;
}

/** An empty book. */
export function createRouteBook(world: World): RouteBook {
  const { scheduler, scenario } = world;
  const entries = new Map<string, RouteEntry>();
  const signatures = new Map<Vip, string>();
  const changes = new Map<Vip, number>();
  // Two waves of updates: up to the top, and down to the other routers.
  const fabricSettledMs = 2 * scenario.habits.mraiMs + 2000;

  const of = (member: Member, vip: Vip): RouteEntry => {
    const key = `${member.name} ${vip}`;
    const entry = entries.get(key) ?? newEntry();
    entries.set(key, entry);
    return entry;
  };

  const pathsOf = (member: Member, vip: Vip): string =>
    world.fabric.attached
      .get(member.name)!
      .map(router => world.fabric.routers.get(router)!.heard(member.name, vip))
      .map(path => (path === null ? '-' : `${path.asPath.length}/${path.med}/${path.localPref}`))
      .join();

  const isLongAgo = (sinceMs: number | null): boolean =>
    sinceMs !== null && scheduler.nowMs - sinceMs >= fabricSettledMs;

  // A dead process is known when its session expires; a living one finds out by its checks and hold timers, and then takes
  // its claim away.
  const unknownForMs = (member: Member): number => {
    const expiryMs = scenario.sessionTimeoutMs + scenario.ensemble.tickMs + 2 * scenario.ensemble.lagMs + 1500;
    return isAwake(member) ? Math.max(expiryMs, HOLD_MS + REACTION_MS) : expiryMs;
  };

  return {
    of,
    look: vip => {
      let signature = '';
      for (const member of world.members) {
        const isTrue = hasTrueRoute(world, member, vip);
        const entry = of(member, vip);
        const paths = pathsOf(member, vip);
        update(entry, isHeard(world, member, vip), isTrue, scheduler.nowMs);
        if (paths !== entry.paths) Object.assign(entry, { paths, pathsSinceMs: scheduler.nowMs });
        signature += `${paths} ${isTrue};`;
      }
      if (signature === signatures.get(vip)) return;
      signatures.set(vip, signature);
      changes.set(vip, scheduler.nowMs);
    },
    lastChangeMs: vip => changes.get(vip) ?? 0,
    fabricSettledMs,
    mayBeReliedOn: (member, vip) => {
      const entry = of(member, vip);
      if (entry.trueSinceMs !== null) return isLongAgo(entry.heardSinceMs);
      return isLongAgo(entry.lastHeardSinceMs) && scheduler.nowMs - entry.lastTrueMs <= unknownForMs(member);
    },
  };
}
