// The stance towards one VIP: what this agent means to do, before maintenance and its own ability have their say.
// First that applies: not held yet, tombstone, foreign service, drain, hold, conflict, own, standby.
import type { VipMemory } from './decision.ts';
import { phaseOf } from './phase.ts';
import type { ServiceSettings } from './settings.ts';
import { drain, plain, type Situation, type Stance, standby } from './standby.ts';
import type { RegistryEntry, ServiceView, View } from './view.ts';
import type { AgentName, Reason, Vip } from './vocabulary.ts';
import { isDrained } from './znodes.ts';

/** The memory of a VIP never decided upon. */
export function noMemory(nowMs: number): VipMemory {
  return {
    intent: 'none',
    rank: 0,
    meant: 'starting',
    reason: 'starting',
    reasonSinceMs: nowMs,
    announcedSinceMs: null,
    lackSinceMs: null,
    releaseSinceMs: null,
    drainSinceMs: null,
    lastOutMs: null,
    claimed: false,
    readySinceMs: null,
  };
}

/** A stance and what else is to be said of it. */
export interface Considered {
  readonly stance: Stance;
  readonly owner: AgentName | null;
  readonly detail: string | null;
}

/** Consider one VIP of one service. */
export function consider(
  view: View,
  settings: ServiceSettings,
  service: ServiceView,
  vip: Vip,
  memory: VipMemory,
  nowMs: number,
): Considered {
  const phase = phaseOf(view, service, nowMs);
  const owner = ownerOf(view, settings, service, vip, nowMs);
  const at: Situation = { me: view.settings.agent, settings, service, vip, owner, memory, nowMs };
  const told = { owner, detail: null };
  if (phase === 'starting' && view.shutdown !== null && memory.announcedSinceMs !== null)
    return { ...told, stance: held(at, view.shutdown.deadlineMs) };
  if (phase === 'starting') return { ...told, ...starting(view, settings, service, vip, nowMs) };
  if (phase === 'holding') return { ...told, stance: held(at, view.shutdown?.deadlineMs ?? null) };
  if (phase === 'reading') return { ...told, ...between(at, view.shutdown?.deadlineMs ?? null) };
  return { ...told, ...informed(view, at) };
}

/** The registry's owner; before the registry names one, or when that one has been gone too long, the agent whose configuration has the VIP. */
export function ownerOf(
  view: View,
  settings: ServiceSettings,
  service: ServiceView,
  vip: Vip,
  nowMs: number,
): AgentName | null {
  const entry = service.registry.get(vip);
  const me = settings.vips.includes(vip) ? view.settings.agent : null;
  if (entry === undefined || entry.record.owner === null || entry.record.forgotten) return me;
  if (entry.record.owner === view.settings.agent) return me;
  return me !== null && mayAdopt(entry, view.settings.adoptAfterMs, nowMs) ? me : entry.record.owner;
}

function mayAdopt(entry: RegistryEntry, adoptAfterMs: number, nowMs: number): boolean {
  return entry.ownerGoneSinceMs !== null && nowMs - entry.ownerGoneSinceMs >= adoptAfterMs;
}

/** Whether a drain (of this agent, of this VIP), a shutdown, or the service's removal from the configuration is in force. */
export function drainsHere(view: View, settings: ServiceSettings, service: ServiceView, vip: Vip): boolean {
  return view.shutdown !== null || settings.leaving === true || isDrained(service.drains, view.settings.agent, vip);
}

function informed(view: View, at: Situation): Pick<Considered, 'stance' | 'detail'> {
  const foreign = at.service.vipService.get(at.vip);
  if (foreign && foreign !== at.settings.name)
    return { stance: plain('none', 'foreign-service'), detail: detailOf('foreign-service', at) };
  if (at.service.registry.get(at.vip)?.record.forgotten && at.owner !== at.me)
    return { stance: plain('none', 'forgotten'), detail: null };
  if (drainsHere(view, at.settings, at.service, at.vip))
    return { stance: drain(at, view.shutdown?.deadlineMs ?? null), detail: null };
  if (at.owner === at.me) return { stance: plain('own', 'own'), detail: null };
  const stance = standby(at);
  if (!at.settings.vips.includes(at.vip) || at.owner === null || !at.service.agents.has(at.owner))
    return { stance, detail: null };
  return { stance: { ...stance, reason: 'conflict' }, detail: detailOf('conflict', at) };
}

/** What goes with a reason that names somebody, from what is known now: the same words between two rounds of reads as after them. */
function detailOf(reason: Reason, { service, vip, owner }: Situation): string | null {
  if (reason === 'conflict') return `the registry names ${owner}, which is alive`;
  if (reason !== 'foreign-service') return null;
  return `registered in service ${service.vipService.get(vip) ?? 'unknown'}`;
}

/** Without coordination: what was meant at suspension is still meant; only a shutdown changes it, at its limit. */
function held(at: Situation, deadlineMs: number | null): Stance {
  const { intent, rank, meant, drainSinceMs } = at.memory;
  const idle = intent === 'none' || intent === 'drained';
  if (deadlineMs === null) return { ...plain(intent, idle ? meant : 'holding', rank), drainSinceMs };
  if (at.memory.announcedSinceMs === null || at.nowMs >= deadlineMs) return plain('drained', 'drained');
  return { ...plain('draining', 'waiting-for-cover'), drainSinceMs: drainSinceMs ?? at.nowMs, untilMs: deadlineMs };
}

/** Between two rounds of reads nothing starts and nothing stops, and the clocks run on; likewise once another has our name. */
function between(at: Situation, deadlineMs: number | null): Pick<Considered, 'stance' | 'detail'> {
  if (deadlineMs !== null) return { stance: held(at, deadlineMs), detail: null };
  const { intent, rank, meant, lackSinceMs, releaseSinceMs, drainSinceMs } = at.memory;
  const twin = nameTakenBy(at.service);
  const stance = {
    ...plain(intent, twin === null ? meant : 'name-in-use', rank),
    lackSinceMs,
    releaseSinceMs,
    drainSinceMs,
  };
  return { stance, detail: twin ?? detailOf(meant, at) };
}

/** Who has this agent's name, in words; null while nobody else is proven to have it. */
function nameTakenBy({ presence }: ServiceView): string | null {
  if (presence.kind !== 'taken' || presence.verdict !== 'alive') return null;
  return `name in use by ${presence.record?.process.host ?? 'another process'}`;
}

function starting(
  view: View,
  settings: ServiceSettings,
  service: ServiceView,
  vip: Vip,
  nowMs: number,
): Pick<Considered, 'stance' | 'detail'> {
  const twin = nameTakenBy(service);
  if (twin !== null) return { stance: plain('none', 'name-in-use'), detail: twin };
  const { coldStart } = view.settings;
  if (coldStart.then === 'wait' || view.shutdown !== null || !settings.vips.includes(vip))
    return { stance: plain('none', 'starting'), detail: service.lastRefusal };
  const against = reasonAgainst(view, settings, vip);
  if (against !== null) return { stance: plain('none', 'starting'), detail: against };
  const dueMs = view.startedAtMs + coldStart.waitMs;
  if (nowMs < dueMs) return { stance: { ...plain('none', 'starting'), untilMs: dueMs }, detail: service.lastRefusal };
  return { stance: plain('own', 'cold-start'), detail: service.lastRefusal };
}

/** What the state file knows against announcing the own VIP without ZooKeeper. */
function reasonAgainst(view: View, settings: ServiceSettings, vip: Vip): string | null {
  const known = view.remembered?.services.find(service => service.name === settings.name);
  if (known === undefined) return null;
  if (known.maintenance) return 'the state file remembers maintenance';
  const me = view.settings.agent;
  const drained = isDrained(known.drains, me, vip);
  if (drained) return 'the state file remembers a drain';
  const owner = known.owners[vip];
  return owner !== undefined && owner !== null && owner !== me ? `the state file names ${owner} as the owner` : null;
}
