// What the agent says of itself: one document, made when it is asked for, from which `/status`, `/metrics`, `/readyz` and
// the page are all drawn. Times inside are RFC 3339 or seconds; a reason is the same word as everywhere.
import type { PeerStatus } from '@vipkeeper/bgp';
import { type Decision, describe, type Health, type Reason, type Role, type View } from '@vipkeeper/core';
import type { CheckRow } from './checks/board.ts';

/** All that a status is made of. */
export interface StatusSources {
  readonly view: View;
  readonly decision: Decision;
  readonly peers: readonly PeerStatus[];
  /** Keys of the peers that have the current announcement of a VIP. */
  readonly outOn: (vip: string) => readonly string[];
  readonly checks: readonly CheckRow[];
  readonly config: ConfigStatus;
  /** Until when the session's own clock says that it is safe; the view's word may be older. */
  readonly leaseUntilMs: number;
  readonly nowMs: number;
}

/** How the configuration file stands. */
export interface ConfigStatus {
  readonly file: string;
  /** RFC 3339: when what is running was read. */
  readonly loadedAt: string;
  /** Why the last reload was refused, one sentence each; empty when what is running is what the file says. */
  readonly refused: readonly string[];
}

/** One VIP. */
export interface VipStatus {
  readonly vip: string;
  readonly reason: Reason;
  readonly because: string;
  readonly since: string;
  /** Wanted out. */
  readonly announced: boolean;
  readonly role: Role | null;
  readonly rank: number;
  /** Peers that have it, on Established sessions. */
  readonly outOn: readonly string[];
  readonly owner: string | null;
  readonly claimedBy: readonly string[];
  readonly health: Health;
  readonly healthDetail: string | null;
  /** Null where addresses are not managed. */
  readonly addressPresent: boolean | null;
  /** Seconds until time alone would change the answer. */
  readonly changesInSeconds: number | null;
}

/** One service. */
export interface ServiceStatus {
  readonly name: string;
  readonly maintenance: { readonly on: boolean; readonly by: string | null; readonly reason: string | null };
  readonly drains: readonly string[];
  readonly members: readonly string[];
  /** Every place of the tree is up to date. */
  readonly fresh: boolean;
  readonly lastRefusal: string | null;
  readonly vips: readonly VipStatus[];
}

/** The document of `/status`. */
export interface AgentStatus {
  readonly apiVersion: 'vipkeeper/v1';
  readonly kind: 'AgentStatus';
  readonly agent: string;
  readonly version: string;
  readonly life: string;
  readonly host: string;
  readonly pid: number;
  readonly at: string;
  readonly startedAt: string;
  readonly coordination: { readonly state: string; readonly sessionId: string | null; readonly leaseSeconds: number };
  readonly draining: boolean;
  readonly services: readonly ServiceStatus[];
  readonly peers: readonly PeerReport[];
  readonly checks: readonly CheckReport[];
  readonly config: ConfigStatus;
}

/** One peer: what the speaker says, with its time made readable. */
export type PeerReport = Omit<PeerStatus, 'sinceMs'> & { readonly since: string };

/** One check for one target. */
export interface CheckReport {
  readonly service: string;
  readonly check: string;
  readonly vip: string | null;
  readonly health: Health;
  readonly streak: number;
  readonly lastOutcome: string | null;
  readonly lastDetail: string | null;
}

/** The agent's status at this instant. */
export function statusOf(sources: StatusSources): AgentStatus {
  const { view, nowMs } = sources;
  const { coordination } = view;
  return {
    apiVersion: 'vipkeeper/v1',
    kind: 'AgentStatus',
    agent: view.settings.agent,
    version: view.process.version,
    life: view.life,
    host: view.process.host,
    pid: view.process.pid,
    at: timeText(view, nowMs),
    startedAt: timeText(view, view.startedAtMs),
    coordination: {
      state: coordination.kind,
      sessionId: coordination.kind === 'connected' ? coordination.sessionId : null,
      leaseSeconds: Math.max(0, sources.leaseUntilMs - nowMs) / 1000,
    },
    draining: view.shutdown !== null,
    services: view.settings.services.map(({ name }) => serviceStatus(sources, name)),
    peers: sources.peers.map(({ sinceMs, ...peer }) => ({ ...peer, since: timeText(view, sinceMs) })),
    checks: sources.checks.map(checkReport),
    config: sources.config,
  };
}

/** Whether the agent can do its work: it has a session, each own VIP has a health verdict, and a BGP session stands. */
export function unreadiness(status: AgentStatus): readonly string[] {
  const vips = status.services.flatMap(service => service.vips);
  return [
    ...(status.coordination.state === 'connected' ? [] : [`ZooKeeper session is ${status.coordination.state}`]),
    ...(vips.some(vip => vip.health !== 'unknown') ? [] : ['no health verdict yet']),
    ...(status.peers.some(peer => peer.state === 'Established') ? [] : ['no BGP session is Established']),
  ];
}

function serviceStatus(sources: StatusSources, name: string): ServiceStatus {
  const service = sources.view.services.get(name)!;
  const { maintenance } = service;
  const record = maintenance.on ? maintenance.record : null;
  return {
    name,
    maintenance: { on: maintenance.on, by: record?.by ?? null, reason: record?.reason ?? null },
    drains: [...service.drains].sort(),
    members: [...service.agents].sort(),
    fresh: Object.values(service.freshness).every(freshness => freshness === 'fresh'),
    lastRefusal: service.lastRefusal,
    vips: sources.decision.verdicts
      .filter(verdict => verdict.service === name)
      .map(verdict => vipStatus(sources, verdict)),
  };
}

function vipStatus(sources: StatusSources, verdict: Decision['verdicts'][number]): VipStatus {
  const { view, nowMs } = sources;
  const { service, vip, reason, announced, role, rank, owner, claimedBy } = verdict;
  const health = view.health.get(service)?.get(vip);
  return {
    vip,
    reason,
    because: describe(verdict),
    since: timeText(view, verdict.sinceMs),
    announced,
    role,
    rank,
    outOn: sources.outOn(vip),
    owner,
    claimedBy,
    health: health?.health ?? 'unknown',
    healthDetail: health?.detail ?? null,
    addressPresent: view.addresses === 'unmanaged' ? null : view.addresses.has(vip),
    changesInSeconds: verdict.untilMs === null ? null : Math.max(0, verdict.untilMs - nowMs) / 1000,
  };
}

function checkReport({ service, check, vip, verdict }: CheckRow): CheckReport {
  return {
    service,
    check,
    vip,
    health: verdict.health,
    streak: verdict.streak,
    lastOutcome: verdict.last?.outcome ?? null,
    lastDetail: verdict.last?.detail ?? null,
  };
}

function timeText(view: View, atMs: number): string {
  return new Date(view.startedAtWallMs + (atMs - view.startedAtMs)).toISOString();
}
