// The only writer of views: each input, with the instant it arrived, becomes part of what is known. Nothing is decided
// here and nothing is forgotten for want of news: what was known stays known until something newer says otherwise.
import { noteSync, unreadService } from './initial-view.ts';
import type { Coordination, Input } from './input.ts';
import { observeAnswer } from './observe-answer.ts';
import type { Settings } from './settings.ts';
import { type OutSeen, PLACES, type ServiceView, type View } from './view.ts';
import type { ServiceName, Vip } from './vocabulary.ts';
import { paths, placeOf } from './znodes.ts';

/** What is known after one more input. `nowMs` is the monotonic instant at which it arrived. */
export function observe(view: View, input: Input, nowMs: number): View {
  switch (input.kind) {
    case 'tick':
      return view;
    case 'lease':
      return { ...view, leaseUntilMs: input.leaseUntilMs };
    case 'coordination':
      return observeCoordination({ ...view, leaseUntilMs: input.leaseUntilMs }, input.coordination, nowMs);
    case 'dirty':
      return observeDirty(view, input.path);
    case 'answer':
      return syncNoted(
        observeAnswer({ ...view, leaseUntilMs: input.leaseUntilMs }, input.id, input.results, nowMs),
        nowMs,
      );
    case 'life-probed':
      return updateService(view, input.service, service => {
        if (service.presence.kind !== 'taken' || service.presence.record?.life !== input.life) return service;
        return { ...service, presence: { ...service.presence, verdict: input.verdict } };
      });
    case 'health':
      return observeHealth(view, input, nowMs);
    case 'addresses':
      return { ...view, addresses: input.present === 'unmanaged' ? 'unmanaged' : new Set(input.present) };
    case 'speaker':
      return { ...view, peers: input.peers, out: outSince(view.out, input.out, nowMs) };
    case 'shutdown':
      return { ...view, shutdown: { sinceMs: view.shutdown?.sinceMs ?? nowMs, deadlineMs: input.deadlineMs } };
    case 'settings':
      return observeSettings(view, input.settings);
    case 'remembered':
      return { ...view, remembered: input.remembered };
  }
}

/** A view with one service changed; unknown services are left alone. */
export function updateService(view: View, name: ServiceName, change: (service: ServiceView) => ServiceView): View {
  const service = view.services.get(name);
  if (service === undefined) return view;
  const changed = change(service);
  return changed === service ? view : { ...view, services: new Map(view.services).set(name, changed) };
}

function updateServices(view: View, change: (service: ServiceView) => ServiceView): View {
  return { ...view, services: new Map([...view.services].map(([name, service]) => [name, change(service)])) };
}

function syncNoted(view: View, nowMs: number): View {
  return updateServices(view, service => noteSync(service, nowMs));
}

/** Whatever the new word is, everything read before it is in doubt; a new epoch means that our ephemerals are gone. */
function observeCoordination(view: View, coordination: Coordination, nowMs: number): View {
  const replaced = coordination.kind === 'connected' && coordination.epoch !== view.epoch;
  const doubted = updateServices({ ...view, coordination }, service => doubt(service, nowMs));
  if (!replaced) return doubted;
  const orphaned = updateServices(doubted, service => ({
    ...service,
    presence: { kind: 'unknown' },
    mine: new Set(),
    statusWritten: null,
  }));
  return { ...orphaned, epoch: coordination.epoch };
}

function doubt(service: ServiceView, nowMs: number): ServiceView {
  const freshness = Object.fromEntries(
    PLACES.map(place => [place, service.freshness[place] === 'unread' ? 'unread' : 'dirty']),
  );
  return {
    ...service,
    freshness: freshness as ServiceView['freshness'],
    registryUnread: new Set(service.registry.keys()),
    claims: new Map(
      [...service.claims].map(([vip, seen]) => [
        vip,
        new Map([...seen.keys()].map(agent => [agent, { sinceMs: nowMs }])),
      ]),
    ),
    presence: service.presence.kind === 'mine' ? service.presence : { kind: 'unknown' },
    syncedSinceMs: null,
    barrierSentAtMs: null,
    retryAtMs: null,
  };
}

function observeDirty(view: View, path: string): View {
  const noted =
    view.pending === null
      ? view
      : { ...view, pending: { ...view.pending, dirtied: new Set(view.pending.dirtied).add(path) } };
  const place = placeOf(paths(view.settings.root), path);
  if (place === null) return noted;
  return updateService(noted, place.service, service => {
    if (place.name === null) {
      if (service.freshness[place.place] === 'unread') return service;
      return { ...service, freshness: { ...service.freshness, [place.place]: 'dirty' } };
    }
    if (place.place === 'registry')
      return { ...service, registryUnread: new Set(service.registryUnread).add(place.name) };
    const myName = place.place === 'agents' && place.name === view.settings.agent;
    return myName && service.presence.kind === 'taken' ? { ...service, presence: { kind: 'unknown' } } : service;
  });
}

function observeHealth(view: View, input: Extract<Input, { kind: 'health' }>, nowMs: number): View {
  const known = view.health.get(input.service) ?? new Map();
  const former = known.get(input.vip);
  const sinceMs = former?.health === input.health ? former.sinceMs : nowMs;
  const seen = { health: input.health, sinceMs, ...(input.detail === undefined ? {} : { detail: input.detail }) };
  return { ...view, health: new Map(view.health).set(input.service, new Map(known).set(input.vip, seen)) };
}

function outSince(
  former: ReadonlyMap<Vip, OutSeen>,
  out: ReadonlyMap<Vip, number>,
  nowMs: number,
): ReadonlyMap<Vip, OutSeen> {
  const seen = [...out].filter(([, sessions]) => sessions > 0);
  return new Map(seen.map(([vip, sessions]) => [vip, { sessions, sinceMs: former.get(vip)?.sinceMs ?? nowMs }]));
}

/** A reload: services that are gone from the file are left in good order first, so they stay, marked as leaving. */
function observeSettings(view: View, settings: Settings): View {
  const kept = new Set(settings.services.map(service => service.name));
  const leaving = view.settings.services
    .filter(service => !kept.has(service.name))
    .map(service => ({ ...service, vips: [], leaving: true }));
  const services = new Map(view.services);
  for (const { name } of settings.services) {
    const service = services.get(name) ?? unreadService(name);
    services.set(name, service);
  }
  return { ...view, settings: { ...settings, services: [...settings.services, ...leaving] }, services };
}
