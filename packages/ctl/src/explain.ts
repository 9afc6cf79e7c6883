// `vipctl explain VIP`: why it is (not) announced, by whom, who is next; in the agents' own sentences.
import type { Vip } from '@vipkeeper/core';
import { decodeVip, paths } from '@vipkeeper/core';
import { type Context, fleetOf, vipsOfText } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { Fleet } from './fleet.ts';
import { show } from './output.ts';
import { type ServiceStatus, serviceStatus } from './status-model.ts';
import { maintenanceText } from './status-table.ts';
import { agoText, cell, listed, table } from './text.ts';
import type { AgentOnVip, VipStatus } from './vip-status.ts';

/** One VIP explained. */
export interface Explanation {
  readonly service: string;
  readonly vip: VipStatus;
  /** The answer in one sentence. */
  readonly summary: string;
  /** What would happen if the first announcer died. */
  readonly next: string;
  readonly maintenance: ServiceStatus['maintenance'];
}

/** Explains a VIP, or all addresses of a name that are VIPs. */
export async function explain(context: Context, text: string): Promise<ExitCode> {
  const vips = await vipsOfText(context.io, text);
  const fleet = await fleetOf(context);
  const found = vips.flatMap(vip => explanationsOf(fleet, vip));
  if (found.length === 0) throw await unknownVip(context, text, vips[0]!);
  const { io, format } = context;
  await show(io, format, 'Explanation', { explanations: found }, ({ colour }) =>
    found.map(one => render(one, io.now(), colour)).join('\n'),
  );
  return EXIT.done;
}

async function unknownVip({ session, root }: Context, text: string, vip: Vip): Promise<CtlError> {
  const node = await session.get(paths(root).vip(vip));
  const record = node === null ? null : decodeVip(new TextDecoder().decode(node.data));
  const where =
    record?.kind === 'ok' ? `; it is booked for service ${record.record.service}, but was never announced` : '';
  return new CtlError(EXIT.notFound, `No service has the VIP ${text}${where}`, '`vipctl vip list` shows all');
}

/** The explanations of one VIP: one per service that knows it. Pure. */
export function explanationsOf(fleet: Fleet, vip: Vip): readonly Explanation[] {
  return fleet.services.flatMap(service => {
    const status = serviceStatus(service);
    const found = status.vips.find(it => it.vip === vip);
    if (found === undefined) return [];
    return [
      {
        service: service.name,
        vip: found,
        summary: summaryOf(service.name, found),
        next: nextText(found),
        maintenance: status.maintenance,
      },
    ];
  });
}

function summaryOf(service: string, { vip, state, announcedBy }: VipStatus): string {
  switch (state) {
    case 'announced':
      return `${vip} of service ${service} is announced by ${listed(announcedBy.map(announcer))}`;
    case 'maintenance':
      return `${vip} of service ${service} is announced by nobody: the service is in maintenance`;
    case 'forgotten':
      return `${vip} of service ${service} is announced by nobody: it was forgotten on purpose`;
    case 'dark':
      return `${vip} of service ${service} is announced by NOBODY`;
  }
}

function announcer({ agent, role, claimed }: AgentOnVip): string {
  return `${agent} (${role ?? 'role not told'}${claimed ? '' : ', not settled yet'})`;
}

function nextText({ announcedBy, next, state, agents }: VipStatus): string {
  if (state === 'forgotten') return 'Nobody covers it any more.';
  const first = announcedBy[0];
  const chain = next.map(name => {
    const agent = agents.find(it => it.agent === name);
    return agent?.claimed === true && agent.announced ? `${name} (its route is out already)` : name;
  });
  if (first === undefined) return chain.length === 0 ? 'No agent could announce it.' : `Able: ${listed(next)}.`;
  if (chain.length === 0) return `If ${first.agent} fails, nobody can take over.`;
  return `If ${first.agent} fails: ${chain.join(', then ')}.`;
}

function render({ vip, summary, next, maintenance }: Explanation, nowMs: number, colour: boolean): string {
  const owner = vip.agents.find(({ agent }) => agent === vip.owner);
  const ownerText =
    vip.owner === null ? 'nobody' : `${vip.owner}${owner?.alive === false ? ', which has no live agent' : ''}`;
  const rows = vip.agents.map(agent => [
    cell(agent.agent, agent.alive ? 'plain' : 'odd'),
    cell(announcesText(agent)),
    cell(agent.health),
    cell(agent.reason ?? ''),
    cell(agent.since === null ? '' : agoText(agent.since, nowMs)),
    cell(agent.because ?? (agent.alive ? 'it does not say' : 'no live agent of this name')),
  ]);
  const lines = [
    `${summary}.`,
    `Owner: ${ownerText}.`,
    ...(maintenance === null ? [] : [`Maintenance: ${maintenanceText(maintenance, nowMs)}.`]),
    next,
  ];
  return `${lines.join('\n')}\n\n${table(['AGENT', 'ANNOUNCES', 'HEALTH', 'REASON', 'SINCE', 'BECAUSE'], rows, colour)}`;
}

function announcesText({ announced, role, claimed }: AgentOnVip): string {
  if (!announced) return claimed ? 'no, ready' : 'no';
  return `${role ?? 'yes'}${claimed ? '' : ', settling'}`;
}
