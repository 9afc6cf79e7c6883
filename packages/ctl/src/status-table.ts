// `status` for people: one row per VIP (wide: one per VIP and agent), and below it what gates and what is wrong. A VIP that was
// forgotten on purpose, and is out nowhere, is shown in wide only.
import type { MaintenanceStatus, ServiceStatus } from './status-model.ts';
import { agoText, type Cell, cell, durationText, paint, type Tone, table } from './text.ts';
import type { AgentOnVip, VipStatus } from './vip-status.ts';

/** How to render. */
export interface TableOptions {
  readonly wide: boolean;
  readonly colour: boolean;
  /** Wall clock, Unix ms. */
  readonly nowMs: number;
}

const HEADINGS = ['SERVICE', 'VIP', 'OWNER', 'ANNOUNCED BY', 'ROLE', 'HEALTH', 'BGP', 'SINCE', 'REASON'];
const WIDE_HEADINGS = [
  'SERVICE',
  'VIP',
  'OWNER',
  'AGENT',
  'CLAIM',
  'ROLE',
  'HEALTH',
  'BGP',
  'SINCE',
  'REASON',
  'BECAUSE',
];

/** The table and its footer. */
export function renderStatus(services: readonly ServiceStatus[], options: TableOptions): string {
  const rows = services.flatMap(service =>
    service.vips.flatMap(vip => {
      if (options.wide) return wideRows(service, vip, options);
      return vip.state === 'forgotten' ? [] : [row(service, vip, options)];
    }),
  );
  const body = rows.length === 0 ? 'No VIPs.\n' : table(options.wide ? WIDE_HEADINGS : HEADINGS, rows, options.colour);
  const footer = services.flatMap(service => footerOf(service, options));
  return footer.length === 0 ? body : `${body}\n${footer.map(line => `${line}\n`).join('')}`;
}

function row(service: ServiceStatus, status: VipStatus, options: TableOptions): readonly Cell[] {
  const owner = status.agents.find(({ agent }) => agent === status.owner);
  const shown = status.announcedBy[0] ?? owner;
  return [
    cell(service.service),
    cell(status.vip),
    cell(status.owner ?? '', owner?.alive === false ? 'odd' : 'plain'),
    announcers(status),
    cell(status.announcedBy.length === 0 ? '' : (shown?.role ?? ''), toneOf(shown?.role ?? null)),
    ...tail(status, shown, options),
  ];
}

function announcers({ announcedBy, state, owner }: VipStatus): Cell {
  if (state !== 'announced')
    return cell(state === 'dark' ? 'NOBODY' : `nobody (${state})`, state === 'dark' ? 'bad' : 'odd');
  const names = announcedBy.map(({ agent }) => agent).join(', ');
  return cell(names, announcedBy[0]?.agent === owner ? 'good' : 'odd');
}

function tail(status: VipStatus, agent: AgentOnVip | undefined, { nowMs }: TableOptions): readonly Cell[] {
  const { established, configured } = agent?.sessions ?? { established: 0, configured: 0 };
  const health = agent !== undefined && agent.reason !== null ? agent.health : '';
  return [
    cell(health, health === 'failing' ? 'bad' : 'plain'),
    cell(configured === 0 ? '' : `${established}/${configured}`, established < configured ? 'odd' : 'plain'),
    cell(agent?.since == null ? '' : agoText(agent.since, nowMs)),
    cell(
      agent?.reason ?? (agent === undefined || agent.alive ? '' : 'no-agent'),
      status.state === 'dark' ? 'bad' : 'plain',
    ),
  ];
}

function toneOf(role: AgentOnVip['role']): Tone {
  return role === null || role === 'authority' ? 'plain' : 'odd';
}

function wideRows(service: ServiceStatus, status: VipStatus, options: TableOptions): readonly (readonly Cell[])[] {
  return status.agents.map(agent => [
    cell(service.service),
    cell(status.vip),
    cell(status.owner ?? ''),
    cell(agent.agent, agent.alive ? 'plain' : 'odd'),
    cell(agent.claimed ? 'yes' : 'no'),
    cell(agent.role ?? '', toneOf(agent.role)),
    ...tail(status, agent, options),
    cell(agent.because ?? (agent.alive ? '' : 'no live agent')),
  ]);
}

function footerOf(service: ServiceStatus, { nowMs, colour }: TableOptions): readonly string[] {
  const { maintenance, drains, warnings, service: name } = service;
  return [
    ...(maintenance === null
      ? []
      : [paint(`maintenance  ${name}: ${maintenanceText(maintenance, nowMs)}`, 'odd', colour)]),
    ...drains.map(drain => paint(`drain        ${name}: ${drain.name}, ${sinceText(drain, nowMs)}`, 'odd', colour)),
    ...warnings.map(({ level, text }) =>
      paint(
        `${level === 'note' ? 'note   ' : 'warning'}      ${name}: ${text}`,
        level === 'note' ? 'plain' : 'bad',
        colour,
      ),
    ),
  ];
}

/** `on for 5m by ops@bastion: kernel; ends by itself in 1h55m`. */
export function maintenanceText(status: MaintenanceStatus, nowMs: number): string {
  const left = status.until === null ? null : Date.parse(status.until) - nowMs;
  const end = left === null ? '' : left > 0 ? `; ends by itself in ${durationText(left)}` : '; due to end';
  return `on ${sinceText(status, nowMs)}${end}`;
}

function sinceText(
  { since, by, reason }: { readonly since: string; readonly by: string | null; readonly reason: string | null },
  nowMs: number,
): string {
  return `for ${agoText(since, nowMs)}${by === null ? '' : ` by ${by}`}${reason === null ? '' : `: ${reason}`}`;
}
