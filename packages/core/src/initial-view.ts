// A view that knows nothing yet: every place unread, nothing healthy, nobody connected.
import { isFresh } from './phase.ts';
import type { Settings } from './settings.ts';
import type { ProcessIdentity, ServiceView, View } from './view.ts';
import type { ServiceName } from './vocabulary.ts';

/** What a life of an agent starts with. Instants in milliseconds: `startedAtMs` monotonic, `startedAtWallMs` since the Unix epoch. */
export interface Birth {
  readonly settings: Settings;
  /** Unique per process start; letters, digits, `.`, `_` and `-`. */
  readonly life: string;
  readonly process: ProcessIdentity;
  readonly startedAtMs: number;
  readonly startedAtWallMs: number;
}

/** The first view of a life. */
export function initialView(birth: Birth): View {
  return {
    ...birth,
    coordination: { kind: 'connecting' },
    leaseUntilMs: 0,
    services: new Map(birth.settings.services.map(({ name }) => [name, unreadService(name)])),
    health: new Map(),
    addresses: new Set(),
    peers: [],
    out: new Map(),
    shutdown: null,
    remembered: null,
    pending: null,
    nextRequestId: 1,
    epoch: 0,
    memory: new Map(),
  };
}

/** A service of which nothing was read. */
export function unreadService(name: ServiceName): ServiceView {
  return {
    name,
    freshness: {
      registry: 'unread',
      able: 'unread',
      agents: 'unread',
      out: 'unread',
      maintenance: 'unread',
      drain: 'unread',
    },
    everSynced: false,
    syncedSinceMs: null,
    claims: new Map(),
    claimsRead: null,
    able: new Map(),
    agents: new Set(),
    registry: new Map(),
    registryUnread: new Set(),
    vipService: new Map(),
    maintenance: { on: false },
    drains: new Set(),
    presence: { kind: 'unknown' },
    mine: new Set(),
    barrierSentAtMs: null,
    statusWritten: null,
    retryAtMs: null,
    lastRefusal: null,
    missing: new Set(),
  };
}

/** Notes the first instant of the whole picture on this connection. */
export function noteSync(service: ServiceView, nowMs: number): ServiceView {
  if (service.syncedSinceMs !== null || !isFresh(service) || service.presence.kind !== 'mine') return service;
  return { ...service, everSynced: true, syncedSinceMs: nowMs };
}
