// The only file here with sockets: it accepts connections, cuts their bytes into packets, hands them to the processor,
// and writes the effects in the processor's order. Everything it does to a client on purpose for a test, it does here.
//
// In memory, one process, no disk, no ensemble: for development and tests only, and it says so when it starts.

import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { OpName } from './codes.ts';
import { FrameReader } from './frames.ts';
import { JuteError } from './jute.ts';
import { Outbox } from './outbox.ts';
import { type Client, type Effects, type Now, Processor } from './processor.ts';
import { encodeConnectResponse, encodeEvent, encodeReply } from './replies.ts';
import { decodeConnect, decodeRequest } from './requests.ts';
import { Sessions } from './sessions.ts';

/** How to start. */
export interface DevelopmentServerOptions {
  /** Default `127.0.0.1`. */
  readonly address?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Session timeouts are clamped to 2..20 of these. Default 1000. */
  readonly tickTimeMs?: number;
  /** Connections beyond this are closed at once. Default 1000. */
  readonly maxConnections?: number;
  /** Diagnostics: constant message and fields. Default: dropped. */
  readonly log?: Log;
}

/** Where diagnostics go. */
export type Log = (
  level: 'debug' | 'info' | 'warn',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/** A running server, and its switches for making a test's day worse. Session ids are lower-case hex without 0x. */
export interface DevelopmentServer {
  readonly address: string;
  readonly port: number;
  /** Holds every answer and event back by so much, order kept. May be changed at any time. Default 0. */
  delayMs: number;
  /** The living sessions, oldest first. */
  sessions(): readonly { readonly id: string; readonly timeoutMs: number; readonly connected: boolean }[];
  /** Ends a session as if it had been silent too long. False when there is none of this id. */
  expireSession(id: string): boolean;
  /** Cuts every connection; the sessions live on until their timeout. */
  dropConnections(): void;
  /** Like a frozen process: connections are accepted, nothing is read, nothing is said, and no session expires. */
  pause(): void;
  /** The thaw: what waited is read first, and then sessions expire again. */
  resume(): void;
  /** The next request of this kind does nothing and is answered with this result code (any integer but 0). */
  failNext(op: OpName, code: number): void;
  /** Cuts every connection, stops listening, forgets everything. Idempotent. */
  close(): Promise<void>;
}

/** Starts an in-memory ZooKeeper for development. Rejects when the address cannot be bound. */
export async function startDevelopmentServer(options: DevelopmentServerOptions = {}): Promise<DevelopmentServer> {
  const server = new NetworkServer(options);
  await server.listen(options.port ?? 0, options.address ?? '127.0.0.1');
  return server;
}

interface Connection {
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly frames: FrameReader;
  readonly client: Client;
  greeted: boolean;
}

class NetworkServer implements DevelopmentServer {
  delayMs = 0;
  readonly #log: Log;
  readonly #tickTimeMs: number;
  readonly #processor: Processor;
  readonly #listener: Server;
  readonly #connections = new Map<Client, Connection>();
  #timer: NodeJS.Timeout | undefined;
  #paused = false;

  constructor(options: DevelopmentServerOptions) {
    this.#log = options.log ?? (() => {});
    this.#tickTimeMs = options.tickTimeMs ?? 1000;
    const firstId = BigInt(Date.now()) << 20n;
    this.#processor = new Processor(new Sessions({ tickTimeMs: this.#tickTimeMs, firstId, randomBytes }));
    this.#listener = createServer({ noDelay: true }, socket => this.#accept(socket));
    this.#listener.maxConnections = options.maxConnections ?? 1000;
  }

  get address(): string {
    return this.#bound.address;
  }

  get port(): number {
    return this.#bound.port;
  }

  async listen(port: number, address: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject).listen(port, address, resolve);
    });
    this.#scheduleTick();
    this.#log('warn', 'development ZooKeeper started: in memory, for development and tests only', this.#bound);
  }

  sessions(): readonly { readonly id: string; readonly timeoutMs: number; readonly connected: boolean }[] {
    return this.#processor.sessions().map(session => ({ ...session, id: session.id.toString(16) }));
  }

  expireSession(id: string): boolean {
    const effects = this.#processor.expireSession(BigInt(`0x${id}`));
    if (effects !== false) this.#carryOut(effects, undefined);
    return effects !== false;
  }

  dropConnections(): void {
    for (const connection of [...this.#connections.values()]) this.#drop(connection);
  }

  pause(): void {
    this.#freeze(true);
    clearTimeout(this.#timer);
  }

  resume(): void {
    this.#freeze(false);
    this.#scheduleTick();
  }

  failNext(op: OpName, code: number): void {
    this.#processor.failNext(op, code);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const closed = new Promise<void>(resolve => this.#listener.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  get #bound(): { readonly address: string; readonly port: number } {
    const bound = this.#listener.address();
    if (bound === null || typeof bound === 'string') throw new Error('the development ZooKeeper is not listening');
    return { address: bound.address, port: bound.port };
  }

  #accept(socket: Socket): void {
    const outbox = new Outbox(frame => socket.write(frame));
    const identities = [{ scheme: 'ip', id: socket.remoteAddress ?? '' }];
    const connection = {
      socket,
      outbox,
      frames: new FrameReader(),
      client: { sessionId: 0n, identities },
      greeted: false,
    };
    this.#connections.set(connection.client, connection);
    if (this.#paused) this.#freezeOne(connection, true);
    socket.on('data', chunk => this.#receive(connection, chunk));
    socket.on('error', error => this.#log('debug', 'connection failed', { cause: error.message }));
    socket.on('close', () => this.#drop(connection));
  }

  #receive(connection: Connection, chunk: Uint8Array): void {
    const packets = connection.frames.push(chunk);
    if (packets === 'too-long') {
      this.#condemn(connection, 'packet length out of bounds');
      return;
    }
    for (const packet of packets) {
      if (this.#connections.has(connection.client)) this.#understand(connection, packet);
    }
  }

  #understand(connection: Connection, packet: Uint8Array): void {
    try {
      if (connection.greeted) this.#serve(connection, packet);
      else this.#greet(connection, packet);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#condemn(connection, error.message);
    }
  }

  #greet(connection: Connection, packet: Uint8Array): void {
    const request = decodeConnect(packet);
    const { grant, over } = this.#processor.connect(connection.client, request, now());
    if (grant === 'refused') {
      this.#condemn(connection, 'client has seen changes this server has not');
      return;
    }
    connection.greeted = true;
    this.#finish(over);
    this.#send(connection, encodeConnectResponse(grant, request.knowsReadOnly));
    if (grant === null) this.#finish([connection.client]);
    this.#log('debug', 'session', { id: grant?.sessionId.toString(16) ?? 'expired', timeoutMs: grant?.timeoutMs });
  }

  #serve(connection: Connection, packet: Uint8Array): void {
    const { xid, request } = decodeRequest(packet);
    this.#carryOut(this.#processor.handle(connection.client, xid, request, now()), connection);
  }

  #carryOut(effects: Effects, asking: Connection | undefined): void {
    for (const { client, kind, path } of effects.events) {
      const connection = this.#connections.get(client);
      if (connection !== undefined) this.#send(connection, encodeEvent(kind, path));
    }
    if (effects.reply !== null && asking !== undefined) this.#send(asking, encodeReply(effects.reply));
    this.#finish(effects.over);
  }

  #send(connection: Connection, frame: Uint8Array): void {
    const isHeard = connection.outbox.push(frame, this.delayMs);
    if (!isHeard) this.#condemn(connection, 'client does not read its answers');
  }

  /** Says what is left to say, then closes. */
  #finish(clients: readonly Client[]): void {
    for (const client of clients) {
      const connection = this.#connections.get(client);
      if (connection === undefined) continue;
      connection.outbox.drain();
      this.#forget(connection);
      connection.socket.end(() => connection.socket.destroy());
    }
  }

  #condemn(connection: Connection, cause: string): void {
    this.#log('info', 'connection closed', { cause });
    this.#drop(connection);
  }

  #drop(connection: Connection): void {
    connection.outbox.discard();
    this.#forget(connection);
    connection.socket.destroy();
  }

  #forget(connection: Connection): void {
    this.#processor.disconnect(connection.client);
    this.#connections.delete(connection.client);
  }

  #freeze(paused: boolean): void {
    this.#paused = paused;
    for (const connection of [...this.#connections.values()]) this.#freezeOne(connection, paused);
  }

  #freezeOne(connection: Connection, paused: boolean): void {
    connection.outbox.hold(paused);
    if (paused) connection.socket.pause();
    else connection.socket.resume();
  }

  /** Deadlines lie on whole ticks, so that is when to look. */
  #scheduleTick(): void {
    clearTimeout(this.#timer);
    const untilTickMs = this.#tickTimeMs - (performance.now() % this.#tickTimeMs);
    this.#timer = setTimeout(() => this.#tick(), Math.ceil(untilTickMs));
  }

  #tick(): void {
    const before = this.#processor.sessions().length;
    this.#carryOut(this.#processor.expire(now()), undefined);
    const expired = before - this.#processor.sessions().length;
    if (expired > 0) this.#log('info', 'sessions expired', { expired });
    this.#scheduleTick();
  }
}

function now(): Now {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}
