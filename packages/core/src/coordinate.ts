// From what is known and what is wanted to the next batch for ZooKeeper. Giving up comes first (it needs no evidence), then
// reading what is dirty, with maintenance and drain last; only on a fresh whole are facts written. One batch at a time, so
// an answer always meets the view that asked for it.
import type { Decision, DesiredFacts } from './decision.ts';
import { isFresh } from './phase.ts';
import { encodeAble, encodeAgent, encodeRegistry, encodeVip } from './record-codec.ts';
import type { AbleRecord, AgentRecord } from './records.ts';
import { reportOf } from './report.ts';
import type { ServiceSettings } from './settings.ts';
import type { Place, Purpose, ServiceView, View } from './view.ts';
import type { AgentName, ServiceName, Vip } from './vocabulary.ts';
import type { MultiStep, ZkOp, ZkRequest } from './zk-request.ts';
import { parseAbleName, paths, type ServicePaths } from './znodes.ts';

/** One operation and what it is for. */
interface Step {
  readonly op: ZkOp;
  readonly purpose: Purpose;
}

/** What to do next about ZooKeeper. */
export interface Coordination {
  readonly batch: { readonly request: ZkRequest; readonly purposes: readonly Purpose[] } | null;
  /** When time alone brings something to do; null when it does not. */
  readonly wakeAtMs: number | null;
  /** Records whose process should be looked for. */
  readonly probes: readonly { readonly service: ServiceName; readonly record: AgentRecord }[];
}

/** Status is written at most so often. */
const STATUS_INTERVAL_MS = 1000;
/** Operations in one batch; what is left goes with the next. */
const MAX_OPS = 200;

/** The next batch, or none while one is under way or there is no session. */
export function coordinate(view: View, decision: Decision, nowMs: number): Coordination {
  const idle: Coordination = { batch: null, wakeAtMs: null, probes: [] };
  if (view.coordination.kind !== 'connected' || view.pending !== null) return idle;
  const tasks = view.settings.services.map(settings => taskOf(view, decision, settings, nowMs));
  const open = tasks.filter(task => task.service.retryAtMs === null || task.service.retryAtMs <= nowMs);
  const urgent = open.flatMap(task => [...ensures(task), ...giveUps(task), ...reads(task)]);
  const steps = urgent.length > 0 ? urgent : open.flatMap(writes);
  const wakes = [...tasks.map(task => task.service.retryAtMs), ...open.map(statusDueMs)].filter(
    at => at !== null && at > nowMs,
  ) as number[];
  return {
    batch: steps.length === 0 ? null : batchOf(view, steps.slice(0, MAX_OPS)),
    wakeAtMs: wakes.length === 0 ? null : Math.min(...wakes),
    probes: open.flatMap(probes),
  };
}

/** A view in which this batch is under way. */
export function sent(view: View, batch: NonNullable<Coordination['batch']>, nowMs: number): View {
  return { ...view, nextRequestId: view.nextRequestId + 1, pending: { ...batch, sentAtMs: nowMs, dirtied: new Set() } };
}

interface Task {
  readonly view: View;
  readonly settings: ServiceSettings;
  readonly service: ServiceView;
  readonly facts: DesiredFacts;
  readonly at: ServicePaths;
  readonly status: string;
  readonly nowMs: number;
  readonly gone: boolean;
}

function taskOf(view: View, decision: Decision, settings: ServiceSettings, nowMs: number): Task {
  const service = view.services.get(settings.name)!;
  const announced = decision.announcements.some(one => one.service === settings.name);
  return {
    view,
    settings,
    service,
    facts: decision.facts.get(settings.name)!,
    at: paths(view.settings.root).service(settings.name),
    status: encodeAgent(reportOf(view, decision, settings)),
    nowMs,
    gone: settings.leaving === true && service.everSynced && !announced,
  };
}

function batchOf(view: View, steps: readonly Step[]): NonNullable<Coordination['batch']> {
  return {
    request: { id: view.nextRequestId, ops: steps.map(step => step.op) },
    purposes: steps.map(step => step.purpose),
  };
}

function ensures({ service, settings }: Task): readonly Step[] {
  return [...service.missing].map(path => ({
    op: { kind: 'ensure', path },
    purpose: { kind: 'ensure', service: settings.name, path },
  }));
}

/** Own claims and `able` that are no longer wanted, whatever else is unknown. */
function giveUps(task: Task): readonly Step[] {
  if (task.service.presence.kind !== 'mine' || !task.service.everSynced) return [];
  const claims = ownClaims(task)
    .filter(vip => !task.facts.claims.includes(vip))
    .map(vip => task.at.claim(vip, me(task)));
  const able = task.facts.able === null ? ownAble(task) : [];
  return [...claims, ...able].map(path => fact(task, [], [path], { kind: 'delete', path, version: -1 }));
}

function reads(task: Task): readonly Step[] {
  const { service, settings } = task;
  const stale = (place: Place): boolean => service.freshness[place] !== 'fresh';
  const folders = (['registry', 'able', 'agents', 'out'] as const).filter(stale).map(place => readPlace(task, place));
  const records = [...service.registryUnread].map(vip =>
    read(task.at.registry(vip), true, { kind: 'registry', service: settings.name, vip }),
  );
  const lives = [...service.able]
    .filter(([, record]) => record === null)
    .map(([name]) => read(`${task.at.place('able')}/${name}`, false, { kind: 'able', service: settings.name, name }));
  const vips = settings.vips
    .filter(vip => !service.vipService.has(vip))
    .map(vip =>
      read(paths(task.view.settings.root).vip(vip), false, { kind: 'vip-service', service: settings.name, vip }),
    );
  const presence =
    service.presence.kind === 'unknown' && !stale('agents')
      ? [read(task.at.agent(me(task)), true, { kind: 'presence', service: settings.name })]
      : [];
  const wanted = [...folders, ...records, ...lives, ...vips, ...presence];
  if (wanted.length === 0 && !stale('maintenance') && !stale('drain')) return [];
  return [...wanted, ...gates(task)];
}

/** Maintenance and drain, last in every round: at least as new as the facts they gate. */
function gates(task: Task): readonly Step[] {
  return [
    read(task.at.maintenance, true, { kind: 'place', service: task.settings.name, place: 'maintenance' }),
    readPlace(task, 'drain'),
  ];
}

function readPlace(task: Task, place: Place): Step {
  return {
    op: { kind: 'children', path: task.at.place(place) },
    purpose: { kind: 'place', service: task.settings.name, place },
  };
}

function read(path: string, watch: boolean, purpose: Purpose): Step {
  return { op: { kind: 'get', path, watch }, purpose };
}

function writes(task: Task): readonly Step[] {
  if (!isFresh(task.service)) return [];
  if (task.gone) return leave(task);
  const takes = takePresence(task);
  if (takes.length > 0 || task.service.presence.kind !== 'mine') return takes;
  const facts = [...registryWrites(task), ...claimWrites(task), ...ableWrites(task), ...endMaintenance(task)];
  return [...facts, ...(task.facts.barrier ? barrier(task) : statusWrites(task))];
}

/** A service that left the configuration, with nothing announced any more: its members need not see this agent there. */
function leave(task: Task): readonly Step[] {
  const path = task.at.agent(me(task));
  return task.service.presence.kind === 'mine' ? [fact(task, [], [path], { kind: 'delete', path, version: -1 })] : [];
}

/** The name is ours to take when nobody has it, or when its former life is proven gone: then both in one transaction. */
function takePresence(task: Task): readonly Step[] {
  const { presence } = task.service;
  const path = task.at.agent(me(task));
  const purpose: Purpose = { kind: 'take-presence', service: task.settings.name, status: task.status };
  const create = { kind: 'create', path, data: task.status, ephemeral: true } as const;
  if (presence.kind === 'absent') return [{ op: create, purpose }];
  if (presence.kind !== 'taken' || presence.verdict !== 'gone') return [];
  return [{ op: { kind: 'multi', steps: [{ kind: 'delete', path, version: presence.version }, create] }, purpose }];
}

function probes({ service, settings }: Task): Coordination['probes'] {
  const { presence } = service;
  if (presence.kind !== 'taken' || presence.verdict !== null || presence.record === null) return [];
  return [{ service: settings.name, record: presence.record }];
}

function registryWrites(task: Task): readonly Step[] {
  const { registry, vipService } = task.service;
  const unnamed = task.settings.vips.filter(
    vip =>
      vipService.get(vip) === null &&
      !task.facts.registry.has(vip) &&
      registry.get(vip)?.present === true &&
      registry.get(vip)?.record.owner === me(task),
  );
  return [
    ...[...task.facts.registry].flatMap(([vip, owner]) => registryWrite(task, vip, owner)),
    ...unnamed.flatMap(vip => naming(task, vip, [])),
  ];
}

/** Says in `vips/` which service has the VIP, together with these steps. */
function naming(task: Task, vip: Vip, more: readonly MultiStep[]): readonly Step[] {
  const { vips, vip: vipPath } = paths(task.view.settings.root);
  const data = encodeVip({ service: task.settings.name });
  const named: readonly MultiStep[] =
    task.service.vipService.get(vip) === null ? [{ kind: 'create', path: vipPath(vip), data, ephemeral: false }] : [];
  return [
    { op: { kind: 'ensure', path: vips }, purpose: { kind: 'ensure', service: task.settings.name, path: vips } },
    {
      op: { kind: 'multi', steps: [...named, ...more] },
      purpose: { kind: 'registry-write', service: task.settings.name, vip },
    },
  ];
}

function registryWrite(task: Task, vip: Vip, owner: AgentName | null): readonly Step[] {
  const entry = task.service.registry.get(vip);
  const purpose: Purpose = { kind: 'registry-write', service: task.settings.name, vip };
  const data = encodeRegistry({ owner, epoch: (entry?.record.epoch ?? 0) + 1, forgotten: false });
  if (entry?.present)
    return [{ op: { kind: 'set', path: task.at.registry(vip), data, version: entry.version }, purpose }];
  return naming(task, vip, [{ kind: 'create', path: task.at.registry(vip), data, ephemeral: false }]);
}

/** A claim that stands from an earlier session is replaced in one transaction, so that nobody sees it missing. */
function claimWrites(task: Task): readonly Step[] {
  const standing = ownClaims(task);
  return task.facts.claims
    .filter(vip => !task.service.mine.has(task.at.claim(vip, me(task))))
    .map(vip => {
      const path = task.at.claim(vip, me(task));
      const create = { kind: 'create', path, data: '', ephemeral: true } as const;
      if (!standing.includes(vip)) return fact(task, [path], [], create);
      return fact(task, [path], [path], { kind: 'multi', steps: [{ kind: 'delete', path, version: -1 }, create] });
    });
}

/** A changed ability is a new name, so that whoever read the old one need not read it again. */
function ableWrites(task: Task): readonly Step[] {
  const { able } = task.facts;
  if (able === null) return [];
  const standing = ownAble(task);
  if (standing.length === 1 && task.service.mine.has(standing[0]!) && sameAble(recordAt(task, standing[0]!), able))
    return [];
  const path = task.at.able(me(task), `${task.view.life}-${task.view.nextRequestId}`);
  const create: MultiStep = { kind: 'create', path, data: encodeAble(able), ephemeral: true };
  const deletes: MultiStep[] = standing.map(old => ({ kind: 'delete', path: old, version: -1 }));
  return [fact(task, [path], standing, { kind: 'multi', steps: [...deletes, create] })];
}

function recordAt(task: Task, path: string): AbleRecord | 'unreadable' | null | undefined {
  return task.service.able.get(path.slice(path.lastIndexOf('/') + 1));
}

function sameAble(known: AbleRecord | 'unreadable' | null | undefined, wanted: AbleRecord): boolean {
  return (
    typeof known === 'object' &&
    known !== null &&
    known.priority === wanted.priority &&
    known.vips.join() === wanted.vips.join()
  );
}

function endMaintenance({ facts, service, settings, at }: Task): readonly Step[] {
  if (!facts.endMaintenance || !service.maintenance.on) return [];
  return [
    {
      op: { kind: 'delete', path: at.maintenance, version: service.maintenance.version },
      purpose: { kind: 'end-maintenance', service: settings.name },
    },
  ];
}

/** A write and then a read on our session: what the read shows was true after the write, and the session was alive for both. */
function barrier(task: Task): readonly Step[] {
  const purpose: Purpose = { kind: 'barrier', service: task.settings.name, status: task.status };
  return [
    { op: { kind: 'set', path: task.at.agent(me(task)), data: task.status, version: -1 }, purpose },
    readPlace(task, 'out'),
    ...gates(task),
  ];
}

function statusWrites(task: Task): readonly Step[] {
  const due = statusDueMs(task);
  if (due === null || due > task.nowMs) return [];
  const purpose: Purpose = { kind: 'status', service: task.settings.name, status: task.status };
  return [{ op: { kind: 'set', path: task.at.agent(me(task)), data: task.status, version: -1 }, purpose }];
}

/** When a changed status may be written; null when it has not changed. */
function statusDueMs({ service, status }: Task): number | null {
  if (service.presence.kind !== 'mine' || service.statusWritten?.data === status) return null;
  return service.statusWritten === null ? 0 : service.statusWritten.atMs + STATUS_INTERVAL_MS;
}

function fact(task: Task, creates: readonly string[], deletes: readonly string[], op: ZkOp): Step {
  return { op, purpose: { kind: 'fact', service: task.settings.name, creates, deletes } };
}

function ownClaims(task: Task): readonly Vip[] {
  return [...task.service.claims].filter(([, seen]) => seen.has(me(task))).map(([vip]) => vip);
}

function ownAble(task: Task): readonly string[] {
  const names = [...task.service.able.keys()].filter(name => parseAbleName(name)?.agent === me(task));
  return names.map(name => `${task.at.place('able')}/${name}`);
}

function me(task: Task): AgentName {
  return task.view.settings.agent;
}
