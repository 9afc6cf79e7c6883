// What this agent wants to stand in ZooKeeper: facts follow ability, always. A claim says "my route is out"; `able` says
// "count on me"; the registry keeps a dead owner's VIPs known.
import type { Claim, Judged } from './decide.ts';
import type { DesiredFacts } from './decision.ts';
import type { AbleRecord } from './records.ts';
import type { ServiceSettings } from './settings.ts';
import { drainsHere } from './stance.ts';
import type { ServiceView, View } from './view.ts';
import type { AgentName, Vip } from './vocabulary.ts';

/** The facts of one service. */
export function factsOf(
  view: View,
  settings: ServiceSettings,
  service: ServiceView,
  judged: readonly { readonly one: Judged; readonly claim: Claim }[],
  nowMs: number,
): DesiredFacts {
  const list = judged.map(({ one }) => one);
  return {
    claims: judged.filter(({ claim }) => claim.wanted).map(({ one }) => one.vip),
    able: ableRecord(view, settings, service, list),
    registry: registryOf(view, settings, service, list),
    endMaintenance: mustEnd(service, nowMs),
    barrier: list.some(one => one.stance.wantsBarrier),
  };
}

function ableRecord(
  view: View,
  settings: ServiceSettings,
  service: ServiceView,
  list: readonly Judged[],
): AbleRecord | null {
  const room = list.filter(one => one.role !== null).length < view.settings.maxPrefixes;
  const vips = list.filter(one => canServe(view, settings, service, one, room)).map(one => one.vip);
  return vips.length === 0 ? null : { priority: settings.priority, vips };
}

function canServe(view: View, settings: ServiceSettings, service: ServiceView, one: Judged, room: boolean): boolean {
  if (!one.ability.able || !(room || one.role !== null)) return false;
  if (one.reason === 'forgotten' || one.reason === 'foreign-service') return false;
  return !drainsHere(view, settings, service, one.vip);
}

/** Entries to create or to change: own VIPs nobody else owns; entries that vanished; own entries no longer configured. */
function registryOf(
  view: View,
  settings: ServiceSettings,
  service: ServiceView,
  list: readonly Judged[],
): ReadonlyMap<Vip, AgentName | null> {
  const me = view.settings.agent;
  const wanted = new Map<Vip, AgentName | null>();
  for (const one of list) {
    const entry = service.registry.get(one.vip);
    const named = entry?.present === true && !entry.record.forgotten ? entry.record.owner : undefined;
    if (settings.vips.includes(one.vip)) {
      if (
        one.owner === me &&
        one.ability.able &&
        named !== me &&
        !entry?.unreadable &&
        one.reason !== 'foreign-service'
      )
        wanted.set(one.vip, me);
    } else if (named === me && !entry?.unreadable) {
      wanted.set(one.vip, null);
    } else if (entry !== undefined && !entry.present && one.role !== null) {
      wanted.set(one.vip, entry.record.owner);
    }
  }
  return wanted;
}

/** The flag's own time limit has passed on our monotonic clock since we first saw it: never early. */
function mustEnd({ maintenance }: ServiceView, nowMs: number): boolean {
  if (!maintenance.on || maintenance.record?.forSeconds == null) return false;
  return nowMs - maintenance.seenSinceMs >= maintenance.record.forSeconds * 1000;
}
