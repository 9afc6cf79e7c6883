// Standing by for a VIP that is not ours. Rank decides who starts first; claims decide who may stop.
// Seats are announcers + depth: so many routes are wanted in all, the owner's among them. Whoever announces goes only when
// that many strictly better claims have stood for the release delay and a write-then-read on our session still shows them.
// Where the owner is out, every router above the racks prefers it, and a standby's route can simply go. Among standbys alone
// paths may tie: a router may have chosen the one that goes and keep the other's path to itself, so that a plain withdraw
// leaves it dark until the news has gone round. There, whoever is about to go lengthens its path first.
import type { VipMemory } from './decision.ts';
import { ahead, type Candidate, outranks } from './order.ts';
import type { ServiceSettings } from './settings.ts';
import type { ClaimSeen, ServiceView } from './view.ts';
import type { AgentName, Reason, Vip } from './vocabulary.ts';

/** What is meant for one VIP, maintenance and ability left aside. */
export interface Stance {
  readonly intent: VipMemory['intent'];
  readonly rank: number;
  readonly reason: Reason;
  /** When time alone would change it; null when it would not. */
  readonly untilMs: number | null;
  readonly wantsBarrier: boolean;
  readonly lackSinceMs: number | null;
  readonly releaseSinceMs: number | null;
  readonly drainSinceMs: number | null;
}

/** Everything a stance towards one VIP depends on. */
export interface Situation {
  readonly me: AgentName;
  readonly settings: ServiceSettings;
  readonly service: ServiceView;
  readonly vip: Vip;
  /** The registry's owner, if it has one. */
  readonly owner: AgentName | null;
  readonly memory: VipMemory;
  readonly nowMs: number;
}

/** A stance with nothing in it but intent and reason. */
export function plain(intent: Stance['intent'], reason: Reason, rank = 0): Stance {
  return {
    intent,
    rank,
    reason,
    untilMs: null,
    wantsBarrier: false,
    lackSinceMs: null,
    releaseSinceMs: null,
    drainSinceMs: null,
  };
}

/** The stance of an agent that does not own the VIP: incumbent or newcomer. */
export function standby(at: Situation): Stance {
  return at.memory.announcedSinceMs !== null ? incumbent(at) : newcomer(at);
}

function incumbent(at: Situation): Stance {
  const better = betterClaims(at);
  const wanted = seats(at);
  if (better.length < wanted) return standing(at, at.memory.rank);
  const intent = ownerIsOut(at) ? 'hot-standby' : 'releasing';
  const releaseSinceMs = (at.memory.intent === intent ? at.memory.releaseSinceMs : null) ?? at.nowMs;
  const dueMs = standingSince(better, wanted, releaseSinceMs) + at.settings.releaseDelayMs;
  const going = { ...plain(intent, 'releasing', at.memory.rank), releaseSinceMs };
  if (at.nowMs < dueMs) return { ...going, untilMs: dueMs };
  if (!provenSince(at.service, dueMs)) return { ...going, wantsBarrier: true };
  return plain('none', ownerIsOut(at) ? 'owner-out' : 'waiting');
}

/** Announced as a standby: hot beside the owner's route, or covering for it. */
function standing(at: Situation, rank: number): Stance {
  const kind = ownerIsOut(at) ? 'hot-standby' : 'cover';
  return plain(kind, kind, rank);
}

function newcomer(at: Situation): Stance {
  const rank = rivals(at).filter(rival => ahead(at.vip, rival, holdsClaim(at, rival.agent), myself(at))).length;
  const wanted = seats(at);
  const left = wanted - (ownerIsOut(at) ? 1 : 0);
  const start = standing(at, rank);
  const settledMs = (at.service.syncedSinceMs ?? at.nowMs) + at.settings.settleMs;
  const idle = plain('none', ownerIsOut(at) ? 'owner-out' : 'waiting');
  if (rank < left) return at.nowMs >= settledMs ? start : { ...idle, untilMs: settledMs };
  if (claimsAhead(at) >= wanted) return idle;
  const lackSinceMs = at.memory.lackSinceMs ?? at.nowMs;
  const dueMs = Math.max(settledMs, lackSinceMs + (rank - left + 1) * at.settings.coverTimeoutMs);
  return at.nowMs >= dueMs ? start : { ...idle, lackSinceMs, untilMs: dueMs };
}

/**
 * Leaving on purpose: keep the route, on a longer path, until somebody else's claim has stood for the release delay; with
 * nobody there, keep it and say so. `deadlineMs` bounds a shutdown.
 */
export function drain(at: Situation, deadlineMs: number | null): Stance {
  if (at.memory.announcedSinceMs === null) return plain('drained', 'drained');
  const drainSinceMs = at.memory.drainSinceMs ?? at.nowMs;
  if (deadlineMs !== null && at.nowMs >= deadlineMs) return plain('drained', 'drained');
  const others = [...claims(at)].filter(([agent]) => agent !== at.me).map(([, claim]) => claim);
  const keep = { ...plain('draining', 'waiting-for-cover'), drainSinceMs, untilMs: deadlineMs };
  if (others.length < at.settings.announcers) return keep;
  const releaseSinceMs = at.memory.releaseSinceMs ?? at.nowMs;
  const dueMs =
    standingSince(others, at.settings.announcers, Math.max(drainSinceMs, releaseSinceMs)) + at.settings.releaseDelayMs;
  const going = { ...keep, reason: 'draining' as const, releaseSinceMs };
  if (at.nowMs < dueMs) return { ...going, untilMs: deadlineMs === null ? dueMs : Math.min(dueMs, deadlineMs) };
  return provenSince(at.service, dueMs) ? plain('drained', 'drained') : { ...going, wantsBarrier: true };
}

/** Whether the owner's claim stands. */
export function ownerIsOut(at: Situation): boolean {
  return at.owner !== null && at.owner !== at.me && claims(at).has(at.owner);
}

/** The able members other than owner and self. */
function rivals(at: Situation): readonly Candidate[] {
  const found = new Map<AgentName, Candidate>();
  for (const [name, record] of at.service.able) {
    const agent = name.slice(0, name.lastIndexOf('@'));
    if (record === null || record === 'unreadable' || agent === at.me || agent === at.owner) continue;
    if (record.vips.includes(at.vip)) found.set(agent, { agent, owner: false, priority: record.priority });
  }
  return [...found.values()];
}

/** Claims of agents strictly better than this one, on immutable data. */
function betterClaims(at: Situation): readonly ClaimSeen[] {
  const better = rivals(at).filter(rival => outranks(at.vip, rival, myself(at)) && holdsClaim(at, rival.agent));
  const standing = better.map(rival => claims(at).get(rival.agent)!);
  return ownerIsOut(at) ? [claims(at).get(at.owner!)!, ...standing] : standing;
}

function claimsAhead(at: Situation): number {
  const held = rivals(at).filter(rival => holdsClaim(at, rival.agent) && ahead(at.vip, rival, true, myself(at)));
  return held.length + (ownerIsOut(at) ? 1 : 0);
}

/** The instant from which `wanted` of the claims have stood while we have wanted to go. */
function standingSince(standing: readonly ClaimSeen[], wanted: number, wishMs: number): number {
  const since = standing.map(claim => claim.sinceMs).sort((a, b) => a - b);
  return Math.max(wishMs, since[wanted - 1]!);
}

function provenSince(service: ServiceView, dueMs: number): boolean {
  return service.barrierSentAtMs !== null && service.barrierSentAtMs >= dueMs;
}

function seats(at: Situation): number {
  return at.settings.announcers + at.settings.standbyDepth;
}

function myself(at: Situation): Candidate {
  return { agent: at.me, owner: false, priority: at.settings.priority };
}

function claims(at: Situation): ReadonlyMap<AgentName, ClaimSeen> {
  return at.service.claims.get(at.vip) ?? new Map();
}

function holdsClaim(at: Situation, agent: AgentName): boolean {
  return claims(at).has(agent);
}
