// Rules about where traffic goes, and how soon it finds its way again. P1 hot and P2 stability are checked when something
// moves, P2 preference and P5 each second.
import { memoryKey, type Vip } from '@vipkeeper/core';
import type { Judge, Spot } from './judge.ts';
import type { RouteBook } from './route-book.ts';
import {
  bodyCalm,
  canServe,
  hasTrueRoute,
  isCapable,
  isHeard,
  isToldToDrain,
  maintenanceOver,
  sightCalm,
} from './truth.ts';
import type { Member, World } from './world.ts';

/** What the judge passes on. */
export interface TrafficRules {
  /** Traffic at this spot is about to reach another host. */
  moved(spot: Spot, served: string): void;
  routesTouched(vip: Vip): void;
  eachSecond(vip: Vip): void;
}

/** Traffic that has stayed so long at one host is steady. */
const STEADY_MS = 15_000;
/** What is allowed on top of the routers' own times. */
const HOT_SLACK_MS = 500;
/** How long an able owner may take to be out: check, address, session, decision. */
const OWNER_SLACK_MS = 25_000;

/** Start watching traffic. */
export function watchTraffic(world: World, judge: Judge, book: RouteBook): TrafficRules {
  const { scheduler, scenario } = world;
  const { habits, boundMs } = scenario;
  const tops = new Map(judge.spots.filter(spot => spot.router === world.fabric.top).map(spot => [spot.vip, spot]));
  const members = new Map(world.members.map(member => [member.name, member]));
  const ownerOf = (vip: Vip): Member => members.get(world.vips.get(vip)!.owners.get(vip)!)!;
  const isOver = (vip: Vip, forMs: number): boolean => maintenanceOver(world, world.vips.get(vip)!.name, forMs);

  // P1, hot: with the owner's or a first standby's true route long settled in the fabric, traffic from above finds it as
  // soon as the routers have heard of the loss. In the iBGP domain, and where withdrawals wait, that takes one MRAI.
  const waitsForMrai = scenario.topology === 'ibgp' || habits.withdrawalsWait;
  const hotLimitMs = HOT_SLACK_MS + (waitsForMrai ? habits.mraiMs : 0) + 4 * habits.linkDelayMs.high;

  const isFirst = (member: Member, vip: Vip): boolean => {
    const one = member.host.announced.get(vip);
    return one?.role === 'authority' || (one?.role === 'standby' && one.rank === 0);
  };

  const judgeHot = (vip: Vip): void => {
    const top = tops.get(vip)!;
    const sinceMs = top.darkSinceMs;
    if (sinceMs === null || !isOver(vip, boundMs)) return;
    const isStale = world.members.some(member => isHeard(world, member, vip) && !hasTrueRoute(world, member, vip));
    if (isStale || scheduler.nowMs < Math.max(sinceMs, book.lastChangeMs(vip)) + hotLimitMs) return;
    const ready = world.members.find(member => {
      const { trueSinceMs, pathsSinceMs } = book.of(member, vip);
      if (trueSinceMs === null || !isFirst(member, vip)) return false;
      return Math.max(trueSinceMs, pathsSinceMs) <= sinceMs - book.fabricSettledMs;
    });
    if (ready === undefined) return;
    const forMs = Math.round(scheduler.nowMs - sinceMs);
    judge.accuse(
      'P1',
      `${vip} dark at ${top.router} for ${forMs} ms, though the route of ${ready.name} was out long before`,
    );
  };

  const meantForMs = ({ process }: Member, vip: Vip): number => {
    const memory = process?.loop.view.memory.get(memoryKey(world.vips.get(vip)!.name, vip));
    return memory?.announcedSinceMs == null ? 0 : process!.localMs - memory.announcedSinceMs;
  };

  // P2, stability: steady traffic from above does not leave a standby that goes on serving for one that came later and put
  // itself first, unless that one is the owner or has a higher priority. Ranks are frozen and do not travel between agents:
  // a newcomer that went behind one incumbent (rank 1) may come before another whose rank was frozen at 2. That is a known
  // price of names without data, and no packet is lost by it.
  const moved: TrafficRules['moved'] = (spot, served) => {
    const { vip } = spot;
    if (spot !== tops.get(vip) || spot.servedBy === null || served === ownerOf(vip).name) return;
    const [former, next] = [members.get(spot.servedBy)!, members.get(served)!];
    const [from, to] = [former, next].map(member => member.host.announced.get(vip));
    const cameLaterMs = scheduler.nowMs - meantForMs(next, vip) - spot.servedSinceMs;
    if (from?.role !== 'standby' || to?.rank !== 0 || from.rank === 0 || next.priority > former.priority) return;
    if (scheduler.nowMs - spot.servedSinceMs < STEADY_MS || cameLaterMs < STEADY_MS / 2) return;
    if (isCapable(world, former, vip, STEADY_MS) && sightCalm(world, former, boundMs))
      judge.accuse('P2', `traffic for ${vip} leaves ${former.name}, which serves, for ${served}, which is no better`);
  };

  // P2: an owner that has been capable for the whole bound gets the traffic from above.
  const judgePreference = (vip: Vip): void => {
    const owner = ownerOf(vip);
    const { servedBy } = tops.get(vip)!;
    if (servedBy === owner.name || !isCapable(world, owner, vip, boundMs) || !isOver(vip, boundMs)) return;
    judge.accuse('P2', `traffic for ${vip} goes to ${servedBy}, though ${owner.name} owns it and is able`);
  };

  // P5: an owner that knows its part and has been able for long enough serves, whatever ZooKeeper does. Somebody else's
  // stale path is the routers' to get rid of, and what it hid has to spread once it is gone.
  const ableLimitMs = OWNER_SLACK_MS + 3 * habits.mraiMs;
  const judgeStatic = (vip: Vip): void => {
    const owner = ownerOf(vip);
    const view = owner.process?.loop.view.services.get(world.vips.get(vip)!.name);
    if (!view?.everSynced || view.maintenance.on || view.drains.size > 0 || !isOver(vip, ableLimitMs)) return;
    if (!canServe(owner, vip) || !bodyCalm(world, owner, ableLimitMs) || isToldToDrain(world, owner, vip)) return;
    if (scheduler.nowMs - book.lastChangeMs(vip) < book.fabricSettledMs) return;
    const dark = judge.spots.find(one => one.vip === vip && one.darkSinceMs !== null && one.end.kind !== 'host');
    if (dark !== undefined)
      judge.accuse('P5', `${vip} dark at ${dark.router}, though its owner ${owner.name} is able and knows its part`);
  };

  return {
    moved,
    routesTouched: vip => {
      book.look(vip);
      if (tops.get(vip)!.darkSinceMs !== null) scheduler.after(hotLimitMs + 1, () => judgeHot(vip));
    },
    eachSecond: vip => {
      judgePreference(vip);
      judgeStatic(vip);
    },
  };
}
