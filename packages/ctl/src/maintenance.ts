// `vipctl maintenance on|off|show SERVICE`. The flag is a znode that exists; agents say which flag (its czxid) they have acted on.
// An owner without a live agent cannot say anything: it may be cut off ZooKeeper and still announce, so we say so.
import type { ServiceName } from '@vipkeeper/core';
import { encodeMaintenance, paths } from '@vipkeeper/core';
import { ZkError } from '@vipkeeper/zk';
import { bytesOf, type Context, confirm, instantOf, lookUntil, serviceOf, type Waiting } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { ServiceFleet } from './fleet.ts';
import { show } from './output.ts';
import { type MaintenanceStatus, maintenanceStatus } from './status-model.ts';
import { maintenanceText } from './status-table.ts';
import { type Cell, cell, counted, durationText, listed, table } from './text.ts';
import { agentNames, vipStatuses } from './vip-status.ts';
import { notActed } from './warnings.ts';

/** Options of `maintenance on`. */
export interface OnOptions extends Waiting {
  readonly reason: string | null;
  readonly forSeconds: number | null;
}

/** How far an agent is. */
export interface Acted {
  readonly agent: string;
  readonly state: 'acted' | 'not-yet' | 'unreachable';
  /** VIPs it has out by its own account; null when it cannot say. */
  readonly announces: number | null;
}

/** The flag of a service and who has acted on it. Pure. */
export interface MaintenanceReport {
  readonly service: ServiceName;
  readonly on: boolean;
  readonly maintenance: MaintenanceStatus | null;
  readonly agents: readonly Acted[];
  /** Every live agent has acted, and no owner is out of reach. */
  readonly confirmed: boolean;
}

/** Who has acted on the flag as it is. */
export function maintenanceReport(service: ServiceFleet): MaintenanceReport {
  const late = notActed(service);
  const agents = agentNames(service).map(agent => actedOf(service, agent, late));
  const on = service.maintenance !== null;
  return {
    service: service.name,
    on,
    maintenance: service.maintenance === null ? null : maintenanceStatus(service.maintenance),
    agents,
    confirmed: agents.every(({ state }) => state === 'acted' || (!on && state === 'unreachable')),
  };
}

function actedOf(service: ServiceFleet, agent: string, late: readonly string[]): Acted {
  const live = service.agents.find(it => it.agent === agent);
  if (live === undefined) return { agent, state: 'unreachable', announces: null };
  const announces = live.record === null ? null : live.record.vips.filter(({ role }) => role !== null).length;
  return { agent, state: late.includes(agent) ? 'not-yet' : 'acted', announces };
}

/** `maintenance show`. */
export async function maintenanceShow(context: Context, name: ServiceName): Promise<ExitCode> {
  await print(context, maintenanceReport(await serviceOf(context, name)));
  return EXIT.done;
}

/** `maintenance on`: nobody announces any VIP of the service. */
export async function maintenanceOn(context: Context, name: ServiceName, options: OnOptions): Promise<ExitCode> {
  const { io, session, root } = context;
  const service = await serviceOf(context, name);
  const path = paths(root).service(name).maintenance;
  const flag = service.maintenance;
  const changes = options.reason !== null || options.forSeconds !== null;
  if (flag !== null && !changes) io.err(`Maintenance of ${name} is on already.\n`);
  if (flag !== null && !changes) return settle(context, name, options);
  sayOn(context, service, options);
  await confirm(
    context,
    flag === null ? 'All its VIPs leave the network.' : 'Change reason and time limit?',
    flag === null ? name : null,
  );
  const data = bytesOf(
    encodeMaintenance({ by: io.person, reason: options.reason, at: instantOf(io), forSeconds: options.forSeconds }),
  );
  if (flag === null)
    await meanwhile(
      session.create(path, data, context.access),
      `Somebody else turned maintenance of ${name} on meanwhile`,
    );
  else await meanwhile(session.set(path, data, flag.version), `Somebody else changed maintenance of ${name} meanwhile`);
  return settle(context, name, options);
}

function sayOn({ io }: Context, service: ServiceFleet, { forSeconds }: OnOptions): void {
  const vips = vipStatuses(service);
  const out = vips.filter(({ state }) => state === 'announced');
  const absent = maintenanceReport(service).agents.filter(({ state }) => state === 'unreachable');
  io.err(
    `Now: ${service.name} has ${counted(vips.length, 'VIP')}, ${out.length} announced, by ${counted(service.agents.length, 'live agent')}.\n`,
  );
  io.err(
    `Then: ${out.length === 0 ? 'nothing changes' : `${listed(out.map(({ vip }) => vip))} announced by nobody`}, ${forSeconds === null ? 'until `vipctl maintenance off`' : `for ${durationText(forSeconds * 1000)}`}.\n`,
  );
  for (const { agent } of absent) io.err(`Beware: ${agent} has no live agent and may still announce.\n`);
}

/** `maintenance off`: owners are back at once. */
export async function maintenanceOff(context: Context, name: ServiceName, waiting: Waiting): Promise<ExitCode> {
  const { io, session, root } = context;
  const service = await serviceOf(context, name);
  const flag = service.maintenance;
  if (flag === null) io.err(`Maintenance of ${name} is off already.\n`);
  if (flag === null) return settle(context, name, waiting);
  io.err(`Now: maintenance of ${name} is ${maintenanceText(maintenanceStatus(flag), io.now())}.\n`);
  io.err(`Then: ${counted(service.agents.length, 'live agent')} announce again.\n`);
  await confirm(context, `Turn maintenance of ${name} off?`);
  await meanwhile(
    session.delete(paths(root).service(name).maintenance, flag.version),
    `Somebody else changed maintenance of ${name} meanwhile`,
  );
  return settle(context, name, waiting);
}

async function meanwhile<T>(change: Promise<T>, message: string): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const codes = ['node-exists', 'bad-version', 'no-node'];
    if (!(error instanceof ZkError) || !codes.includes(error.code)) throw error;
    throw new CtlError(EXIT.changed, message, 'look with `vipctl maintenance show`', { cause: error });
  }
}

/** Waits until the agents have acted, and says how far each is. */
async function settle(context: Context, name: ServiceName, { wait, timeoutMs }: Waiting): Promise<ExitCode> {
  const { io } = context;
  const look = async () => maintenanceReport(await serviceOf(context, name));
  const everybodyReachable = ({ agents }: MaintenanceReport) => agents.every(({ state }) => state !== 'not-yet');
  if (wait) io.err('Waiting for the agents to act…\n');
  const { seen } = await lookUntil(context, wait ? timeoutMs : 0, look, everybodyReachable);
  await print(context, seen);
  if (seen.confirmed || !wait) return EXIT.done;
  const open = seen.agents.filter(({ state }) => state !== 'acted').map(({ agent }) => agent);
  io.err(`Accepted, but not confirmed by ${listed(open)}.\n`);
  return EXIT.unconfirmed;
}

async function print({ io, format }: Context, report: MaintenanceReport): Promise<void> {
  await show(io, format, 'Maintenance', report, ({ colour }) => {
    const { service, maintenance, agents } = report;
    const state = maintenance === null ? 'off' : maintenanceText(maintenance, io.now());
    const rows = agents.map(agent => [
      cell(agent.agent),
      actedCell(report, agent),
      cell(agent.announces === null ? '' : String(agent.announces)),
    ]);
    return `Maintenance of ${service}: ${state}.\n\n${table(['AGENT', 'MAINTENANCE', 'ANNOUNCES'], rows, colour)}`;
  });
}

function actedCell({ on }: MaintenanceReport, { state }: Acted): Cell {
  switch (state) {
    case 'acted':
      return cell(on ? 'acted' : 'off', 'good');
    case 'not-yet':
      return cell('not yet', 'odd');
    case 'unreachable':
      return cell(on ? 'unreachable, may still announce' : 'no live agent', 'bad');
  }
}
