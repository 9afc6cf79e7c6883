// A small fleet for the tests: as a literal for what is pure, and as znodes on a development server for the rest. Tests are
// their own operator: `vipctl()` runs the real command line in a world whose terminal, clock and resolver are values.
import type { AgentRecord, VipReport } from '@vipkeeper/core';
import {
  encodeAble,
  encodeAgent,
  encodeRegistry,
  encodeVip,
  type Paths,
  PLACES,
  paths,
  type Role,
  type Vip,
} from '@vipkeeper/core';
import { connect, type ZkSession } from '@vipkeeper/zk';
import { type DevelopmentServer, startDevelopmentServer } from '@vipkeeper/zk/development';
import { run } from './cli.ts';
import type { ExitCode } from './exit.ts';
import type { LiveAgent, ServiceFleet } from './fleet.ts';
import type { Io } from './io.ts';

/** The instant of the literals: 2026-03-01T12:00:00Z. */
export const NOW_MS = Date.UTC(2026, 2, 1, 12);
const SINCE = new Date(NOW_MS - 2 * 3_600_000).toISOString();

/** A report as an agent would write it. */
export function report(vip: Vip, role: Role | null, more: Partial<VipReport> = {}): VipReport {
  const reason = role === 'authority' ? 'own' : role === null ? 'owner-out' : 'hot-standby';
  const because = role === null ? `not announcing ${vip}: why not` : `announcing ${vip} as ${role}: why so`;
  return { vip, reason, because, role, health: 'passing', since: SINCE, ...more };
}

/** An agent's status. */
export function agentRecord(vips: readonly VipReport[], more: Partial<AgentRecord> = {}): AgentRecord {
  const process = {
    host: 'host',
    pid: 1,
    machineId: '',
    bootId: '',
    pidNamespace: '',
    startTime: '',
    version: '0.1.0',
  };
  return {
    life: 'life',
    process,
    priority: 100,
    sessions: { established: 2, configured: 2 },
    vips,
    maintenance: null,
    draining: false,
    ...more,
  };
}

/** A live agent. */
export function live(agent: string, record: AgentRecord | null): LiveAgent {
  return { agent, record, sinceMs: NOW_MS - 3_600_000 };
}

/** One service with two agents, each the other's hot standby. */
export function healthyService(more: Partial<ServiceFleet> = {}): ServiceFleet {
  const [a, b] = ['192.0.2.1', '2001:db8::2'];
  return {
    name: 'apex',
    registry: [
      { vip: a, record: { owner: 'lb-1', epoch: 1, forgotten: false }, version: 0 },
      { vip: b, record: { owner: 'lb-2', epoch: 1, forgotten: false }, version: 0 },
    ],
    claims: [a, b].flatMap(vip => ['lb-1', 'lb-2'].map(agent => ({ vip, agent }))),
    able: ['lb-1', 'lb-2'].map(agent => ({ agent, record: { priority: 100, vips: [a, b] } })),
    agents: [
      live('lb-1', agentRecord([report(a, 'authority'), report(b, 'standby')])),
      live('lb-2', agentRecord([report(a, 'standby'), report(b, 'authority')])),
    ],
    maintenance: null,
    drains: [],
    drainVersion: 0,
    unreadable: [],
    ...more,
  };
}

/** What a run of vipctl gave. */
export interface Ran {
  readonly exit: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** A terminal's side of a run. */
export interface Terminal {
  readonly env?: Readonly<Record<string, string>>;
  /** What the operator types; without it nobody is there. */
  readonly answer?: string;
  readonly colours?: boolean;
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly files?: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
  /** Called at each pause: what the world does meanwhile. */
  readonly meanwhile?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Runs vipctl. Its clock stands still but for its own pauses, which take no time. */
export async function vipctl(args: readonly string[], terminal: Terminal = {}): Promise<Ran> {
  const said = { out: '', err: '' };
  const exit = await run(args, ioOf(said, terminal), '0.1.0');
  return { exit, ...said };
}

/** The world of a run, writing into `said`. */
export function ioOf(said: { out: string; err: string }, terminal: Terminal): Io {
  const startMs = Date.now();
  let pausedMs = 0;
  return {
    env: terminal.env ?? {},
    out: text => {
      said.out += text;
    },
    err: text => {
      said.err += text;
    },
    outIsTerminal: terminal.colours === true,
    inIsTerminal: terminal.answer !== undefined,
    ask: async question => {
      said.err += `${question}\n`;
      return terminal.answer ?? '';
    },
    now: () => startMs + pausedMs,
    pause: async ms => {
      pausedMs += ms;
      await terminal.meanwhile?.();
      await new Promise(resolve => setImmediate(resolve));
    },
    resolve: async name => terminal.names?.[name] ?? [],
    readFile: async path => {
      const file = terminal.files?.[path];
      if (file === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return file;
    },
    person: 'ops@bastion',
    hostName: 'lb-1',
    signal: terminal.signal ?? new AbortController().signal,
  };
}

/** A development ZooKeeper with a session of the test's own. */
export interface World {
  readonly server: DevelopmentServer;
  readonly session: ZkSession;
  readonly tree: Paths;
  /** Runs vipctl against this ZooKeeper. */
  readonly vipctl: (args: readonly string[], terminal?: Terminal) => Promise<Ran>;
  readonly close: () => Promise<void>;
}

/** Starts an empty world. */
export async function startWorld(): Promise<World> {
  const server = await startDevelopmentServer();
  const session = connect({ servers: [{ host: '127.0.0.1', port: server.port }], sessionTimeoutMs: 10_000 });
  await new Promise<void>(resolve => {
    session.onState(state => state.kind === 'connected' && resolve());
  });
  return {
    server,
    session,
    tree: paths('/vipkeeper'),
    vipctl: (args, terminal) => vipctl(['--servers', `127.0.0.1:${server.port}`, ...args], terminal),
    close: async () => {
      await session.close();
      await server.close();
    },
  };
}

/** Bytes of a record. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Writes a service as agents would have: registry, claims, able, agents. */
export async function plant({ session, tree }: World, service: ServiceFleet): Promise<void> {
  const at = tree.service(service.name);
  const folders = PLACES.filter(place => place !== 'maintenance').map(place => at.place(place));
  await Promise.all([tree.vips, ...folders].map(folder => session.ensurePath(folder)));
  for (const { vip, record } of service.registry) {
    if (record !== null) await session.create(at.registry(vip), bytes(encodeRegistry(record)));
    await session.create(tree.vip(vip), bytes(encodeVip({ service: service.name })));
  }
  for (const { vip, agent } of service.claims)
    await session.create(at.claim(vip, agent), bytes(''), { ephemeral: true });
  for (const { agent, record } of service.able) {
    if (record !== null) await session.create(at.able(agent, 'life'), bytes(encodeAble(record)), { ephemeral: true });
  }
  for (const { agent, record } of service.agents) {
    if (record !== null) await session.create(at.agent(agent), bytes(encodeAgent(record)), { ephemeral: true });
  }
}

/** Rewrites an agent's status, as the agent would after acting. */
export async function rewrite({ session, tree }: World, agent: string, record: AgentRecord): Promise<void> {
  await session.set(tree.service('apex').agent(agent), bytes(encodeAgent(record)), -1);
}
