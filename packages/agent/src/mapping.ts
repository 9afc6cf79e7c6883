// The border between the configuration's types and those of the packages below: each is a type of its own.
import type { PeerOptions, SpeakerOptions } from '@vipkeeper/bgp';
import { type Config, type ServiceConfig, STANDBY_RANKS, settingsOf } from '@vipkeeper/core';
import type { AclEntry, ZkOptions } from '@vipkeeper/zk';
import type { ServiceChecks } from './checks/board.ts';
import type { Secrets } from './configuration.ts';
import type { Log } from './log.ts';
import type { RoutePolicy } from './routes.ts';
import { DEFAULT_ROLES, type RoleSettings } from './spelling.ts';

/** How to reach ZooKeeper. */
export function zooKeeperOptions(config: Config, secrets: Secrets, log: Log): ZkOptions {
  const { servers, sessionTimeoutMs } = config.zookeeper;
  return {
    servers,
    sessionTimeoutMs,
    ...(secrets.tls === null ? {} : { tls: secrets.tls }),
    ...(secrets.digest === null ? {} : { auth: [{ scheme: 'digest', credentials: Buffer.from(secrets.digest) }] }),
    log: (level, message, fields) => log[level](fields, message),
  };
}

/** With credentials, what we create is ours to change and anybody's to read; without, it is open. */
export function accessOf(secrets: Secrets): readonly AclEntry[] | null {
  if (secrets.digest === null) return null;
  return [
    { scheme: 'auth', id: '', permissions: ['read', 'write', 'create', 'delete', 'admin'] },
    { scheme: 'world', id: 'anyone', permissions: ['read'] },
  ];
}

/** The BGP speaker. */
export function speakerOptions(config: Config, secrets: Secrets, log: Log): SpeakerOptions {
  const { localAs, routerId, listen } = config.bgp;
  return {
    localAs,
    routerId,
    ...(listen === null ? {} : { listen: { address: listen.host, port: listen.port } }),
    peers: peerOptions(config, secrets),
    log: (level, message, fields) => log[level](fields, message),
  };
}

/** Its peers. A next hop given as an address is what makes its family announceable over a session of the other family. */
export function peerOptions(config: Config, { passwords }: Pick<Secrets, 'passwords'>): readonly PeerOptions[] {
  return config.bgp.peers.map((peer, index) => ({
    address: peer.address,
    as: peer.as,
    port: peer.port,
    ...(peer.localAddress === null ? {} : { localAddress: peer.localAddress }),
    ...(peer.nextHop.ipv4 === 'self' ? {} : { localAddress4: peer.nextHop.ipv4 }),
    ...(peer.nextHop.ipv6 === 'self' ? {} : { localAddress6: peer.nextHop.ipv6 }),
    ...(peer.device === null ? {} : { device: peer.device }),
    ...(passwords[index] == null ? {} : { password: passwords[index] }),
    ttlSecurity: peer.ttlSecurity,
    passive: peer.passive,
    multihop: peer.multihop,
    holdTimeSeconds: peer.holdTimeMs / 1000,
    connectRetrySeconds: peer.connectRetryMs / 1000,
    families: peer.families,
    ...(peer.bfd === null ? {} : { bfd: peer.bfd }),
  }));
}

/** How the configured roles are spelled. */
export function rolesOf(config: Config): RoleSettings {
  return { ...config.bgp.roles, ranks: STANDBY_RANKS, fabricHops: DEFAULT_ROLES.fabricHops };
}

/** How routes are spelled. */
export function routePolicy(config: Config): RoutePolicy {
  return { peers: config.bgp.peers, roles: rolesOf(config), allows: settingsOf(config).allows };
}

/** What is checked. */
export function serviceChecks(services: readonly ServiceConfig[]): readonly ServiceChecks[] {
  return services.map(({ name, checks, require }) => ({
    service: name,
    checks: checks.map(({ name: check, probe, ...timing }) => ({ name: check, probe, timing })),
    require,
  }));
}
