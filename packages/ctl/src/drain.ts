// `vipctl drain|undrain AGENT` and `--vip VIP`: an agent hands over on purpose. The wish is a znode; agents withdraw when a
// better claim stands. Two operators who each drain one of the last two agents meet on the version of the drain folder: the
// second one's transaction fails, its interlock looks again, and refuses.
import type { AgentName, Drain, ServiceName, Vip } from '@vipkeeper/core';
import { didYouMean, drainName, encodeDrain, paths } from '@vipkeeper/core';
import type { MultiOp } from '@vipkeeper/zk';
import { ZkError } from '@vipkeeper/zk';
import { bytesOf, type Context, confirm, fleetOf, instantOf, lookUntil, vipsOfText, type Waiting } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { Fleet, ServiceFleet } from './fleet.ts';
import { type DrainVerdict, drainVerdicts, uncovered } from './interlock.ts';
import { show } from './output.ts';
import { cell, listed, table } from './text.ts';
import { agentNames, vipStatus, vipStatuses } from './vip-status.ts';

/** What is to be drained or undrained. */
export interface DrainTarget {
  readonly agent: AgentName | undefined;
  /** A VIP or a DNS name. */
  readonly vip: string | undefined;
  /** With a VIP: by all agents. */
  readonly everywhere: boolean;
}

/** Options of `drain`. */
export interface DrainOptions extends Waiting {
  readonly reason: string | null;
  readonly force: boolean;
}

/** The drains of one service. */
interface Plan {
  readonly service: ServiceFleet;
  readonly drains: readonly Drain[];
}

const MOST_TRIES = 5;

/** `drain`. */
export async function drain(context: Context, target: DrainTarget, options: DrainOptions): Promise<ExitCode> {
  const { io } = context;
  const vips = await vipsOf(context, target);
  let plans = plansOf(await fleetOf(context), target, vips);
  sayPlans(context, plans);
  refuseUncovered(plans, options);
  const dark = plans.some(plan => uncovered(drainVerdicts(plan.service, plan.drains)).length > 0);
  if (plans.every(isInForce)) io.err('It is drained already.\n');
  else await confirm(context, 'Drain?', dark ? plans[0]!.service.name : null);
  for (let tries = 1; !(await written(context, plans, options)); tries += 1) {
    if (tries === MOST_TRIES)
      throw new CtlError(
        EXIT.changed,
        'The drains were changed by somebody else again and again',
        'look with `vipctl status`',
      );
    plans = plansOf(await fleetOf(context), target, vips);
    refuseUncovered(plans, options);
  }
  return settle(context, target, vips, options, 'drain');
}

/** `undrain`. */
export async function undrain(context: Context, target: DrainTarget, waiting: Waiting): Promise<ExitCode> {
  const { io, session, root } = context;
  const vips = await vipsOf(context, target);
  const fleet = await fleetOf(context);
  const found = fleet.services.flatMap(service =>
    service.drains
      .filter(({ drain }) => isMeant(drain, target, vips))
      .map(drain => ({ service: service.name, ...drain })),
  );
  if (found.length === 0) plansOf(fleet, target, vips);
  if (found.length === 0) io.err('It is not drained.\n');
  else io.err(`Then: the drain of ${listed(found.map(({ name, service }) => `${name} (${service})`))} ends.\n`);
  if (found.length > 0) await confirm(context, 'Undrain?');
  for (const { service, name, version } of found) {
    await gone(session.delete(`${paths(root).service(service).place('drain')}/${name}`, version));
  }
  return settle(context, target, vips, waiting, 'undrain');
}

/** Deleting what somebody else has deleted is done as well. */
async function gone(deletion: Promise<void>): Promise<void> {
  await deletion.catch(error => {
    if (!(error instanceof ZkError) || error.code !== 'no-node') throw error;
  });
}

async function vipsOf({ io }: Context, { agent, vip, everywhere }: DrainTarget): Promise<readonly Vip[]> {
  if (vip === undefined && agent === undefined)
    throw new CtlError(EXIT.usage, 'What is to be drained? Give an AGENT or --vip VIP');
  if (everywhere && (vip === undefined || agent !== undefined)) {
    throw new CtlError(EXIT.usage, '--everywhere goes with --vip, and without an AGENT');
  }
  return vip === undefined ? [] : vipsOfText(io, vip);
}

function isMeant(drain: Drain, { agent }: DrainTarget, vips: readonly Vip[]): boolean {
  if (drain.kind === 'agent') return vips.length === 0 && drain.agent === agent;
  return drain.kind === 'vip' && vips.includes(drain.vip) && (agent === undefined || drain.who === agent);
}

/** What to write where. An unknown agent or VIP is not found, with a guess. */
function plansOf(fleet: Fleet, target: DrainTarget, vips: readonly Vip[]): readonly Plan[] {
  const { agent } = target;
  const known = [...new Set(fleet.services.flatMap(agentNames))].sort();
  if (agent !== undefined && !known.includes(agent)) {
    const guess = didYouMean(agent, known);
    throw new CtlError(
      EXIT.notFound,
      `There is no agent "${agent}"`,
      guess === null ? `agents: ${known.join(', ') || 'none'}` : `did you mean "${guess}"?`,
    );
  }
  const plans = fleet.services.flatMap(service => {
    const drains = vips.length === 0 ? agentDrains(service, agent!) : vipDrains(service, target, vips);
    return drains.length === 0 ? [] : [{ service, drains }];
  });
  if (plans.length === 0)
    throw new CtlError(EXIT.notFound, `No service has the VIP ${listed(vips)}`, '`vipctl vip list` shows all');
  return plans;
}

function agentDrains(service: ServiceFleet, agent: AgentName): readonly Drain[] {
  return agentNames(service).includes(agent) ? [{ kind: 'agent', agent }] : [];
}

/** Without an agent: the one that announces the VIP now hands it over; if nobody does, its owner. */
function vipDrains(service: ServiceFleet, target: DrainTarget, vips: readonly Vip[]): readonly Drain[] {
  const known = new Set(vipStatuses(service).map(({ vip }) => vip));
  return vips
    .filter(vip => known.has(vip))
    .flatMap((vip): readonly Drain[] => {
      const { announcedBy, owner } = vipStatus(service, vip);
      const who = target.everywhere ? '*' : (target.agent ?? announcedBy[0]?.agent ?? owner);
      return who === null ? [] : [{ kind: 'vip', vip, who }];
    });
}

function isInForce({ service, drains }: Plan): boolean {
  return drains.every(drain => service.drains.some(({ name }) => name === drainName(drain)));
}

function sayPlans({ io }: Context, plans: readonly Plan[]): void {
  for (const { service, drains } of plans) {
    io.err(`Drain in ${service.name}: ${listed(drains.map(drainName))}.\n`);
    const verdicts = drainVerdicts(service, drains);
    for (const verdict of verdicts) io.err(`  ${verdictText(verdict)}\n`);
    if (verdicts.length === 0) io.err('  nothing is handed over: no VIP is announced there\n');
  }
}

function verdictText({ vip, from, to }: DrainVerdict): string {
  if (to.length === 0) return `${vip}: ${listed(from)} would be the last: NOBODY else can announce it`;
  return `${vip}: from ${listed(from)} to ${to.length === 1 ? to[0] : `one of ${to.join(', ')}`}`;
}

/** The interlock: a VIP that nobody else can announce is not drained, unless forced (its agent keeps it then, `waiting for cover`). */
function refuseUncovered(plans: readonly Plan[], { force }: DrainOptions): void {
  const asked = plans.filter(plan => !isInForce(plan));
  const vips = asked.flatMap(plan => uncovered(drainVerdicts(plan.service, plan.drains)));
  if (vips.length === 0 || force) return;
  throw new CtlError(
    EXIT.refused,
    `Refused: nobody else could announce ${listed(vips)}`,
    'bring another agent back first (`vipctl status`), or use --force: the route is then kept until somebody can',
  );
}

/** Writes all of it in one transaction; false when the drain folder has changed since it was read. */
async function written(context: Context, plans: readonly Plan[], { reason }: DrainOptions): Promise<boolean> {
  const { session, io, root } = context;
  const data = bytesOf(encodeDrain({ by: io.person, reason, at: instantOf(io) }));
  const ops: MultiOp[] = [];
  for (const plan of plans.filter(it => !isInForce(it))) {
    const folder = paths(root).service(plan.service.name).place('drain');
    if (plan.service.drainVersion === null) {
      await session.ensurePath(folder, context.access);
      return false;
    }
    ops.push({ kind: 'set', path: folder, data: new Uint8Array(), version: plan.service.drainVersion });
    const missing = plan.drains.map(drainName).filter(name => !plan.service.drains.some(it => it.name === name));
    ops.push(
      ...missing.map((name): MultiOp => ({ kind: 'create', path: `${folder}/${name}`, data, ...context.access })),
    );
  }
  if (ops.length === 0) return true;
  try {
    await session.multi(ops);
    return true;
  } catch (error) {
    if (error instanceof ZkError && ['bad-version', 'node-exists', 'no-node'].includes(error.code)) return false;
    throw error;
  }
}

/** How far one agent is with one VIP. */
interface HandOver {
  readonly service: ServiceName;
  readonly vip: Vip;
  readonly agent: AgentName;
  readonly drained: boolean;
  readonly role: string | null;
  readonly reason: string | null;
  readonly announcedBy: readonly AgentName[];
}

function handOvers(fleet: Fleet, { agent }: DrainTarget, vips: readonly Vip[]): readonly HandOver[] {
  return fleet.services.flatMap(service =>
    vipStatuses(service)
      .filter(({ vip, forgotten }) => !forgotten && (vips.length === 0 || vips.includes(vip)))
      .flatMap(({ vip, agents, announcedBy }) =>
        agents
          .filter(it => it.alive && it.reason !== null && (agent === undefined || it.agent === agent))
          .map(it => ({
            service: service.name,
            vip,
            agent: it.agent,
            drained: it.drained,
            role: it.role,
            reason: it.reason,
            announcedBy: announcedBy.map(other => other.agent),
          })),
      ),
  );
}

const DRAINING = ['draining', 'waiting-for-cover', 'drained'];

/** Whether the agents have done what their znodes say. */
function hasActed({ drained, role, reason }: HandOver, kind: 'drain' | 'undrain'): boolean {
  if (kind === 'undrain') return drained || !DRAINING.includes(reason ?? '');
  return !drained || role === null;
}

async function settle(
  context: Context,
  target: DrainTarget,
  vips: readonly Vip[],
  { wait, timeoutMs }: Waiting,
  kind: 'drain' | 'undrain',
): Promise<ExitCode> {
  const { io, format } = context;
  if (wait) io.err(kind === 'drain' ? 'Waiting until it is handed over…\n' : 'Waiting for the agents to act…\n');
  const { seen, done } = await lookUntil(
    context,
    wait ? timeoutMs : 0,
    async () => handOvers(await fleetOf(context), target, vips),
    all => all.every(one => hasActed(one, kind)),
  );
  await show(io, format, 'Drain', { handOvers: seen, confirmed: done }, ({ colour }) => {
    const rows = seen.map(one => [
      cell(one.service),
      cell(one.vip),
      cell(one.agent),
      cell(one.drained ? 'yes' : 'no'),
      cell(one.role ?? ''),
      cell(one.reason ?? ''),
      cell(one.announcedBy.join(', ') || 'NOBODY'),
    ]);
    return rows.length === 0
      ? 'No live agent has to do with it.\n'
      : table(['SERVICE', 'VIP', 'AGENT', 'DRAINED', 'ROLE', 'REASON', 'ANNOUNCED BY'], rows, colour);
  });
  if (done || !wait) return EXIT.done;
  const open = [...new Set(seen.filter(one => !hasActed(one, kind)).map(({ agent }) => agent))];
  io.err(`Accepted, but not done by ${listed(open)} yet.\n`);
  return EXIT.unconfirmed;
}
