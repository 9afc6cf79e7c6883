// What the tree says of each VIP: who has it out, who wants it, who could have it. Pure. A claim and an agent's own report are
// two witnesses; the report knows more, the claim outlives a crash by a session timeout, and in maintenance it only means
// "would be out".
import type { AgentName, AgentRecord, Candidate, Health, Reason, Role, Vip, VipReport } from '@vipkeeper/core';
import { compareAddresses, isDrained, outranks } from '@vipkeeper/core';
import type { ServiceFleet } from './fleet.ts';

/** One agent as far as one VIP is concerned. */
export interface AgentOnVip {
  readonly agent: AgentName;
  readonly alive: boolean;
  readonly claimed: boolean;
  /** Its route is out or about to be. */
  readonly announced: boolean;
  /** Null when not announced, or not told. */
  readonly role: Role | null;
  readonly health: Health;
  readonly reason: Reason | null;
  /** RFC 3339; null when not told. */
  readonly since: string | null;
  readonly because: string | null;
  readonly able: boolean;
  readonly drained: boolean;
  readonly priority: number;
  readonly sessions: AgentRecord['sessions'] | null;
}

/** One VIP. */
export interface VipStatus {
  readonly vip: Vip;
  readonly owner: AgentName | null;
  readonly forgotten: boolean;
  readonly state: 'announced' | 'maintenance' | 'dark' | 'forgotten';
  /** Best first. */
  readonly announcedBy: readonly AgentOnVip[];
  /** Every agent that has to do with the service, by name. */
  readonly agents: readonly AgentOnVip[];
  /** Who would have it next, best first: agents that could serve it and do not announce it as the first. */
  readonly next: readonly AgentName[];
}

/** Every VIP of a service: those in the registry, and those that an agent reports. Sorted by address. */
export function vipStatuses(service: ServiceFleet): readonly VipStatus[] {
  const reported = service.agents.flatMap(({ record }) => record?.vips.map(report => report.vip) ?? []);
  const claimed = service.claims.map(claim => claim.vip);
  const vips = new Set([...service.registry.map(entry => entry.vip), ...reported, ...claimed]);
  return [...vips].sort(compareAddresses).map(vip => vipStatus(service, vip));
}

/** One VIP of a service. */
export function vipStatus(service: ServiceFleet, vip: Vip): VipStatus {
  const record = service.registry.find(entry => entry.vip === vip)?.record ?? null;
  const owner = record?.owner ?? null;
  const agents = agentNames(service).map(agent => agentOnVip(service, vip, agent));
  const announcedBy = agents.filter(agent => agent.announced).sort((a, b) => byRole(a, b) || byOrder(vip, owner, a, b));
  const forgotten = record?.forgotten === true;
  return {
    vip,
    owner,
    forgotten,
    state: announcedBy.length > 0 ? 'announced' : stateOf(service, forgotten),
    announcedBy,
    agents,
    next: nextOf(vip, owner, agents, announcedBy[0]?.agent),
  };
}

function stateOf(service: ServiceFleet, forgotten: boolean): VipStatus['state'] {
  if (service.maintenance !== null) return 'maintenance';
  return forgotten ? 'forgotten' : 'dark';
}

/** Every agent that lives, claims, is able or owns something, sorted. */
export function agentNames(service: ServiceFleet): readonly AgentName[] {
  const owners = service.registry.flatMap(({ record }) => record?.owner ?? []);
  const names = [...service.agents, ...service.claims, ...service.able].map(({ agent }) => agent);
  return [...new Set([...names, ...owners])].sort();
}

function agentOnVip(service: ServiceFleet, vip: Vip, agent: AgentName): AgentOnVip {
  const live = service.agents.find(it => it.agent === agent);
  const report = live?.record?.vips.find(it => it.vip === vip) ?? null;
  const able = service.able.find(it => it.agent === agent && it.record?.vips.includes(vip) === true);
  const claimed = service.claims.some(claim => claim.vip === vip && claim.agent === agent);
  return {
    agent,
    alive: live !== undefined,
    claimed,
    announced: isAnnounced(live?.record ?? null, report, claimed),
    role: report?.role ?? null,
    health: report?.health ?? 'unknown',
    reason: report?.reason ?? null,
    since: report?.since ?? null,
    because: report?.because ?? null,
    able: able !== undefined,
    drained: isDrained(
      service.drains.map(drain => drain.name),
      agent,
      vip,
    ),
    priority: able?.record?.priority ?? live?.record?.priority ?? 0,
    sessions: live?.record?.sessions ?? null,
  };
}

/** The report if there is one; else the claim, unless the agent is silent for maintenance. */
function isAnnounced(record: AgentRecord | null, report: VipReport | null, claimed: boolean): boolean {
  if (report !== null) return report.role !== null;
  return claimed && (record === null || record.maintenance === null);
}

const ROLE_ORDER: readonly (Role | null)[] = ['authority', 'standby', null, 'draining', 'last-resort'];

function byRole(a: AgentOnVip, b: AgentOnVip): number {
  return ROLE_ORDER.indexOf(a.role) - ROLE_ORDER.indexOf(b.role);
}

function candidate(owner: AgentName | null, { agent, priority }: AgentOnVip): Candidate {
  return { agent, owner: agent === owner, priority };
}

function byOrder(vip: Vip, owner: AgentName | null, a: AgentOnVip, b: AgentOnVip): number {
  return outranks(vip, candidate(owner, a), candidate(owner, b)) ? -1 : 1;
}

function nextOf(
  vip: Vip,
  owner: AgentName | null,
  agents: readonly AgentOnVip[],
  first: AgentName | undefined,
): readonly AgentName[] {
  const could = agents.filter(agent => agent.agent !== first && (agent.able || agent.claimed) && !agent.drained);
  // A route that is out already needs no time to start, whatever its priority.
  return could
    .sort((a, b) => Number(b.claimed) - Number(a.claimed) || byOrder(vip, owner, a, b))
    .map(agent => agent.agent);
}
