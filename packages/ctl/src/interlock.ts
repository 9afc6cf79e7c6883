// Would a drain leave a VIP without anybody who could announce it? Pure: the service as read, the drains that are asked for.
import type { AgentName, Drain, Vip } from '@vipkeeper/core';
import { drainName, isDrained } from '@vipkeeper/core';
import type { ServiceFleet } from './fleet.ts';
import { type AgentOnVip, vipStatuses } from './vip-status.ts';

/** What a drain would mean for one VIP. */
export interface DrainVerdict {
  readonly vip: Vip;
  /** Who gives it up. */
  readonly from: readonly AgentName[];
  /** Who could announce it then; empty: refused. */
  readonly to: readonly AgentName[];
}

/** The VIPs that would be given up, and who could have them. VIPs that these agents have nothing to do with are left out. */
export function drainVerdicts(service: ServiceFleet, drains: readonly Drain[]): readonly DrainVerdict[] {
  const names = drains.map(drainName);
  const all = [...service.drains.map(({ name }) => name), ...names];
  return vipStatuses(service).flatMap(({ vip, agents, forgotten }) => {
    const holds = (agent: AgentOnVip) => agent.announced || agent.claimed;
    const from = agents.filter(agent => holds(agent) && isDrained(names, agent.agent, vip)).map(({ agent }) => agent);
    const to = agents
      .filter(agent => agent.alive && agent.able && !isDrained(all, agent.agent, vip))
      .map(({ agent }) => agent);
    return forgotten || from.length === 0 ? [] : [{ vip, from, to }];
  });
}

/** The VIPs that nobody could announce any more. */
export function uncovered(verdicts: readonly DrainVerdict[]): readonly Vip[] {
  return verdicts.filter(({ to }) => to.length === 0).map(({ vip }) => vip);
}
