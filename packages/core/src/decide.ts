// The heart: from all that is known, at this instant, the whole desired state. Pure and total; the same view and instant
// give the same decision. Per VIP: a stance (what is meant), then maintenance, then ability, then the prefix limit; the
// facts for ZooKeeper follow ability, in maintenance too, so that turning it off finds everybody in place.
import { type Ability, abilityFor } from './ability.ts';
import { type Decision, memoryKey, type Verdict, type VipMemory } from './decision.ts';
import { factsOf } from './facts.ts';
import type { ServiceSettings } from './settings.ts';
import { type Considered, consider, noMemory } from './stance.ts';
import type { ServiceView, View } from './view.ts';
import type { Announcement, Reason, Role, Vip } from './vocabulary.ts';

/** Everything decided about one VIP, before it is spread over the parts of a {@link Decision}. */
export interface Judged extends Considered {
  readonly vip: Vip;
  readonly ability: Ability;
  /** What is wanted out; null for nothing. */
  readonly role: Role | null;
  readonly reason: Reason;
  readonly detail: string | null;
  readonly memory: VipMemory;
}

/** Decide. `nowMs` is the instant on the same monotonic clock as everything in the view. */
export function decide(view: View, nowMs: number): Decision {
  const judged = new Map<ServiceSettings, readonly Judged[]>();
  for (const settings of view.settings.services) {
    const service = view.services.get(settings.name)!;
    judged.set(
      settings,
      knownVips(settings, service).map(vip => judge(view, settings, service, vip, nowMs)),
    );
  }
  const fitted = fit(view, judged);
  return assemble(view, fitted, nowMs);
}

/** The VIPs this agent has to do with in a service: its own and all in the registry, sorted. */
export function knownVips(settings: ServiceSettings, service: ServiceView): readonly Vip[] {
  return [...new Set([...settings.vips, ...service.registry.keys()])].sort();
}

function judge(view: View, settings: ServiceSettings, service: ServiceView, vip: Vip, nowMs: number): Judged {
  const memory = view.memory.get(memoryKey(settings.name, vip)) ?? noMemory(nowMs);
  const considered = consider(view, settings, service, vip, memory, nowMs);
  const ability = abilityFor(view, settings.name, vip, memory.announcedSinceMs !== null);
  const gated = gate(settings, service, considered, ability);
  return { ...considered, vip, ability, ...gated, memory };
}

/** Maintenance first, then ability, then the stance itself. */
function gate(
  settings: ServiceSettings,
  service: ServiceView,
  considered: Considered,
  ability: Ability,
): Pick<Judged, 'role' | 'reason' | 'detail'> {
  const { stance, detail } = considered;
  const role = roleOf(considered);
  if (service.maintenance.on)
    return { role: null, reason: 'maintenance', detail: service.maintenance.record?.reason ?? null };
  if (ability.able || (role === null && settledElsewhere(stance.reason)))
    return { role, reason: stance.reason, detail };
  if (
    role !== null &&
    ability.because === 'unhealthy' &&
    settings.onUnhealthy === 'last-resort' &&
    role !== 'draining'
  ) {
    return { role: 'last-resort', reason: 'last-resort', detail: ability.detail };
  }
  return { role: null, reason: ability.because, detail: ability.detail };
}

/** Reasons for silence that say more than a lack of ability would. */
function settledElsewhere(reason: Reason): boolean {
  return ['starting', 'name-in-use', 'foreign-service', 'forgotten', 'drained'].includes(reason);
}

function roleOf({ stance }: Considered): Role | null {
  switch (stance.intent) {
    case 'own':
      return stance.reason === 'cold-start' ? 'last-resort' : 'authority';
    case 'cover':
    case 'hot-standby':
      return 'standby';
    case 'releasing':
    case 'draining':
      return 'draining';
    case 'none':
    case 'drained':
      return null;
  }
}

/** Peers accept so many routes and no more: authority first, then cover, then the rest; who is out already stays before who is not. */
function fit(
  view: View,
  judged: ReadonlyMap<ServiceSettings, readonly Judged[]>,
): ReadonlyMap<ServiceSettings, readonly Judged[]> {
  const wanted = [...judged.values()].flat().filter(one => one.role !== null);
  if (wanted.length <= view.settings.maxPrefixes) return judged;
  const kept = new Set(wanted.sort((a, b) => weight(b) - weight(a)).slice(0, view.settings.maxPrefixes));
  const refuse = (one: Judged): Judged =>
    one.role === null || kept.has(one)
      ? one
      : { ...one, role: null, reason: 'prefix-limit', ability: overLimit(view), detail: limitText(view) };
  return new Map([...judged].map(([settings, list]) => [settings, list.map(refuse)]));
}

function weight(one: Judged): number {
  const byIntent = { own: 6, cover: 4, 'hot-standby': 2, releasing: 1, draining: 2, none: 0, drained: 0 }[
    one.stance.intent
  ];
  return byIntent + (one.memory.announcedSinceMs !== null ? 1 : 0);
}

function overLimit(view: View): Ability {
  return { able: false, because: 'prefix-limit', detail: limitText(view) };
}

function limitText(view: View): string {
  return `a peer accepts ${view.settings.maxPrefixes} prefixes`;
}

function assemble(view: View, judged: ReadonlyMap<ServiceSettings, readonly Judged[]>, nowMs: number): Decision {
  const announcements: Announcement[] = [];
  const verdicts: Verdict[] = [];
  const memory = new Map<string, VipMemory>();
  const wakes: number[] = [];
  const facts = new Map<string, Decision['facts'] extends ReadonlyMap<string, infer F> ? F : never>();
  const addresses = new Map<string, readonly Vip[]>();
  for (const [settings, list] of judged) {
    const service = view.services.get(settings.name)!;
    const claimed = list.map(one => ({ one, claim: claimOf(view, settings, service, one, nowMs) }));
    for (const { one, claim } of claimed) {
      if (one.role !== null)
        announcements.push({
          service: settings.name,
          vip: one.vip,
          role: one.role,
          rank: one.role === 'standby' ? one.stance.rank : 0,
        });
      const next = remember(view, one, claim, nowMs);
      memory.set(memoryKey(settings.name, one.vip), next);
      verdicts.push(verdictOf(settings, service, one, next));
      wakes.push(...[one.stance.untilMs, claim.dueMs].filter(at => at !== null));
    }
    facts.set(settings.name, factsOf(view, settings, service, claimed, nowMs));
    addresses.set(
      settings.name,
      list.filter(one => view.settings.allows(one.vip) && one.stance.reason !== 'forgotten').map(one => one.vip),
    );
    wakes.push(...endOfMaintenance(service));
    wakes.push(...adoptions(view, settings, service));
  }
  const later = [...wakes, view.leaseUntilMs, view.shutdown?.deadlineMs ?? nowMs].filter(at => at > nowMs);
  const wakeAtMs = later.length === 0 ? null : Math.min(...later);
  return {
    announcements,
    addresses,
    facts,
    verdicts,
    memory,
    wakeAtMs,
    stopped: view.shutdown !== null && announcements.length === 0,
  };
}

/** Whether a claim would be honest now, and if not yet, from when. */
export interface Claim {
  readonly wanted: boolean;
  readonly readySinceMs: number | null;
  /** When it becomes due by time alone. */
  readonly dueMs: number | null;
}

/** How long a claim outlives its route's absence while attributes change on the wire. */
const REANNOUNCE_GRACE_MS = 1000;

/** A claim is wanted for a route that is out and has settled; in maintenance, for one that would be. */
function claimOf(view: View, settings: ServiceSettings, service: ServiceView, one: Judged, nowMs: number): Claim {
  const none: Claim = { wanted: false, readySinceMs: null, dueMs: null };
  const would =
    ['own', 'cover', 'hot-standby', 'releasing'].includes(one.stance.intent) &&
    one.ability.able &&
    one.stance.reason !== 'cold-start';
  if (!would) return none;
  const readySinceMs = service.maintenance.on
    ? (one.memory.readySinceMs ?? nowMs)
    : (view.out.get(one.vip)?.sinceMs ?? null);
  if (readySinceMs === null)
    return { ...none, wanted: one.memory.claimed && recentlyOut(one.memory, nowMs), dueMs: graceEnd(one.memory) };
  const dueMs = readySinceMs + settings.settleMs;
  return { wanted: one.memory.claimed || nowMs >= dueMs, readySinceMs, dueMs };
}

function recentlyOut(memory: VipMemory, nowMs: number): boolean {
  return memory.lastOutMs !== null && nowMs < memory.lastOutMs + REANNOUNCE_GRACE_MS;
}

function graceEnd(memory: VipMemory): number | null {
  return memory.claimed && memory.lastOutMs !== null ? memory.lastOutMs + REANNOUNCE_GRACE_MS : null;
}

function remember(view: View, one: Judged, claim: Claim, nowMs: number): VipMemory {
  const { stance, memory, reason } = one;
  const ready = claim.readySinceMs !== null;
  return {
    intent: stance.intent,
    rank: stance.rank,
    meant: stance.reason,
    reason,
    reasonSinceMs: reason === memory.reason ? memory.reasonSinceMs : nowMs,
    announcedSinceMs: one.role === null ? null : (memory.announcedSinceMs ?? nowMs),
    lackSinceMs: stance.lackSinceMs,
    releaseSinceMs: stance.releaseSinceMs,
    drainSinceMs: stance.drainSinceMs,
    lastOutMs: view.out.has(one.vip) || (ready && one.role === null) ? nowMs : memory.lastOutMs,
    claimed: claim.wanted,
    readySinceMs: claim.readySinceMs,
  };
}

function verdictOf(settings: ServiceSettings, service: ServiceView, one: Judged, memory: VipMemory): Verdict {
  return {
    service: settings.name,
    vip: one.vip,
    reason: one.reason,
    sinceMs: memory.reasonSinceMs,
    announced: one.role !== null,
    role: one.role,
    rank: one.stance.rank,
    owner: one.owner,
    claimedBy: [...(service.claims.get(one.vip)?.keys() ?? [])].sort(),
    untilMs: one.stance.untilMs,
    detail: one.detail,
  };
}

function endOfMaintenance({ maintenance }: ServiceView): readonly number[] {
  return maintenance.on && maintenance.record?.forSeconds
    ? [maintenance.seenSinceMs + maintenance.record.forSeconds * 1000]
    : [];
}

/** When an owner's absence will have lasted long enough for a configured agent to adopt. */
function adoptions(view: View, settings: ServiceSettings, service: ServiceView): readonly number[] {
  const gone = settings.vips
    .map(vip => service.registry.get(vip)?.ownerGoneSinceMs ?? null)
    .filter(since => since !== null);
  return gone.map(since => since + view.settings.adoptAfterMs);
}
