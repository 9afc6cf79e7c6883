// The configuration as the product uses it: parsed once at the door, every default filled in, times in milliseconds, texts
// canonical. It is a type of its own: neither the file's spelling nor what the decision or the wire needs.

import type { Prefix } from './address.ts';
import { prefixContains } from './address.ts';
import type { ServiceSettings, Settings } from './settings.ts';
import type { AgentName, Family, ServiceName, Vip } from './vocabulary.ts';

/** Where a secret is kept. The file holds the place, never the secret. */
export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string };

/** A host (name or address, IPv6 without brackets) and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How to reach ZooKeeper. */
export interface ZookeeperConfig {
  readonly servers: readonly Endpoint[];
  readonly root: string;
  readonly sessionTimeoutMs: number;
  /** Paths of PEM files. */
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null;
  readonly auth: { readonly digest: SecretSource } | null;
}

/** Communities of a role's routes. */
export interface RoleCommunitiesConfig {
  /** RFC 1997, `"asn:value"` or a well-known name. */
  readonly communities: readonly string[];
  /** RFC 8092, `"global:local1:local2"`. */
  readonly largeCommunities: readonly string[];
}

/** How a ranked role is spelled; a standby adds its rank to prepend and MED and takes it from LOCAL_PREF. */
export interface RoleConfig extends RoleCommunitiesConfig {
  readonly prepend: number;
  readonly med: number;
  readonly localPref: number;
}

/** How the roles are spelled. The lengths of draining and last resort are derived from the longest standby. */
export interface RolesConfig {
  readonly authority: RoleConfig;
  readonly standby: RoleConfig;
  readonly draining: RoleCommunitiesConfig;
  readonly lastResort: RoleCommunitiesConfig;
}

/** One router. */
export interface PeerConfig {
  readonly address: string;
  readonly as: number;
  readonly port: number;
  readonly localAddress: string | null;
  /** The session is bound to it. */
  readonly device: string | null;
  /** TCP-MD5 key. */
  readonly password: SecretSource | null;
  /** GTSM, RFC 5082. */
  readonly ttlSecurity: boolean;
  readonly passive: boolean;
  readonly multihop: number;
  readonly holdTimeMs: number;
  readonly connectRetryMs: number;
  readonly families: readonly Family[];
  /** Next hop of the routes of each family. */
  readonly nextHop: Readonly<Record<Family, string>>;
  /** Null: no BFD. */
  readonly bfd: { readonly intervalMs: number; readonly multiplier: number } | null;
  /** Null: no limit known. */
  readonly maxPrefixes: number | null;
  readonly communities: 'keep' | 'none';
}

/** The BGP side. */
export interface BgpConfig {
  readonly localAs: number;
  readonly routerId: string;
  readonly listen: Endpoint | null;
  readonly allow: readonly Prefix[];
  readonly minSessions: number;
  readonly roles: RolesConfig;
  readonly peers: readonly PeerConfig[];
}

/** What a check asks. `{vip}` stands for the VIP. */
export type CheckProbe =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly target: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] };

/** One health check. */
export interface CheckConfig {
  readonly name: string;
  readonly probe: CheckProbe;
  readonly intervalMs: number;
  /** While the last probe and the verdict disagree. */
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** How many checks must pass. */
export type RequireConfig = 'all' | 'any' | { readonly atLeast: number };

/** One service. */
export interface ServiceConfig {
  readonly name: ServiceName;
  readonly vips: readonly Vip[];
  /** 0: reactive. */
  readonly standbyDepth: number;
  readonly announcers: number;
  readonly priority: number;
  readonly settleMs: number;
  readonly releaseDelayMs: number;
  readonly coverTimeoutMs: number;
  readonly onUnhealthy: 'withdraw' | 'last-resort';
  /** Empty: spelled `checks: none`, always healthy. */
  readonly checks: readonly CheckConfig[];
  readonly require: RequireConfig;
}

/** The whole file. */
export interface Config {
  readonly agent: AgentName;
  readonly zookeeper: ZookeeperConfig;
  readonly coldStart: { readonly waitMs: number; readonly then: 'last-resort' | 'wait' };
  readonly stateFile: string;
  readonly adoptAfterMs: number;
  readonly shutdownMs: number;
  readonly bgp: BgpConfig;
  readonly services: readonly ServiceConfig[];
  readonly addresses: {
    readonly manage: boolean;
    readonly device: string;
    readonly leaseMs: number;
    /** How often the lease is renewed. */
    readonly renewMs: number;
  };
  readonly admin: { readonly listen: Endpoint };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
}

/** The part of the configuration that the decision needs. */
export function settingsOf(config: Config): Settings {
  const limits = config.bgp.peers.map(peer => peer.maxPrefixes ?? Number.POSITIVE_INFINITY);
  return {
    agent: config.agent,
    root: config.zookeeper.root,
    services: config.services.map(serviceSettingsOf),
    minSessions: config.bgp.minSessions,
    maxPrefixes: Math.min(...limits, Number.POSITIVE_INFINITY),
    allows: vip => config.bgp.allow.some(prefix => prefixContains(prefix, vip)),
    coldStart: config.coldStart,
    adoptAfterMs: config.adoptAfterMs,
    shutdownMs: config.shutdownMs,
  };
}

function serviceSettingsOf(service: ServiceConfig): ServiceSettings {
  const { checks: _checks, require: _require, ...settings } = service;
  return settings;
}

/**
 * The configuration as it may be shown to anybody. Secrets are not in it to begin with; where they are kept is hidden as
 * well, and so are the words of check commands and the query and user part of check URLs, which people put secrets into.
 */
export function redact(config: Config): unknown {
  const { auth, ...zookeeper } = config.zookeeper;
  return {
    ...config,
    zookeeper: { ...zookeeper, auth: auth === null ? null : { digest: '(hidden)' } },
    bgp: {
      ...config.bgp,
      allow: config.bgp.allow.map(prefix => prefix.text),
      peers: config.bgp.peers.map(peer => ({ ...peer, password: peer.password === null ? null : '(hidden)' })),
    },
    services: config.services.map(service => ({
      ...service,
      checks: service.checks.map(check => ({ ...check, probe: redactProbe(check.probe) })),
    })),
  };
}

function redactProbe(probe: CheckProbe): CheckProbe {
  switch (probe.kind) {
    case 'http':
      return { ...probe, url: probe.url.replace(/\/\/[^/@]*@/, '//(hidden)@').replace(/\?.*$/, '?(hidden)') };
    case 'tcp':
      return probe;
    case 'command':
      return { ...probe, argv: [...probe.argv.slice(0, 1), ...(probe.argv.length > 1 ? ['(hidden)'] : [])] };
  }
}
