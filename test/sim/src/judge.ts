// The judge of the promises, per router and VIP, by true routes: follow best paths hop by hop; the VIP is LIT there if the
// walk ends at a host that is alive, has the address and whose service is healthy, and DARK otherwise.
//
// Dark is a violation unless there is an excuse. An excuse begins only when the WORLD breaks something (crash, silent death,
// illness, lost session, link or address, freeze; also the end of such a trouble) on a host that has a route for the VIP
// out or in some router, or that begins to announce it meanwhile; it ends `boundMs` later. While it lasts, and while the VIP is dark, further troubles of anybody (also with ZooKeeper) renew it, and
// it goes on while nobody is capable (able, informed and undisturbed for the whole bound). Maintenance excuses too, until
// `boundMs` after it ends. Trouble with ZooKeeper alone, drains, releases, returns, reloads and restarts excuse nothing:
// a dark moment then, however short, breaks P4 (or P5). Rules that look at more than darkness are in *-rules.ts.
import type { Vip } from '@vipkeeper/core';
import { watchDecisions } from './decision-rules.ts';
import type { WalkEnd } from './fabric.ts';
import { watchFacts } from './fact-rules.ts';
import { createRouteBook } from './route-book.ts';
import { watchTraffic } from './traffic-rules.ts';
import { isCapable, maintenanceOver } from './truth.ts';
import type { Member, Witness, World } from './world.ts';

/** A broken promise. */
export interface Violation {
  readonly atMs: number;
  readonly promise: 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P8' | 'quiet';
  readonly what: string;
}

/** A VIP at a router. */
export interface Spot {
  readonly router: string;
  readonly vip: Vip;
  /** Whom traffic reaches; null while dark. */
  servedBy: string | null;
  servedSinceMs: number;
  darkSinceMs: number | null;
  end: WalkEnd;
}

/** The judge. */
export interface Judge {
  readonly violations: readonly Violation[];
  readonly spots: readonly Spot[];
  /** Dark time summed over all routers and VIPs, outside maintenance. Milliseconds. */
  readonly darkMs: number;
  /** Look at everything that was touched. Called after every event. */
  look(): void;
  accuse(promise: Violation['promise'], what: string): void;
}

interface Excuse {
  untilMs: number;
  cause: string;
}

/** The excuse every VIP has while all agents start for the first time. */
const FIRST_START_MS = 60_000;
const STEP_MS = 1000;

/** A judge in a world; it becomes the world's witness. */
export function createJudge(world: World): Judge {
  const { scheduler, scenario, trace } = world;
  const violations: Violation[] = [];
  const touched = new Set<Vip>(world.vips.keys());
  const excuses = new Map<Vip, Excuse>();
  const spots: Spot[] = [];
  let darkMs = 0;
  for (const vip of world.vips.keys()) {
    excuses.set(vip, { untilMs: FIRST_START_MS, cause: 'first start' });
    for (const router of world.fabric.routers.keys()) {
      const end: WalkEnd = { kind: 'no-route', path: [router] };
      spots.push({ router, vip, servedBy: null, servedSinceMs: 0, darkSinceMs: 0, end });
    }
  }
  const spotsOf = new Map([...world.vips.keys()].map(vip => [vip, spots.filter(spot => spot.vip === vip)]));
  const hosts = new Map(world.members.map(member => [member.name, member.host]));

  const accuse: Judge['accuse'] = (promise, what) => {
    violations.push({ atMs: scheduler.nowMs, promise, what });
    trace.add('!', promise, what);
  };

  const inMaintenance = (vip: Vip): boolean => !maintenanceOver(world, world.vips.get(vip)!.name, scenario.boundMs);

  const walkText = (end: WalkEnd): string =>
    `${end.path.join(' > ')}${end.kind === 'host' ? ` > ${end.host}, which does not serve` : `: ${end.kind}`}`;

  const judgeDark = (spot: Spot): void => {
    const sinceMs = spot.darkSinceMs;
    if (sinceMs === null || inMaintenance(spot.vip)) return;
    const excuse = excuses.get(spot.vip)!;
    const again = (atMs: number): void => {
      scheduler.at(atMs, () => spot.darkSinceMs === sinceMs && judgeDark(spot));
    };
    if (scheduler.nowMs < excuse.untilMs) {
      again(excuse.untilMs);
      return;
    }
    const excusedAtFirst = sinceMs < excuse.untilMs;
    const capable = world.members.some(member => isCapable(world, member, spot.vip, scenario.boundMs));
    if (excusedAtFirst && !capable) {
      excuse.untilMs = scheduler.nowMs + 1000;
      again(excuse.untilMs);
      return;
    }
    const text = `${spot.vip} dark at ${spot.router} since ${(sinceMs / 1000).toFixed(3)} (${walkText(spot.end)})`;
    if (excusedAtFirst) accuse('P1', `${text}, though the excuse (${excuse.cause}) has ended and somebody is capable`);
    else accuse('P4', `${text}, and nothing broke`);
  };

  const setDark = (spot: Spot): void => {
    spot.darkSinceMs = scheduler.nowMs;
    spot.servedBy = null;
    trace.add('V', spot.router, `${spot.vip} dark: ${walkText(spot.end)}`);
    judgeDark(spot);
  };

  const setLit = (spot: Spot, host: string): void => {
    if (spot.darkSinceMs !== null && !inMaintenance(spot.vip)) darkMs += scheduler.nowMs - spot.darkSinceMs;
    const forMs = spot.darkSinceMs === null ? '' : ` after ${Math.round(scheduler.nowMs - spot.darkSinceMs)} ms`;
    trace.add('V', spot.router, `${spot.vip} reaches ${host}${forMs}`);
    spot.darkSinceMs = null;
    spot.servedBy = host;
    spot.servedSinceMs = scheduler.nowMs;
  };

  const lookAt = (spot: Spot): void => {
    const end = world.fabric.walk(spot.router, spot.vip);
    spot.end = end;
    const host = end.kind === 'host' ? hosts.get(end.host)! : null;
    const served = host?.serves(spot.vip) && host.linkUp ? host.name : null;
    if (served === null && spot.darkSinceMs === null) setDark(spot);
    else if (served !== null && served !== spot.servedBy) {
      traffic.moved(spot, served);
      setLit(spot, served);
    }
  };

  const look = (): void => {
    if (touched.size === 0) return;
    for (const vip of touched) {
      for (const spot of spotsOf.get(vip)!) lookAt(spot);
      traffic.routesTouched(vip);
    }
    touched.clear();
  };

  const carries = (member: Member, vip: Vip): boolean => {
    if (member.host.announced.has(vip)) return true;
    const routers = world.fabric.attached.get(member.name)!;
    return routers.some(router => world.fabric.routers.get(router)!.heard(member.name, vip) !== null);
  };

  const isOpen = (vip: Vip): boolean =>
    scheduler.nowMs < excuses.get(vip)!.untilMs || spotsOf.get(vip)!.some(spot => spot.darkSinceMs !== null);

  const excuse = (vip: Vip, cause: string): void => {
    const entry = excuses.get(vip)!;
    const untilMs = Math.max(entry.untilMs, scheduler.nowMs + scenario.boundMs);
    excuses.set(vip, { untilMs, cause });
  };

  const troubled: Witness['troubled'] = (member, breaks, cause) => {
    for (const vip of world.vips.keys()) {
      if (isOpen(vip) || (breaks && carries(member!, vip))) excuse(vip, `${cause} of ${member?.name ?? 'ZooKeeper'}`);
    }
  };

  const judge: Judge = {
    violations,
    spots,
    get darkMs() {
      return darkMs;
    },
    look,
    accuse,
  };
  const book = createRouteBook(world);
  const traffic = watchTraffic(world, judge, book);
  const decisions = watchDecisions(world, judge, book, excuse);
  const judgeFacts = watchFacts(world, judge);
  const eachSecond = (): void => {
    for (const [vip, plan] of world.vips) {
      if (!maintenanceOver(world, plan.name, STEP_MS)) excuse(vip, 'maintenance');
      traffic.eachSecond(vip);
    }
    judgeFacts();
    scheduler.after(STEP_MS, eachSecond);
  };
  scheduler.after(STEP_MS, eachSecond);
  world.witness = {
    touched: vip => {
      if (vip !== null) touched.add(vip);
      else for (const each of world.vips.keys()) touched.add(each);
    },
    decided: decisions.decided,
    exited: (member, _, inTime) => decisions.exited(member, inTime),
    troubled,
  };
  return judge;
}
