// The fleet as `status` tells it: one value for the table and for JSON.
import type { AgentName, ServiceName } from '@vipkeeper/core';
import type { Drained, Flag, Fleet, ServiceFleet } from './fleet.ts';
import { agentNames, type VipStatus, vipStatuses } from './vip-status.ts';
import { type Warning, warningsOf } from './warnings.ts';

/** The flag as people read it. */
export interface MaintenanceStatus {
  readonly by: string | null;
  readonly reason: string | null;
  /** RFC 3339. */
  readonly since: string;
  /** When it is meant to end by itself: earliest, for each agent counts from when it saw the flag. */
  readonly until: string | null;
  readonly czxid: string;
}

/** A drain as people read it. */
export interface DrainStatus {
  readonly name: string;
  readonly by: string | null;
  readonly reason: string | null;
  readonly since: string;
}

/** An agent as people read it. */
export interface AgentStatus {
  readonly agent: AgentName;
  readonly alive: boolean;
  readonly host: string | null;
  readonly version: string | null;
  readonly since: string | null;
  readonly sessions: { readonly established: number; readonly configured: number } | null;
  readonly draining: boolean;
  /** The czxid of the maintenance flag it has acted on. */
  readonly maintenance: string | null;
}

/** One service. */
export interface ServiceStatus {
  readonly service: ServiceName;
  readonly maintenance: MaintenanceStatus | null;
  readonly drains: readonly DrainStatus[];
  readonly agents: readonly AgentStatus[];
  readonly vips: readonly VipStatus[];
  readonly warnings: readonly Warning[];
  readonly degraded: boolean;
}

const instant = (ms: number): string => new Date(ms).toISOString();

/** The status of every service of the fleet. */
export function statusOf(fleet: Fleet): readonly ServiceStatus[] {
  return fleet.services.map(serviceStatus);
}

/** The status of one service. */
export function serviceStatus(service: ServiceFleet): ServiceStatus {
  const vips = vipStatuses(service);
  const warnings = warningsOf(service, vips);
  return {
    service: service.name,
    maintenance: service.maintenance === null ? null : maintenanceStatus(service.maintenance),
    drains: service.drains.map(drainStatus),
    agents: agentNames(service).map(agent => agentStatus(service, agent)),
    vips,
    warnings,
    degraded: service.maintenance !== null || warnings.some(({ level }) => level === 'degraded'),
  };
}

/** The flag for people. */
export function maintenanceStatus({ record, sinceMs, czxid }: Flag): MaintenanceStatus {
  const forSeconds = record?.forSeconds ?? null;
  return {
    by: record?.by ?? null,
    reason: record?.reason ?? null,
    since: instant(sinceMs),
    until: forSeconds === null ? null : instant(sinceMs + forSeconds * 1000),
    czxid,
  };
}

function drainStatus({ name, record, sinceMs }: Drained): DrainStatus {
  return { name, by: record?.by ?? null, reason: record?.reason ?? null, since: instant(sinceMs) };
}

function agentStatus(service: ServiceFleet, agent: AgentName): AgentStatus {
  const live = service.agents.find(it => it.agent === agent);
  const record = live?.record ?? null;
  return {
    agent,
    alive: live !== undefined,
    host: record?.process.host ?? null,
    version: record?.process.version ?? null,
    since: live === undefined ? null : instant(live.sinceMs),
    sessions: record?.sessions ?? null,
    draining: record?.draining ?? false,
    maintenance: record?.maintenance ?? null,
  };
}
