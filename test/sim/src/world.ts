// The simulated world: hosts on a fabric, an ensemble, and on each host at most one life of an agent. It knows what is
// true; the faults change it, the judge looks at it. It also keeps the book of troubles: what the world did to whom.
import type { AgentRecord, Decision, Remembered, Settings, View, Vip } from '@vipkeeper/core';
import { createFabric, type Fabric } from './fabric.ts';
import { createHost, type Host } from './host.ts';
import { type AgentProcess, startProcess } from './process.ts';
import { createRandom, type Random } from './random.ts';
import { type Scenario, type ServicePlan, settingsOf } from './scenario.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { createTrace, type Trace } from './trace.ts';
import { createEnsemble, type Ensemble } from './zk-ensemble.ts';

/** How long something has been left in peace by the world. */
export interface Peace {
  /** Faults on it right now. */
  troubles: number;
  /** When the last fault began or ended. */
  troubledMs: number;
}

/** A host, its agent's settings, and the present life, if any. */
export interface Member {
  readonly name: string;
  readonly host: Host;
  settings: Settings;
  priority: number;
  process: AgentProcess | null;
  remembered: Remembered | null;
  /** Of the host, its service, its links and its process. */
  readonly body: Peace;
  /** Of its way to ZooKeeper. */
  readonly sight: Peace;
  /** When an operator last did something that this agent has to follow. */
  orderedMs: number;
}

/** Who wants to know what happens. */
export interface Witness {
  /** Something about this VIP (or about all) may have changed what is true. */
  touched(vip: Vip | null): void;
  decided(member: Member, process: AgentProcess, view: View, decision: Decision): void;
  exited(member: Member, process: AgentProcess, inTime: boolean): void;
  /** The world did something to a member, or (null) to ZooKeeper as a whole; `breaks` when a route may be lost by it. */
  troubled(member: Member | null, breaks: boolean, cause: string): void;
}

/** Everything there is. */
export interface World {
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly trace: Trace;
  readonly fabric: Fabric;
  readonly ensemble: Ensemble;
  readonly members: readonly Member[];
  /** Every VIP with its service. */
  readonly vips: ReadonlyMap<Vip, ServicePlan>;
  /** Of the ensemble as a whole. */
  readonly ensemblePeace: Peace;
  /** Flags that operators have set, by service, and since when. */
  readonly maintenance: Map<string, number>;
  /** Names under `drain/` that operators have set, by service. */
  readonly drains: Map<string, Set<string>>;
  /** When the last flag went off, by service. */
  readonly maintenanceEndedMs: Map<string, number>;
  witness: Witness;
  startAgent(member: Member): void;
  /** Note a trouble that begins (+1), ends (-1) or is over at once (0). */
  trouble(member: Member | null, what: 'body' | 'sight', delta: -1 | 0 | 1, cause: string): void;
}

const NO_WITNESS: Witness = { touched: () => {}, decided: () => {}, exited: () => {}, troubled: () => {} };

function rememberedOf(view: View): Remembered {
  const services = [...view.services.values()].map(service => ({
    name: service.name,
    maintenance: service.maintenance.on,
    drains: [...service.drains],
    owners: Object.fromEntries([...service.registry].map(([vip, entry]) => [vip, entry.record.owner])),
  }));
  return { version: 1, agent: view.settings.agent, services };
}

/** Whether a recorded process still runs, as the machine it ran on knows. */
function probe(member: Member, record: AgentRecord): 'gone' | 'alive' | 'unknown' {
  const { process } = record;
  if (process.machineId !== `machine-${member.name}` || process.bootId !== `boot-${member.host.boots}`)
    return 'unknown';
  return member.process?.running && member.process.pid === process.pid ? 'alive' : 'gone';
}

/** Build the world of a scenario; nothing runs yet. */
export function createWorld(scenario: Scenario, keepTrace: boolean): World {
  const scheduler = createScheduler();
  const random = createRandom(scenario.seed, 2);
  const trace = createTrace(scheduler, keepTrace);
  const fabric = createFabric(scenario.topology, scenario.agents, scheduler, random.fork(), scenario.habits, (_, vip) =>
    world.witness.touched(vip),
  );
  const ensemble = createEnsemble(scheduler, random.fork(), trace, scenario.ensemble);
  const members: Member[] = scenario.agents.map(name => ({
    name,
    host: createHost(name, fabric, scheduler, random.fork(), trace),
    settings: settingsOf(scenario, name, 100),
    priority: 100,
    process: null,
    remembered: null,
    body: { troubles: 0, troubledMs: 0 },
    sight: { troubles: 0, troubledMs: 0 },
    orderedMs: 0,
  }));
  let lives = 0;

  const startAgent = (member: Member): void => {
    if (member.process?.running || !member.host.alive) return;
    lives += 1;
    const life = `${member.name}-${lives}`;
    trace.add('H', member.name, `process ${lives} starts`);
    world.trouble(member, 'body', 0, 'start');
    world.trouble(member, 'sight', 0, 'start');
    member.process = startProcess({
      host: member.host,
      settings: member.settings,
      life,
      pid: lives,
      sessionTimeoutMs: scenario.sessionTimeoutMs,
      scheduler,
      random: random.fork(),
      ensemble,
      remembered: member.remembered,
      probe: record => probe(member, record),
      decided: (process, view, decision) => {
        if ([...view.services.values()].some(service => service.everSynced)) member.remembered = rememberedOf(view);
        world.witness.decided(member, process, view, decision);
      },
      touched: vip => world.witness.touched(vip),
      coordination: (_, kind) => trace.add('C', member.name, kind),
      exited: (process, inTime) => {
        trace.add('H', member.name, `process ${process.pid} exits${inTime ? '' : ' at its limit'}`);
        world.witness.exited(member, process, inTime);
      },
    });
  };

  const trouble: World['trouble'] = (member, what, delta, cause) => {
    const peace = member === null ? world.ensemblePeace : member[what];
    peace.troubles += delta;
    peace.troubledMs = scheduler.nowMs;
    world.witness.troubled(member, member !== null && what === 'body' && delta !== 0, cause);
  };

  const world: World = {
    scenario,
    scheduler,
    random,
    trace,
    fabric,
    ensemble,
    members,
    vips: new Map(scenario.services.flatMap(plan => [...plan.owners.keys()].map(vip => [vip, plan] as const))),
    ensemblePeace: { troubles: 0, troubledMs: 0 },
    maintenance: new Map(),
    maintenanceEndedMs: new Map(),
    drains: new Map(scenario.services.map(plan => [plan.name, new Set()])),
    witness: NO_WITNESS,
    startAgent,
    trouble,
  };
  return world;
}
