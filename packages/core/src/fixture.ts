// Small literals for the tests of the heart: a view of one service that is fresh and synced, to be bent as a test needs.
import { initialView, unreadService } from './initial-view.ts';
import type { AbleRecord } from './records.ts';
import type { ServiceSettings, Settings } from './settings.ts';
import type { OutSeen, RegistryEntry, ServiceView, View } from './view.ts';
import type { AgentName, Health, Vip } from './vocabulary.ts';

/** One service named `apex` with short, round delays. */
export function serviceSettings(changes: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    name: 'apex',
    vips: ['192.0.2.1'],
    standbyDepth: 1,
    announcers: 1,
    priority: 100,
    settleMs: 3000,
    releaseDelayMs: 30_000,
    coverTimeoutMs: 5000,
    onUnhealthy: 'withdraw',
    ...changes,
  };
}

/** Settings of agent `a`. */
export function settingsWith(service: Partial<ServiceSettings> = {}, changes: Partial<Settings> = {}): Settings {
  return {
    agent: 'a',
    root: '/vipkeeper',
    services: [serviceSettings(service)],
    minSessions: 1,
    maxPrefixes: Number.POSITIVE_INFINITY,
    allows: () => true,
    coldStart: { waitMs: 60_000, then: 'last-resort' },
    adoptAfterMs: 600_000,
    shutdownMs: 45_000,
    ...changes,
  };
}

/** A registry entry naming an owner. */
export function entry(owner: AgentName | null, changes: Partial<RegistryEntry> = {}): RegistryEntry {
  return {
    record: { owner, epoch: 1, forgotten: false },
    version: 0,
    present: true,
    ownerGoneSinceMs: null,
    unreadable: null,
    ...changes,
  };
}

/** What a test says of its view; everything absent is as good as it can be. */
export interface Scene {
  readonly settings?: Settings;
  readonly registry?: Readonly<Record<Vip, RegistryEntry>>;
  /** Claims by VIP: agent to the instant since which it has stood. */
  readonly claims?: Readonly<Record<Vip, Readonly<Record<AgentName, number>>>>;
  /** By znode name. */
  readonly able?: Readonly<Record<string, AbleRecord>>;
  readonly agents?: readonly AgentName[];
  readonly service?: Partial<ServiceView>;
  readonly health?: Readonly<Record<Vip, Health>>;
  readonly out?: Readonly<Record<Vip, OutSeen>>;
  readonly view?: Partial<View>;
}

/** A view at instant 0 in which agent `a` is connected, healthy, has its addresses and one session for both families. */
export function viewOf(scene: Scene = {}): View {
  const settings = scene.settings ?? settingsWith();
  const born = initialView({
    settings,
    life: 'life-1',
    process: { host: 'host-a', pid: 1, machineId: 'm', bootId: 'b', pidNamespace: '', startTime: '1', version: '0' },
    startedAtMs: 0,
    startedAtWallMs: 0,
  });
  const registry = new Map(Object.entries(scene.registry ?? { '192.0.2.1': entry('a') }));
  const vips = [...new Set([...registry.keys(), ...settings.services.flatMap(service => service.vips)])];
  const healthOf = (vip: Vip): Health => scene.health?.[vip] ?? 'passing';
  return {
    ...born,
    coordination: { kind: 'connected', epoch: 1, sessionId: '1' },
    epoch: 1,
    leaseUntilMs: Number.POSITIVE_INFINITY,
    services: new Map(settings.services.map(({ name }) => [name, syncedService(name, registry, scene)])),
    health: new Map(
      settings.services.map(({ name }) => [
        name,
        new Map(vips.map(vip => [vip, { health: healthOf(vip), sinceMs: 0 }])),
      ]),
    ),
    addresses: new Set(vips),
    peers: [{ key: 'tor', established: true, families: ['ipv4', 'ipv6'] }],
    out: new Map(Object.entries(scene.out ?? {})),
    ...scene.view,
  };
}

function syncedService(name: string, registry: ReadonlyMap<Vip, RegistryEntry>, scene: Scene): ServiceView {
  const claims = Object.entries(scene.claims ?? {}).map(([vip, seen]) => {
    return [vip, new Map(Object.entries(seen).map(([agent, sinceMs]) => [agent, { sinceMs }]))] as const;
  });
  return {
    ...unreadService(name),
    freshness: {
      registry: 'fresh',
      able: 'fresh',
      agents: 'fresh',
      out: 'fresh',
      maintenance: 'fresh',
      drain: 'fresh',
    },
    everSynced: true,
    syncedSinceMs: -1_000_000,
    claims: new Map(claims),
    able: new Map(Object.entries(scene.able ?? {})),
    agents: new Set(scene.agents ?? ['a']),
    registry,
    vipService: new Map([...registry.keys()].map(vip => [vip, name])),
    presence: { kind: 'mine' },
    ...scene.service,
  };
}
