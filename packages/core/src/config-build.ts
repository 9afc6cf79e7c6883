// From a draft that the schema and the rules were content with to the configuration: texts canonical, times in
// milliseconds. Nothing can fail here any more; a text that does not read is a bug and throws.
import { canonicalAddress, parsePrefix } from './address.ts';
import type {
  CheckConfig,
  CheckProbe,
  Config,
  Endpoint,
  PeerConfig,
  RolesConfig,
  SecretSource,
  ServiceConfig,
} from './config.ts';
import { DEFAULTS, LEASE_RENEWALS } from './config-defaults.ts';
import type { CheckDraft, ConfigDraft, PeerDraft, ServiceDraft } from './config-schema.ts';
import { readEndpoint } from './config-text.ts';

const ms = (seconds: number): number => Math.round(seconds * 1000);

function sure<T>(value: T | null): T {
  if (value === null) throw new Error('a value passed the schema and does not read');
  return value;
}

function addressOf(text: string): string {
  const read = canonicalAddress(text);
  return sure(read.kind === 'ok' ? read.text : null);
}

function endpointOf(text: string, defaultPort: number | null): Endpoint {
  const read = readEndpoint(text, defaultPort);
  return sure(read.kind === 'ok' ? read.value : null);
}

/** Builds the configuration; `agent` is the name to use when the file has none. */
export function buildConfig(draft: ConfigDraft, agent: string): Config {
  return {
    agent: draft.agent ?? agent,
    zookeeper: zookeeperOf(draft.zookeeper),
    coldStart: { waitMs: ms(draft.coldStart.waitSeconds), then: draft.coldStart.then },
    stateFile: draft.stateFile,
    adoptAfterMs: ms(draft.adoptAfterSeconds),
    shutdownMs: ms(draft.shutdownSeconds),
    bgp: bgpOf(draft.bgp),
    services: draft.services.map(serviceOf),
    addresses: {
      manage: draft.addresses.manage,
      device: draft.addresses.device,
      leaseMs: ms(draft.addresses.leaseSeconds),
      renewMs: Math.floor(ms(draft.addresses.leaseSeconds) / LEASE_RENEWALS),
    },
    admin: { listen: endpointOf(draft.admin.listen, null) },
    log: draft.log,
  };
}

function zookeeperOf(draft: ConfigDraft['zookeeper']): Config['zookeeper'] {
  const { tls, auth } = draft;
  return {
    servers: draft.servers.map(server => endpointOf(server, DEFAULTS.zookeeper.port)),
    root: draft.root,
    sessionTimeoutMs: ms(draft.sessionTimeoutSeconds),
    tls: tls === undefined ? null : { ca: tls.ca ?? null, cert: tls.cert ?? null, key: tls.key ?? null },
    auth: auth === undefined ? null : { digest: secretOf(auth.digest) },
  };
}

function secretOf(draft: { readonly file?: string | undefined; readonly env?: string | undefined }): SecretSource {
  return draft.file === undefined ? { kind: 'env', name: draft.env ?? '' } : { kind: 'file', path: draft.file };
}

function bgpOf(draft: ConfigDraft['bgp']): Config['bgp'] {
  return {
    localAs: draft.localAs,
    routerId: addressOf(draft.routerId),
    listen: draft.listen === undefined ? null : endpointOf(draft.listen, null),
    allow: draft.allow.map(text => {
      const read = parsePrefix(text);
      return sure(read.kind === 'ok' ? read.prefix : null);
    }),
    minSessions: draft.minSessions,
    roles: rolesOf(draft),
    peers: draft.peers.map(peerOf),
  };
}

interface RoleDraft {
  readonly prepend?: number | undefined;
  readonly med?: number | undefined;
  readonly localPref?: number | undefined;
  readonly communities?: readonly string[] | undefined;
  readonly largeCommunities?: readonly string[] | undefined;
}

function rolesOf(draft: ConfigDraft['bgp']): RolesConfig {
  const { authority, standby, standbyPrepend, drainingCommunities } = DEFAULTS.bgp.roles;
  const ranked = (role: RoleDraft | undefined, base: { prepend: number; med: number; localPref: number }) => ({
    prepend: role?.prepend ?? base.prepend,
    med: role?.med ?? base.med,
    localPref: role?.localPref ?? base.localPref,
    ...communitiesOf(role, []),
  });
  return {
    authority: ranked(draft.roles?.authority, authority),
    standby: ranked(draft.roles?.standby, { prepend: standbyPrepend[draft.preference], ...standby }),
    draining: communitiesOf(draft.roles?.draining, drainingCommunities),
    lastResort: communitiesOf(draft.roles?.lastResort, []),
  };
}

function communitiesOf(role: RoleDraft | undefined, communities: readonly string[]) {
  return { communities: role?.communities ?? communities, largeCommunities: role?.largeCommunities ?? [] };
}

function peerOf(draft: PeerDraft): PeerConfig {
  return {
    address: addressOf(draft.address),
    as: draft.as,
    port: draft.port,
    localAddress: draft.localAddress === undefined ? null : addressOf(draft.localAddress),
    device: draft.device ?? null,
    password: draft.password === undefined ? null : secretOf(draft.password),
    ttlSecurity: draft.ttlSecurity,
    passive: draft.passive,
    multihop: draft.multihop,
    holdTimeMs: ms(draft.holdTimeSeconds),
    connectRetryMs: ms(draft.connectRetrySeconds),
    families: [...new Set(draft.families ?? DEFAULTS.bgp.peer.families)].sort(),
    nextHop: nextHopOf(draft.nextHop),
    bfd: draft.bfd ?? null,
    maxPrefixes: draft.maxPrefixes ?? null,
    communities: draft.communities,
  };
}

function nextHopOf(draft: PeerDraft['nextHop']): PeerConfig['nextHop'] {
  const hop = (text: string | undefined) => (text === undefined || text === 'self' ? 'self' : addressOf(text));
  if (typeof draft !== 'string') return { ipv4: hop(draft.ipv4), ipv6: hop(draft.ipv6) };
  const address = hop(draft);
  return address.includes(':') ? { ipv4: 'self', ipv6: address } : { ipv4: address, ipv6: 'self' };
}

function serviceOf(draft: ServiceDraft): ServiceConfig {
  return {
    name: draft.name,
    vips: draft.vips.map(addressOf),
    standbyDepth: draft.takeOver === 'reactive' ? 0 : (draft.standbyDepth ?? DEFAULTS.service.standbyDepth),
    announcers: draft.announcers,
    priority: draft.priority,
    settleMs: ms(draft.settleSeconds),
    releaseDelayMs: ms(draft.releaseDelaySeconds),
    coverTimeoutMs: ms(draft.coverTimeoutSeconds),
    onUnhealthy: draft.onUnhealthy,
    checks: draft.checks === 'none' ? [] : draft.checks.map(checkOf),
    require: draft.require,
  };
}

function checkOf(draft: CheckDraft): CheckConfig {
  const probe = probeOf(draft);
  const fast = draft.fastIntervalSeconds ?? Math.min(DEFAULTS.check.fastIntervalSeconds, draft.intervalSeconds);
  return {
    name: draft.name ?? probe.kind,
    probe,
    intervalMs: ms(draft.intervalSeconds),
    fastIntervalMs: ms(fast),
    timeoutMs: ms(draft.timeoutSeconds),
    rise: draft.rise,
    fall: draft.fall,
  };
}

function probeOf(draft: CheckDraft): CheckProbe {
  if (draft.http !== undefined) return { kind: 'http', url: draft.http };
  if (draft.tcp !== undefined) return { kind: 'tcp', target: draft.tcp };
  return { kind: 'command', argv: draft.command ?? [] };
}
