// What is true of an agent, seen from outside: words that the judge's rules are made of. "Undisturbed" means that the
// world has left somebody alone for so long; only of such agents a promise can be asked.
import { isDrained, type Vip } from '@vipkeeper/core';
import type { Member, World } from './world.ts';

function calmFor(
  peace: { readonly troubles: number; readonly troubledMs: number },
  nowMs: number,
  forMs: number,
): boolean {
  return peace.troubles === 0 && nowMs - peace.troubledMs >= forMs;
}

/** Its process lives and moves, and nobody has told it to go. */
export function isAwake({ process, host }: Member): boolean {
  return process?.running === true && !process.frozen && process.terminatedAtMs === null && host.alive;
}

/** Traffic that its router sends to it is served, and it has a session to say so. */
export function isFit(member: Member, vip: Vip): boolean {
  const { host } = member;
  return isAwake(member) && host.linkUp && host.serves(vip) && host.hasSession(vip);
}

/** Fit, and its router would hear of it. */
export function canServe(member: Member, vip: Vip): boolean {
  return isFit(member, vip) && !member.host.stuck;
}

/** Nothing has happened to its host, service, links or process, nor has an operator ordered it about. */
export function bodyCalm(world: World, member: Member, forMs: number): boolean {
  const { nowMs } = world.scheduler;
  return calmFor(member.body, nowMs, forMs) && nowMs - member.orderedMs >= forMs;
}

/** Nothing has happened between it and ZooKeeper, nor to ZooKeeper. */
export function sightCalm(world: World, member: Member, forMs: number): boolean {
  const { nowMs } = world.scheduler;
  return calmFor(member.sight, nowMs, forMs) && calmFor(world.ensemblePeace, nowMs, forMs);
}

/** An operator wants this VIP away from this agent. */
export function isToldToDrain(world: World, member: Member, vip: Vip): boolean {
  return isDrained(world.drains.get(world.vips.get(vip)!.name)!, member.name, vip);
}

/** It could serve, knows all there is to know, and has had that long to act on it. */
export function isCapable(world: World, member: Member, vip: Vip, forMs: number): boolean {
  return (
    canServe(member, vip) &&
    bodyCalm(world, member, forMs) &&
    sightCalm(world, member, forMs) &&
    !isToldToDrain(world, member, vip)
  );
}

/** Neither on now nor until lately. */
export function maintenanceOver(world: World, service: string, forMs: number): boolean {
  const endedMs = world.maintenanceEndedMs.get(service) ?? Number.NEGATIVE_INFINITY;
  return !world.maintenance.has(service) && world.scheduler.nowMs - endedMs >= forMs;
}

/** Its route for the VIP is in some router, and packets sent along it are served. */
export function hasTrueRoute(world: World, member: Member, vip: Vip): boolean {
  const { host } = member;
  if (!host.linkUp || !host.serves(vip)) return false;
  return isHeard(world, member, vip);
}

/** Some router holds a route of this host. */
export function isHeard(world: World, member: Member, vip: Vip): boolean {
  const routers = world.fabric.attached.get(member.name)!;
  return routers.some(router => world.fabric.routers.get(router)!.heard(member.name, vip) !== null);
}
