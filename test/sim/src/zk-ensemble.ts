// A ZooKeeper ensemble as its clients meet it: one order of writes made by a leader, followers that apply it late, reads
// answered from the follower's own tree, one-shot watches sent before any later answer on the same connection, sessions
// that only the leader expires, and elections that disconnect everybody. Not modelled: access control, quotas, sync().
import type { ZkOp, ZkResult } from '@vipkeeper/core';
import type { Random } from './random.ts';
import type { Scheduler, Timer } from './scheduler.ts';
import type { Trace } from './trace.ts';
import { applyChange, type Change, emptyTree, plan, read, subtree, type Tree, type WriteOp } from './zk-tree.ts';
import { createPipe, type Link, type Pipe } from './zk-wire.ts';

/** What reaches a client on one connection, in order. */
export type ServerEvent =
  | { readonly kind: 'accepted'; readonly sessionId: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'pong'; readonly xid: number }
  | { readonly kind: 'reply'; readonly xid: number; readonly result: ZkResult; readonly seen: number }
  | { readonly kind: 'watch'; readonly path: string };

/** A client's end of one connection. */
export interface Dialled {
  send(xid: number, op: ZkOp): void;
  ping(xid: number): void;
  /** End the session (its ephemerals go at once). */
  closeSession(): void;
  /** Drop the connection; the session lives on. */
  abort(): void;
}

/** How a client asks for a connection. */
export interface DialRequest {
  readonly server: number;
  readonly link: Link;
  /** Resume this session, or null for a new one. */
  readonly sessionId: string | null;
  readonly timeoutMs: number;
  /** The last transaction this client has seen: a server behind it refuses. */
  readonly seen: number;
  readonly onEvent: (event: ServerEvent) => void;
}

/** Shape of an ensemble. */
export interface EnsembleOptions {
  readonly servers: number;
  /** How late a follower applies, at most, in ordinary times. Milliseconds. */
  readonly lagMs: number;
  readonly tickMs: number;
}

/** The ensemble and the faults it can suffer. */
export interface Ensemble {
  readonly size: number;
  readonly serving: boolean;
  /** The leader's tree: the truth. */
  readonly tree: Tree;
  dial(request: DialRequest): Dialled;
  /** A write by an operator's tool, at once. */
  write(op: WriteOp): ZkResult;
  elect(): void;
  stopServer(server: number): void;
  startServer(server: number): void;
  setLag(server: number, lagMs: number): void;
  /** Delete everything below a path in one transaction, ephemerals too. */
  wipe(path: string): void;
}

interface Session {
  readonly id: string;
  readonly timeoutMs: number;
  heardMs: number;
  expiry: Timer | null;
  connection: Connection | null;
}

interface Connection {
  readonly server: Server;
  readonly toClient: Pipe;
  readonly toServer: Pipe;
  readonly onEvent: (event: ServerEvent) => void;
  readonly queue: { readonly xid: number; readonly op: ZkOp }[];
  session: Session | null;
  busy: boolean;
  open: boolean;
}

interface Server {
  readonly id: number;
  up: boolean;
  tree: Tree;
  applied: number;
  lagMs: number;
  lastApplyAtMs: number;
  readonly connections: Set<Connection>;
  readonly waiting: { readonly index: number; readonly run: () => void }[];
  readonly childWatches: Map<string, Set<Connection>>;
  readonly dataWatches: Map<string, Set<Connection>>;
}

function watchOn(watches: Map<string, Set<Connection>>, path: string, connection: Connection): void {
  const watchers = watches.get(path);
  if (watchers === undefined) watches.set(path, new Set([connection]));
  else watchers.add(connection);
}

function createServer(id: number, lagMs: number): Server {
  return {
    id,
    up: true,
    tree: emptyTree(),
    applied: 0,
    lagMs,
    lastApplyAtMs: 0,
    connections: new Set(),
    waiting: [],
    childWatches: new Map(),
    dataWatches: new Map(),
  };
}

/** An ensemble that serves from the start, with an empty tree. */
export function createEnsemble(scheduler: Scheduler, random: Random, trace: Trace, options: EnsembleOptions): Ensemble {
  const head = emptyTree();
  const log: (readonly Change[])[] = [];
  const servers = Array.from({ length: options.servers }, (_, id) => createServer(id, options.lagMs));
  const sessions = new Map<string, Session>();
  let leader: Server | null = servers[0] ?? null;
  let electing: Timer | null = null;
  let sessionCount = 0;

  const push = (connection: Connection, event: ServerEvent): void => {
    if (connection.open) connection.toClient.send(() => connection.onEvent(event));
  };

  const fire = (watches: Map<string, Set<Connection>>, path: string): void => {
    const watchers = watches.get(path);
    if (watchers === undefined) return;
    watches.delete(path);
    for (const connection of watchers) push(connection, { kind: 'watch', path });
  };

  const fireFor = (server: Server, change: Change): void => {
    fire(server.dataWatches, change.path);
    if (change.kind === 'set') return;
    if (change.kind === 'delete') fire(server.childWatches, change.path);
    fire(server.childWatches, change.path.slice(0, change.path.lastIndexOf('/')));
  };

  const applyUpTo = (server: Server, count: number): void => {
    while (server.applied < count) {
      const changes = log[server.applied]!;
      server.applied += 1;
      for (const change of changes) {
        applyChange(server.tree, change, server.applied);
        fireFor(server, change);
      }
    }
    while (server.waiting.length > 0 && server.waiting[0]!.index <= server.applied) server.waiting.shift()!.run();
  };

  const applyLater = (server: Server, count: number): void => {
    const delayMs = server === leader ? 0.3 : random.between(0.3, Math.max(0.4, server.lagMs));
    server.lastApplyAtMs = Math.max(server.lastApplyAtMs, scheduler.nowMs + delayMs);
    scheduler.at(server.lastApplyAtMs, () => server.up && applyUpTo(server, count));
  };

  const commit = (changes: readonly Change[]): void => {
    if (changes.length === 0) return;
    log.push(changes);
    for (const change of changes) applyChange(head, change, log.length);
    for (const server of servers) if (server.up) applyLater(server, log.length);
  };

  const dropConnection = (connection: Connection, tell: boolean): void => {
    if (!connection.open) return;
    if (tell) push(connection, { kind: 'closed' });
    connection.open = false;
    connection.server.connections.delete(connection);
    connection.toServer.close();
    if (connection.session?.connection === connection) connection.session.connection = null;
  };

  const endSession = (session: Session): void => {
    sessions.delete(session.id);
    session.expiry?.cancel();
    const owned = [...head].filter(([, node]) => node.owner === session.id).map(([path]) => path);
    commit(owned.map(path => ({ kind: 'delete', path }) as const));
    if (session.connection !== null) dropConnection(session.connection, true);
  };

  const checkExpiry = (session: Session): void => {
    if (!sessions.has(session.id)) return;
    const dueMs = session.heardMs + session.timeoutMs;
    if (leader !== null && scheduler.nowMs >= dueMs) {
      trace.add('Z', 'ens', `session ${session.id} expires`);
      endSession(session);
      return;
    }
    planExpiry(session);
  };

  const planExpiry = (session: Session): void => {
    session.expiry?.cancel();
    const dueMs = Math.max(scheduler.nowMs, session.heardMs + session.timeoutMs);
    session.expiry = scheduler.at(dueMs + random.between(0, options.tickMs), () => checkExpiry(session));
  };

  const reply = (connection: Connection, xid: number, result: ZkResult): void => {
    push(connection, { kind: 'reply', xid, result, seen: connection.server.applied });
    connection.busy = false;
    serve(connection);
  };

  const serveWrite = (connection: Connection, xid: number, op: WriteOp): void => {
    if (!connection.open || leader === null) return;
    const { result, changes } = plan(head, op, connection.session!.id);
    commit(changes);
    const { server } = connection;
    const finish = (): void => reply(connection, xid, result);
    if (server.applied >= log.length) finish();
    else server.waiting.push({ index: log.length, run: finish });
  };

  const serveRead = (connection: Connection, xid: number, op: Extract<ZkOp, { kind: 'children' | 'get' }>): void => {
    if (!connection.open) return;
    const { server } = connection;
    const result = read(server.tree, op);
    if (op.kind === 'get' && op.watch) watchOn(server.dataWatches, op.path, connection);
    if (op.kind === 'children' && result.kind === 'names') watchOn(server.childWatches, op.path, connection);
    reply(connection, xid, result);
  };

  const serve = (connection: Connection): void => {
    if (connection.busy || !connection.open) return;
    const next = connection.queue.shift();
    if (next === undefined) return;
    connection.busy = true;
    const { xid, op } = next;
    if (op.kind === 'children' || op.kind === 'get') {
      scheduler.after(random.between(0.05, 1), () => serveRead(connection, xid, op));
    } else {
      scheduler.after(random.between(0.2, 2), () => serveWrite(connection, xid, op));
    }
  };

  const heard = (connection: Connection): boolean => {
    if (!connection.open || connection.session === null) return false;
    connection.session.heardMs = scheduler.nowMs;
    return true;
  };

  const newSession = (timeoutMs: number): Session => {
    sessionCount += 1;
    const session: Session = {
      id: `5e${sessionCount.toString(16).padStart(4, '0')}`,
      timeoutMs,
      heardMs: scheduler.nowMs,
      expiry: null,
      connection: null,
    };
    sessions.set(session.id, session);
    planExpiry(session);
    return session;
  };

  const refuse = (connection: Connection, event: ServerEvent): void => {
    push(connection, event);
    dropConnection(connection, false);
  };

  const accept = (connection: Connection, request: DialRequest): void => {
    const { server } = connection;
    if (!server.up || leader === null || server.applied < request.seen) {
      refuse(connection, { kind: 'closed' });
      return;
    }
    const session = request.sessionId === null ? newSession(request.timeoutMs) : sessions.get(request.sessionId);
    if (session === undefined) {
      refuse(connection, { kind: 'expired' });
      return;
    }
    if (session.connection !== null) dropConnection(session.connection, true);
    session.connection = connection;
    connection.session = session;
    session.heardMs = scheduler.nowMs;
    server.connections.add(connection);
    push(connection, { kind: 'accepted', sessionId: session.id });
  };

  const dial = (request: DialRequest): Dialled => {
    const server = servers[request.server]!;
    const pipe = (): Pipe => createPipe(scheduler, random, request.link, 1.5);
    const connection: Connection = {
      server,
      toClient: pipe(),
      toServer: pipe(),
      onEvent: request.onEvent,
      queue: [],
      session: null,
      busy: false,
      open: true,
    };
    connection.toServer.send(() => accept(connection, request));
    return {
      send: (xid, op) =>
        connection.toServer.send(() => {
          if (!heard(connection)) return;
          connection.queue.push({ xid, op });
          serve(connection);
        }),
      ping: xid => connection.toServer.send(() => heard(connection) && push(connection, { kind: 'pong', xid })),
      closeSession: () => connection.toServer.send(() => heard(connection) && endSession(connection.session!)),
      abort: () => {
        connection.toClient.close();
        connection.toServer.send(() => dropConnection(connection, false));
      },
    };
  };

  const disconnectAll = (): void => {
    for (const server of servers) for (const connection of [...server.connections]) dropConnection(connection, true);
  };

  const hasQuorum = (): boolean => servers.filter(server => server.up).length * 2 > servers.length;

  const lead = (): void => {
    electing = null;
    if (!hasQuorum()) return;
    leader = random.pick(servers.filter(server => server.up));
    for (const server of servers) if (server.up) applyUpTo(server, log.length);
    for (const session of sessions.values()) session.heardMs = scheduler.nowMs;
    trace.add('Z', 'ens', `server ${leader.id} leads`);
  };

  const elect = (): void => {
    leader = null;
    for (const server of servers) server.waiting.length = 0;
    disconnectAll();
    electing?.cancel();
    electing = scheduler.after(random.between(500, 1200), lead);
  };

  const stopServer = (id: number): void => {
    const server = servers[id]!;
    if (!server.up) return;
    server.up = false;
    server.waiting.length = 0;
    server.childWatches.clear();
    server.dataWatches.clear();
    for (const connection of [...server.connections]) dropConnection(connection, true);
    if (server === leader || !hasQuorum()) elect();
  };

  const startServer = (id: number): void => {
    const server = servers[id]!;
    if (server.up) return;
    server.up = true;
    if (leader === null) electing ??= scheduler.after(random.between(500, 1200), lead);
    else applyUpTo(server, log.length);
  };

  return {
    size: options.servers,
    get serving() {
      return leader !== null;
    },
    tree: head,
    dial,
    write: op => {
      if (leader === null) return { kind: 'failed', code: 'unreachable', message: 'no leader' };
      const { result, changes } = plan(head, op, '0');
      commit(changes);
      return result;
    },
    elect,
    stopServer,
    startServer,
    setLag: (id, lagMs) => {
      servers[id]!.lagMs = lagMs;
    },
    wipe: path => {
      if (leader !== null) commit(subtree(head, path).map(at => ({ kind: 'delete', path: at }) as const));
    },
  };
}
