// Rules that are checked at each decision of an agent, against what is true at that very instant.
import { type Announcement, type Decision, memoryKey, type Reason, type View, type Vip } from '@vipkeeper/core';
import type { Judge } from './judge.ts';
import type { AgentProcess } from './process.ts';
import { REACTION_MS, type RouteBook } from './route-book.ts';
import { TIMES } from './scenario.ts';
import { bodyCalm, isCapable, maintenanceOver, sightCalm } from './truth.ts';
import type { Member, World } from './world.ts';

/** Gives a VIP's darkness an excuse. */
export type ExcuseVip = (vip: Vip, cause: string) => void;

/** What the judge passes on. */
export interface DecisionRules {
  decided(member: Member, process: AgentProcess, view: View, decision: Decision): void;
  exited(member: Member, inTime: boolean): void;
}

/** A host changed its route at this instant. */
interface Change {
  readonly by: Member;
  readonly atMs: number;
}

/** What an agent says when it cannot, rather than when it will not. */
const INABILITY: ReadonlySet<Reason> = new Set(['unhealthy', 'health-unknown', 'no-address', 'no-session']);

/** Start watching decisions. */
export function watchDecisions(world: World, judge: Judge, book: RouteBook, excuse: ExcuseVip): DecisionRules {
  const { scheduler, scenario, trace } = world;
  const announcedBefore = new Map<string, ReadonlyMap<Vip, Announcement>>();
  const lengthened = new Map<Vip, Change>();
  const withdrawals = new Map<Vip, Change>();
  const told = new Map<string, string>();

  // At SIGTERM's limit an agent goes though nobody covers; that is excused only if nobody could.
  const excuseLimit = (member: Member, vip: Vip, drainedMs: number): void => {
    const others = world.members.filter(other => other !== member);
    if (!others.some(other => isCapable(world, other, vip, Math.max(drainedMs, scenario.boundMs))))
      excuse(vip, `SIGTERM of ${member.name} with nobody to hand over to`);
  };

  // Two hosts that lengthen their paths at once make routers point at each other until both updates have crossed: BGP's own
  // affair, excused when two drains of one VIP begin within one settling time of the fabric. The same holds for a release
  // that crosses in flight with the drain of the very agent it goes for: neither can know of the other yet.
  const inFlightMs = (): number =>
    500 + 2 * scenario.ensemble.lagMs + (world.ensemblePeace.troubles > 0 ? 2 * REACTION_MS : 0);

  const noteLengthening = (member: Member, vip: Vip): void => {
    const [drained, withdrawn] = [lengthened.get(vip), withdrawals.get(vip)];
    lengthened.set(vip, { by: member, atMs: scheduler.nowMs });
    const crosses = (other: Change | undefined, withinMs: number): boolean =>
      other !== undefined && other.by !== member && scheduler.nowMs - other.atMs <= withinMs;
    if (crosses(drained, book.fabricSettledMs) || crosses(withdrawn, inFlightMs()))
      excuse(vip, `drain of ${member.name} crosses another's change`);
  };

  const noteWithdrawal = (member: Member, vip: Vip): void => {
    const drained = lengthened.get(vip);
    withdrawals.set(vip, { by: member, atMs: scheduler.nowMs });
    if (drained !== undefined && drained.by !== member && scheduler.nowMs - drained.atMs <= inFlightMs())
      excuse(vip, `release of ${member.name} crosses the drain of ${drained.by.name}`);
  };

  // P4, at the decision: an agent that can serve withdraws only while somebody else's true route is out and the fabric has
  // settled on it, or while that was so until lately and nobody can know better. Not asked in maintenance, nor at SIGTERM's
  // limit, nor of an agent that says it is unable and that trouble has indeed just struck.
  const judgeWithdrawal = (
    member: Member,
    process: AgentProcess,
    view: View,
    decision: Decision,
    one: Announcement,
  ): void => {
    if (view.services.get(one.service)?.maintenance.on) return;
    const drainedMs = process.terminatedAtMs === null ? 0 : scheduler.nowMs - process.terminatedAtMs;
    if (drainedMs >= TIMES.shutdownMs - 1) {
      excuseLimit(member, one.vip, drainedMs);
      return;
    }
    const { host, body } = member;
    if (!host.alive || !host.linkUp || !host.serves(one.vip) || !host.hasSession(one.vip)) return;
    const reason = decision.verdicts.find(({ service, vip }) => service === one.service && vip === one.vip)?.reason;
    const struck = body.troubles > 0 || scheduler.nowMs - body.troubledMs < 2 * REACTION_MS;
    if (struck && reason !== undefined && INABILITY.has(reason)) return;
    if (!world.members.some(other => other !== member && book.mayBeReliedOn(other, one.vip)))
      judge.accuse('P4', `${member.name} withdraws ${one.vip}, the last true route`);
  };

  // P2, order: a standby that begins goes behind those of at least its priority whose claims it sees. Whoever resumes what
  // it meant before trouble or maintenance does not begin anew.
  const judgeBeginning = (member: Member, decision: Decision, one: Announcement): void => {
    const { claimedBy, reason } = decision.verdicts.find(
      ({ service, vip }) => service === one.service && vip === one.vip,
    )!;
    if (one.role !== 'standby' || reason === 'holding') return;
    if (!sightCalm(world, member, scenario.boundMs) || !bodyCalm(world, member, REACTION_MS)) return;
    if (!maintenanceOver(world, one.service, scenario.boundMs)) return;
    const owner = world.vips.get(one.vip)!.owners.get(one.vip);
    const before = world.members.filter(
      other =>
        other !== member &&
        other.name !== owner &&
        claimedBy.includes(other.name) &&
        other.priority >= member.priority &&
        isCapable(world, other, one.vip, 2 * REACTION_MS),
    );
    const names = before.map(other => other.name).join(' and ');
    if (one.rank < before.length)
      judge.accuse('P2', `${member.name} begins ${one.vip} with rank ${one.rank}, before ${names}`);
  };

  // P7: one verdict per VIP, and it says what is done.
  const judgeVerdicts = (member: Member, decision: Decision): void => {
    const said = new Map<string, boolean>();
    for (const { service, vip, announced } of decision.verdicts) {
      const key = memoryKey(service, vip);
      if (said.has(key)) judge.accuse('P7', `${member.name} has two verdicts for ${key}`);
      said.set(key, announced);
    }
    const out = new Set(decision.announcements.map(({ service, vip }) => memoryKey(service, vip)));
    for (const [key, announced] of said)
      if (announced !== out.has(key))
        judge.accuse('P7', `${member.name} says ${announced} of ${key}, but does not do so`);
    for (const key of out) if (!said.has(key)) judge.accuse('P7', `${member.name} announces ${key} without a verdict`);
  };

  // P3: an agent that has seen the flag has nothing out, from that very decision on.
  const judgeSeenFlag = (member: Member, view: View, decision: Decision): void => {
    for (const { service, vip } of decision.announcements)
      if (view.services.get(service)?.maintenance.on)
        judge.accuse('P3', `${member.name} has seen maintenance of ${service} and announces ${vip}`);
  };

  const tell = (member: Member, decision: Decision): void => {
    for (const verdict of decision.verdicts) {
      const text = `${verdict.reason}${verdict.announced ? `, out as ${verdict.role} ${verdict.rank}` : ''}`;
      const key = `${member.name} ${verdict.vip}`;
      if (told.get(key) === text) continue;
      told.set(key, text);
      trace.add('D', member.name, `${verdict.vip} ${text}`);
    }
  };

  const compare = (member: Member, process: AgentProcess, view: View, decision: Decision): void => {
    const before = announcedBefore.get(process.life) ?? new Map<Vip, Announcement>();
    const now = new Map(decision.announcements.map(one => [one.vip, one]));
    announcedBefore.set(process.life, now);
    for (const [vip, one] of before) {
      const after = now.get(vip);
      if (after === undefined) {
        noteWithdrawal(member, vip);
        judgeWithdrawal(member, process, view, decision, one);
      } else if (after.role === 'draining' && one.role !== 'draining') noteLengthening(member, vip);
    }
    for (const [vip, one] of now) {
      if (before.has(vip)) continue;
      judgeBeginning(member, decision, one);
      // Whoever is struck and does not know it yet draws traffic that it cannot serve.
      if (member.body.troubles > 0) excuse(vip, `${member.name} begins while in trouble`);
    }
  };

  return {
    decided: (member, process, view, decision) => {
      tell(member, decision);
      judgeVerdicts(member, decision);
      judgeSeenFlag(member, view, decision);
      compare(member, process, view, decision);
    },
    // P8: SIGTERM ends in bounded time (but for the time that somebody kept the process frozen).
    exited: (member, inTime) => {
      if (!inTime && bodyCalm(world, member, TIMES.shutdownMs + REACTION_MS))
        judge.accuse('P8', `${member.name} had not stopped 2 s after SIGTERM's limit`);
    },
  };
}
