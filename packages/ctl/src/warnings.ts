// What an operator should know before being asked: the footer of `status`, and whether a service counts as degraded. Pure.
import type { Reason, Vip } from '@vipkeeper/core';
import type { ServiceFleet } from './fleet.ts';
import { listed } from './text.ts';
import type { AgentOnVip, VipStatus } from './vip-status.ts';

/** One line of the footer. `degraded`: less than what was configured; `note`: worth knowing. */
export interface Warning {
  readonly level: 'degraded' | 'note';
  readonly text: string;
}

const degraded = (text: string): Warning => ({ level: 'degraded', text });
const note = (text: string): Warning => ({ level: 'note', text });

/** All warnings of a service, each once. */
export function warningsOf(service: ServiceFleet, vips: readonly VipStatus[]): readonly Warning[] {
  const all = [
    ...vips.flatMap(vip => vipWarnings(service, vip)),
    ...vips.flatMap(vip => vip.agents.flatMap(agent => agentWarnings(vip, agent))),
    ...absentOwners(vips),
    ...sessionWarnings(service),
    ...unacted(service),
    ...service.unreadable.map(degraded),
  ];
  return [...new Map(all.map(warning => [warning.text, warning])).values()];
}

function vipWarnings(service: ServiceFleet, status: VipStatus): readonly Warning[] {
  const { vip, owner, announcedBy, next, state } = status;
  if (state === 'forgotten' || state === 'maintenance') return [];
  if (state === 'dark') return [degraded(`${vip} is announced by nobody${whyDark(status)}`)];
  const authorities = announcedBy.filter(({ role }) => role === 'authority').map(({ agent }) => agent);
  const only = announcedBy[0];
  return [
    ...(authorities.length > 1 ? [degraded(`${vip} is announced as authority by ${listed(authorities)}`)] : []),
    ...(announcedBy.length === 1 && next.length === 0 && only !== undefined && service.maintenance === null
      ? [degraded(`nobody but ${only.agent} can announce ${vip}`)]
      : []),
    ...(owner === null && isRead(service, vip)
      ? [note(`${vip} is in nobody's configuration any more; it is still covered`)]
      : []),
  ];
}

/** Whose VIP it is cannot be told from a record that cannot be read. */
function isRead({ registry }: ServiceFleet, vip: Vip): boolean {
  return registry.find(entry => entry.vip === vip)?.record !== null;
}

function whyDark({ owner, agents }: VipStatus): string {
  const witness =
    agents.find(agent => agent.agent === owner && agent.because !== null) ?? agents.find(it => it.because !== null);
  return witness === undefined ? '' : ` (${witness.agent}: ${witness.because})`;
}

/** Reasons that mean something is not as it was configured. */
const ODD: ReadonlySet<Reason> = new Set([
  'waiting-for-cover',
  'holding',
  'last-resort',
  'cold-start',
  'unhealthy',
  'no-address',
  'no-session',
  'prefix-limit',
  'not-allowed',
  'conflict',
  'name-in-use',
  'foreign-service',
]);

function agentWarnings({ state }: VipStatus, { agent, reason, because }: AgentOnVip): readonly Warning[] {
  if (reason === null || because === null || !ODD.has(reason) || state === 'forgotten') return [];
  return [degraded(`${agent}: ${because}`)];
}

function absentOwners(vips: readonly VipStatus[]): readonly Warning[] {
  const absent = vips.filter(
    ({ owner, agents, forgotten }) => !forgotten && agents.some(({ agent, alive }) => agent === owner && !alive),
  );
  const owners = [...new Set(absent.flatMap(({ owner }) => owner ?? []))].sort();
  return owners.map(owner => {
    const owned = absent.filter(vip => vip.owner === owner).map(({ vip }) => vip);
    return degraded(`${owner}, owner of ${listed(owned)}, has no live agent`);
  });
}

function sessionWarnings({ agents }: ServiceFleet): readonly Warning[] {
  return agents.flatMap(({ agent, record }) => {
    if (record === null || record.sessions.established >= record.sessions.configured) return [];
    const { established, configured } = record.sessions;
    return [degraded(`${agent} has ${established} of ${configured} BGP sessions Established`)];
  });
}

/** Live agents that have not acted on the maintenance flag as it is now. */
export function notActed({ agents, maintenance }: ServiceFleet): readonly string[] {
  const wanted = maintenance?.czxid ?? null;
  return agents.filter(({ record }) => record === null || record.maintenance !== wanted).map(({ agent }) => agent);
}

function unacted(service: ServiceFleet): readonly Warning[] {
  const late = notActed(service).filter(agent => service.agents.some(it => it.agent === agent && it.record !== null));
  const what = service.maintenance === null ? 'the end of maintenance' : 'maintenance';
  return late.map(agent => degraded(`${agent} has not acted on ${what} yet`));
}
