// What an answer from ZooKeeper says. A place that was touched while its read was under way is dirty still: one round trip
// more costs little, and "fresh" must be true. A failed read changes nothing but the wish to read again.

import { isCanonicalVip } from './address.ts';
import { decodeAble, decodeAgent, decodeMaintenance, decodeRegistry, decodeVip } from './record-codec.ts';
import type { Pending, Place, Purpose, RegistryEntry, ServiceView, View } from './view.ts';
import type { AgentName, Vip } from './vocabulary.ts';
import type { ZkOp, ZkResult } from './zk-request.ts';
import { parseAbleName, parseClaim, paths } from './znodes.ts';

/** How long a refused write is left alone. */
const RETRY_AFTER_REFUSAL_MS = 5000;
/** The least pause after a batch without an outcome, should the session claim to be connected all the same. */
const RETRY_AFTER_SILENCE_MS = 200;

/** What is known after the answer to the batch under way; an answer to any other is ignored. */
export function observeAnswer(view: View, id: number, results: readonly ZkResult[], nowMs: number): View {
  const { pending } = view;
  if (pending === null || pending.request.id !== id) return view;
  const services = new Map(view.services);
  pending.purposes.forEach((purpose, index) => {
    const service = services.get(purpose.service);
    const result = results[index] ?? { kind: 'failed', code: 'unreachable', message: 'no answer' };
    if (service !== undefined)
      services.set(
        purpose.service,
        understand(view, pending, service, purpose, pending.request.ops[index]!, result, nowMs),
      );
  });
  for (const name of provenServices(pending, results)) {
    const service = services.get(name);
    if (service !== undefined && view.coordination.kind === 'connected')
      services.set(name, { ...service, barrierSentAtMs: pending.sentAtMs });
  }
  return { ...view, services, pending: null };
}

function understand(
  view: View,
  pending: Pending,
  service: ServiceView,
  purpose: Purpose,
  op: ZkOp,
  result: ZkResult,
  nowMs: number,
): ServiceView {
  if (result.kind === 'failed') return refused(service, purpose, op, result, nowMs);
  const touched = 'path' in op && pending.dirtied.has(op.path);
  switch (purpose.kind) {
    case 'place':
      return {
        ...readPlace(view, service, purpose.place, result, nowMs),
        freshness: { ...service.freshness, [purpose.place]: touched ? 'dirty' : 'fresh' },
      };
    case 'registry':
      return readRegistry(service, purpose.vip, result, touched, nowMs);
    case 'able':
      return { ...service, able: new Map(service.able).set(purpose.name, ableOf(result)) };
    case 'vip-service':
      return { ...service, vipService: new Map(service.vipService).set(purpose.vip, serviceOf(result, service)) };
    case 'presence':
      return readPresence(view, service, result);
    case 'take-presence':
      return { ...service, presence: { kind: 'mine' }, statusWritten: { data: purpose.status, atMs: nowMs } };
    case 'fact':
      return written(service, purpose.creates, purpose.deletes, nowMs);
    case 'status':
    case 'barrier':
      return { ...service, statusWritten: { data: purpose.status, atMs: nowMs } };
    case 'registry-write':
      return {
        ...service,
        registryUnread: new Set(service.registryUnread).add(purpose.vip),
        vipService: without(service.vipService, purpose.vip),
      };
    case 'ensure':
      return { ...service, missing: new Set([...service.missing].filter(path => path !== purpose.path)) };
    case 'end-maintenance':
      return { ...service, freshness: { ...service.freshness, maintenance: 'dirty' } };
  }
}

/** A write followed by reads, all in order and all answered, nothing touched meanwhile. */
function provenServices(pending: Pending, results: readonly ZkResult[]): readonly string[] {
  const opened = pending.purposes.filter(purpose => purpose.kind === 'barrier').map(purpose => purpose.service);
  return opened.filter(service =>
    pending.purposes.every((purpose, index) => {
      const op = pending.request.ops[index]!;
      return (
        purpose.service !== service ||
        (results[index]?.kind !== 'failed' &&
          !('path' in op && pending.dirtied.has(op.path) && purpose.kind === 'place'))
      );
    }),
  );
}

function readPlace(view: View, service: ServiceView, place: Place, result: ZkResult, nowMs: number): ServiceView {
  if (place === 'maintenance') return { ...service, maintenance: maintenanceOf(service, result, nowMs) };
  if (result.kind !== 'names') return service;
  switch (place) {
    case 'registry':
      return registryNames(service, result.names);
    case 'able':
      return {
        ...service,
        able: new Map(result.names.filter(parseAbleName).map(name => [name, service.able.get(name) ?? null])),
      };
    case 'agents':
      return agentNames(view, service, new Set(result.names), nowMs);
    case 'out':
      return claimNames(view, service, result.names, result.stat.cversion, nowMs);
    case 'drain':
      return { ...service, drains: new Set(result.names) };
  }
}

function registryNames(service: ServiceView, found: readonly string[]): ServiceView {
  const names = new Set(found.filter(isCanonicalVip));
  const registry = new Map(
    [...service.registry].map(([vip, entry]) => [vip, { ...entry, present: names.has(vip) && entry.present }]),
  );
  const unread = [...names].filter(vip => registry.get(vip)?.present !== true);
  // Where an entry has vanished its `vips/<vip>` may have gone with it.
  const vipService = new Map([...service.vipService].filter(([vip]) => registry.get(vip)?.present !== false));
  const pending = [...service.registryUnread].filter(vip => names.has(vip));
  return { ...service, registry, vipService, registryUnread: new Set([...pending, ...unread]) };
}

function agentNames(view: View, service: ServiceView, agents: ReadonlySet<AgentName>, nowMs: number): ServiceView {
  const registry = new Map(
    [...service.registry].map(([vip, entry]) => [vip, { ...entry, ownerGoneSinceMs: goneSince(entry, agents, nowMs) }]),
  );
  return { ...service, agents, registry, presence: presenceFrom(service.presence, agents.has(view.settings.agent)) };
}

function presenceFrom(presence: ServiceView['presence'], listed: boolean): ServiceView['presence'] {
  if (!listed) return { kind: 'absent' };
  return presence.kind === 'absent' ? { kind: 'unknown' } : presence;
}

function goneSince(
  entry: Pick<RegistryEntry, 'record' | 'ownerGoneSinceMs'>,
  agents: ReadonlySet<AgentName>,
  nowMs: number,
): number | null {
  const { owner } = entry.record;
  return owner === null || agents.has(owner) ? null : (entry.ownerGoneSinceMs ?? nowMs);
}

/** Claims keep the instant since which they have stood, unless the folder's count of changes says that something came and went unseen. */
function claimNames(
  view: View,
  service: ServiceView,
  names: readonly string[],
  cversion: number,
  nowMs: number,
): ServiceView {
  const read = { names: new Set(names), cversion };
  const explained =
    service.claimsRead !== null &&
    cversion - service.claimsRead.cversion === differences(service.claimsRead.names, read.names);
  const claims = new Map<Vip, Map<AgentName, { sinceMs: number }>>();
  for (const claim of names.map(parseClaim).filter(claim => claim !== null)) {
    const known = explained ? service.claims.get(claim.vip)?.get(claim.agent) : undefined;
    const ofVip = claims.get(claim.vip) ?? new Map();
    claims.set(claim.vip, ofVip.set(claim.agent, known ?? { sinceMs: nowMs }));
  }
  const folder = paths(view.settings.root).service(service.name).place('out');
  const mine = new Set(
    [...service.mine].filter(path => !path.startsWith(`${folder}/`) || read.names.has(path.slice(folder.length + 1))),
  );
  return { ...service, claims, claimsRead: read, mine };
}

function differences(before: ReadonlySet<string>, after: ReadonlySet<string>): number {
  return [...before].filter(name => !after.has(name)).length + [...after].filter(name => !before.has(name)).length;
}

function maintenanceOf(service: ServiceView, result: ZkResult, nowMs: number): ServiceView['maintenance'] {
  if (result.kind !== 'node') return { on: false };
  const decoded = decodeMaintenance(result.data);
  const { czxid, version } = result.stat;
  const same = service.maintenance.on && service.maintenance.czxid === czxid;
  const seenSinceMs = same && service.maintenance.on ? service.maintenance.seenSinceMs : nowMs;
  return { on: true, czxid, version, seenSinceMs, record: decoded.kind === 'ok' ? decoded.record : null };
}

function readRegistry(service: ServiceView, vip: Vip, result: ZkResult, touched: boolean, nowMs: number): ServiceView {
  const unread = new Set(service.registryUnread);
  if (!touched) unread.delete(vip);
  const known = service.registry.get(vip);
  if (result.kind !== 'node') {
    const registry =
      known === undefined ? service.registry : new Map(service.registry).set(vip, { ...known, present: false });
    return { ...service, registryUnread: unread, registry };
  }
  const decoded = decodeRegistry(result.data);
  const record =
    decoded.kind === 'ok' ? decoded.record : (known?.record ?? { owner: null, epoch: 0, forgotten: false });
  const sameOwner = known?.record.owner === record.owner ? known.ownerGoneSinceMs : null;
  const entry: RegistryEntry = {
    record,
    version: result.stat.version,
    present: true,
    ownerGoneSinceMs: goneSince({ record, ownerGoneSinceMs: sameOwner }, service.agents, nowMs),
    unreadable: decoded.kind === 'ok' ? null : decoded.kind === 'newer' ? `version ${decoded.version}` : decoded.why,
  };
  return { ...service, registryUnread: unread, registry: new Map(service.registry).set(vip, entry) };
}

function ableOf(result: ZkResult): ReturnType<ServiceView['able']['get']> & {} {
  if (result.kind !== 'node') return 'unreadable';
  const decoded = decodeAble(result.data);
  return decoded.kind === 'ok' ? decoded.record : 'unreadable';
}

/** A record that cannot be read is no evidence against this service, and is not written over. */
function serviceOf(result: ZkResult, { name }: ServiceView): string | null {
  if (result.kind !== 'node') return null;
  const decoded = decodeVip(result.data);
  return decoded.kind === 'ok' ? decoded.record.service : name;
}

function readPresence(view: View, service: ServiceView, result: ZkResult): ServiceView {
  if (result.kind !== 'node') return { ...service, presence: { kind: 'absent' } };
  const decoded = decodeAgent(result.data);
  const record = decoded.kind === 'ok' ? decoded.record : null;
  const mine =
    view.coordination.kind === 'connected' && sameSession(result.stat.ephemeralOwner, view.coordination.sessionId);
  if (mine && record?.life === view.life) return { ...service, presence: { kind: 'mine' } };
  return {
    ...service,
    presence: {
      kind: 'taken',
      record,
      version: result.stat.version,
      verdict: record?.life === view.life ? 'gone' : null,
    },
  };
}

function sameSession(a: string, b: string): boolean {
  const bare = (id: string): string => id.replace(/^0x/, '').replace(/^0+/, '');
  return bare(a) === bare(b);
}

/** Our own write is known at once; the watch it sets off only confirms it. */
function written(
  service: ServiceView,
  creates: readonly string[],
  deletes: readonly string[],
  nowMs: number,
): ServiceView {
  const mine = new Set(service.mine);
  const claims = new Map([...service.claims].map(([vip, seen]) => [vip, new Map(seen)]));
  const able = new Map(service.able);
  for (const path of deletes) {
    mine.delete(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const claim = path.includes('/out/') ? parseClaim(name) : null;
    if (claim !== null) claims.get(claim.vip)?.delete(claim.agent);
    if (path.includes('/able/')) able.delete(name);
  }
  for (const path of creates) {
    mine.add(path);
    const claim = path.includes('/out/') ? parseClaim(path.slice(path.lastIndexOf('/') + 1)) : null;
    if (claim !== null)
      claims.set(claim.vip, (claims.get(claim.vip) ?? new Map()).set(claim.agent, { sinceMs: nowMs }));
  }
  return { ...service, mine, claims, able };
}

function refused(
  service: ServiceView,
  purpose: Purpose,
  op: ZkOp,
  failure: Extract<ZkResult, { kind: 'failed' }>,
  nowMs: number,
): ServiceView {
  switch (failure.code) {
    case 'unreachable':
      return { ...service, retryAtMs: nowMs + RETRY_AFTER_SILENCE_MS };
    case 'no-auth':
    case 'other':
      return { ...service, retryAtMs: nowMs + RETRY_AFTER_REFUSAL_MS, lastRefusal: failure.message };
    case 'no-node':
      return 'path' in op && op.kind === 'children' ? missing(service, op.path) : gone(service, purpose);
    case 'node-exists':
    case 'bad-version':
    case 'not-empty':
      return stale(service, purpose);
  }
}

function missing(service: ServiceView, path: string): ServiceView {
  return { ...service, missing: new Set(service.missing).add(path) };
}

/** What we meant to change is not there: the folders may be gone as well, so everything is read (and made) again. */
function gone(service: ServiceView, purpose: Purpose): ServiceView {
  const reread: ServiceView = {
    ...service,
    freshness: { ...service.freshness, agents: 'dirty', out: 'dirty', able: 'dirty', registry: 'dirty' },
  };
  if (purpose.kind === 'fact') return written(reread, [], purpose.deletes, 0);
  if (purpose.kind === 'registry-write') return { ...reread, vipService: without(reread.vipService, purpose.vip) };
  if (purpose.kind === 'status' || purpose.kind === 'barrier') return { ...reread, presence: { kind: 'unknown' } };
  return reread;
}

function stale(service: ServiceView, purpose: Purpose): ServiceView {
  switch (purpose.kind) {
    case 'registry-write':
      return {
        ...service,
        registryUnread: new Set(service.registryUnread).add(purpose.vip),
        vipService: without(service.vipService, purpose.vip),
      };
    case 'take-presence':
      return { ...service, presence: { kind: 'unknown' } };
    case 'fact':
      return { ...service, freshness: { ...service.freshness, out: 'dirty', able: 'dirty' } };
    default:
      return service;
  }
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
