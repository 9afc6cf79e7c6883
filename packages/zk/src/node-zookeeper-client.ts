// The only file that touches node-zookeeper-client, and the one that hardens it.
//
// The library is a good codec with a poor idea of failure, so it gets to live for exactly one TCP connection and never
// dials, waits, pings or re-arms watches itself: the session above does. What a broken connection leaves behind (half a
// frame, queued packets, timers) is thrown away with its instance. We cut the frames, read every answer's header first,
// and let the library decode only what it is known to decode; whatever it throws ends the connection, not the process.
// README.md lists the defects of the library and where each one is closed.
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import ConnectionManager from 'node-zookeeper-client/lib/ConnectionManager.js';
import type { JuteRecord } from 'node-zookeeper-client/lib/jute/index.js';
import jute from 'node-zookeeper-client/lib/jute/index.js';
import { cutFrames, type ReplyHeader, readReplyHeader } from './frames.ts';
import type { AclEntry } from './session.ts';
import { permissionBits } from './stat-codec.ts';
import type { ConnectionListener, Hello, OnAnswer, WireAnswer, WireRequest } from './wire.ts';

const PINNED_VERSION = '1.1.3';
const METHODS = [
  'connect',
  'close',
  'queue',
  'setState',
  'onSocketConnected',
  'onSocketData',
  'onSocketDrain',
] as const;
const MORE_METHODS = ['onSocketTimeout', 'onPacketQueueReadable'] as const;
const FIELDS = ['zxid', 'credentials', 'watcherManager', 'packetQueue', 'pendingQueue', 'sessionId', 'state'] as const;

// Never dialled: the library wants an address to parse, we bring our own socket.
const NO_ADDRESS = '192.0.2.1:1';

/** Largest request we send: a server drops the connection over more than jute.maxbuffer, 1 MiB by default. Octets. */
export const MAX_REQUEST_LENGTH = 1_000_000;

/** One connection of one session, over a socket that is being opened. Tells everything to its listener. */
export class Connection {
  readonly #manager: ConnectionManager;
  readonly #socket: Socket;
  readonly #listener: ConnectionListener;
  #rest: Buffer = Buffer.alloc(0);
  #lastZxid: bigint;
  #ended = false;

  /** `openedEvent` is `connect`, or `secureConnect` for TLS. */
  constructor(socket: Socket, openedEvent: 'connect' | 'secureConnect', hello: Hello, listener: ConnectionListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#lastZxid = hello.lastZxid;
    this.#manager = newManager(socket, hello, (type, path) => listener.watchEvent(type, path));
    socket.setNoDelay(true);
    socket.once(openedEvent, () => this.#guarded(() => this.#ask()));
    socket.on('data', chunk => this.#guarded(() => this.#read(chunk)));
    socket.on('drain', () => this.#guarded(() => this.#manager.onSocketDrain()));
    socket.on('error', error => this.end(describeSocketError(error)));
    socket.on('close', () => this.end('the server closed the connection'));
  }

  /** The newest transaction seen on this connection or before it. */
  get lastZxid(): bigint {
    return this.#lastZxid;
  }

  /** Sends a request. Throws `RangeError` when it cannot be written down, or is too long for a server. */
  send(request: WireRequest, onAnswer: OnAnswer): void {
    const { type, payload } = encodeRequest(request);
    const packet = new jute.Request(record('RequestHeader', { type }), payload);
    // Written down once for nothing: what cannot be must not be found out when it stands in the queue already.
    const { length } = packet.toBuffer();
    if (length > MAX_REQUEST_LENGTH) throw new RangeError(`the request has ${length} octets`);
    this.#guarded(() => this.#manager.queue(packet, answerTaker(onAnswer)));
  }

  /** Sends a heartbeat; the listener's `pong` follows. */
  ping(): void {
    const header = record('RequestHeader', { xid: jute.XID_PING, type: jute.OP_CODES.PING });
    this.#guarded(() => this.#manager.queue(new jute.Request(header, null)));
  }

  /** Asks the server to end the session; it answers and closes the connection. */
  closeSession(): void {
    this.#guarded(() => this.#manager.close());
  }

  /** Drops the connection at once. Idempotent. */
  end(cause: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#listener.ended(cause);
  }

  #ask(): void {
    this.#listener.asked();
    this.#manager.onSocketConnected();
  }

  #read(chunk: Buffer): void {
    this.#listener.heard();
    const { frames, rest } = cutFrames(this.#rest, chunk);
    this.#rest = rest;
    for (const frame of frames) {
      if (this.#ended) return;
      if (this.#manager.state === ConnectionManager.STATES.CONNECTING) this.#readWelcome(frame);
      else this.#readAnswer(frame, readReplyHeader(frame));
    }
  }

  #readWelcome(frame: Buffer): void {
    const manager = this.#manager;
    manager.onSocketData(frame);
    const ticket = { sessionId: manager.sessionId, password: manager.sessionPassword };
    if (manager.state === ConnectionManager.STATES.SESSION_EXPIRED) this.#listener.sessionExpired();
    else this.#listener.session(ticket, manager.sessionTimeout);
  }

  #readAnswer(frame: Buffer, header: ReplyHeader): void {
    switch (header.xid) {
      case jute.XID_PING:
        this.#listener.pong();
        return;
      case jute.XID_AUTHENTICATION:
        if (header.err !== 0) this.#listener.credentialsRefused();
        return;
      case jute.XID_NOTIFICATION:
        this.#manager.onSocketData(frame);
        return;
      default:
        this.#readReply(frame, header);
    }
  }

  #readReply(frame: Buffer, header: ReplyHeader): void {
    if (header.zxid > this.#lastZxid) this.#lastZxid = header.zxid;
    if (header.err === 0) this.#manager.onSocketData(frame);
    else this.#readRefusal(header);
    if (this.#socket.destroyed) this.#endUnexpected(header);
  }

  // The library would look the number up in a list of its own and throw when it is not there.
  #readRefusal(header: ReplyHeader): void {
    const packet = this.#manager.pendingQueue.shift();
    if (packet?.request.header?.xid === header.xid) packet.callback(new Refusal(header.err));
    else this.#endUnexpected(header);
  }

  #endUnexpected({ xid }: ReplyHeader): void {
    this.end(`protocol error: answer ${xid} was not expected`);
  }

  #guarded(action: () => void): void {
    if (this.#ended) return;
    try {
      action();
    } catch (error) {
      this.end(`protocol error: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

// An error number on its way to the request it belongs to.
class Refusal extends Error {
  readonly err: number;
  constructor(err: number) {
    super(`error ${err}`);
    this.err = err;
  }
}

function answerTaker(onAnswer: OnAnswer) {
  return (error: Error | null, response?: { readonly payload: unknown }) => {
    if (error instanceof Refusal) onAnswer(error.err, {});
    else if (error === null) onAnswer(0, (response?.payload ?? {}) as WireAnswer);
  };
}

type Payload = { byteLength(): number };

function newManager(
  socket: Socket,
  hello: Hello,
  onWatchEvent: (type: number, path: string) => void,
): ConnectionManager {
  const { sessionId, password } = hello.ticket;
  const options = { sessionTimeout: hello.sessionTimeoutMs, spinDelay: 0, sessionId, sessionPassword: password };
  const manager = new ConnectionManager(NO_ADDRESS, options, () => undefined);
  manager.connect = () => undefined;
  manager.onSocketTimeout = () => undefined;
  manager.socket = socket;
  manager.zxid.writeBigInt64BE(hello.lastZxid);
  manager.credentials = hello.auth.map(({ scheme, credentials }) => ({ scheme, auth: Buffer.from(credentials) }));
  manager.watcherManager = {
    isEmpty: () => true,
    emit: (event: { readonly type: number; readonly path: string }) => onWatchEvent(event.type, event.path),
  };
  manager.setState(ConnectionManager.STATES.CONNECTING!);
  return manager;
}

function record(name: string, fields: Readonly<Record<string, unknown>>): JuteRecord {
  const made = new jute.protocol[name]!();
  return Object.assign(made, fields);
}

function encodeRequest(request: WireRequest): { readonly type: number; readonly payload: Payload } {
  if (request.op === 'multi') {
    return { type: jute.OP_CODES.MULTI!, payload: new jute.TransactionRequest(request.ops.map(encodeStep)) };
  }
  const [type, name] = WIRE_NAMES[request.op];
  const { op: _, ...fields } = request;
  return { type, payload: record(name, wireFields(fields)) };
}

// Steps go into the transaction as plain objects: the library's own builder turns version 0 into "any".
function encodeStep(step: WireRequest): object {
  if (step.op === 'multi') throw new TypeError('a multi cannot stand in a multi');
  const [type] = WIRE_NAMES[step.op];
  if (step.op !== 'create') return { type, ...wireFields(step) };
  const acls = step.acl.map(entry => ({ toRecord: () => aclRecord(entry) }));
  return { type, path: step.path, data: Buffer.from(step.data), acls, mode: step.flags };
}

function wireFields(fields: {
  readonly path: string;
  readonly data?: Uint8Array;
  readonly acl?: readonly AclEntry[];
}): Record<string, unknown> {
  return {
    ...fields,
    ...(fields.data === undefined ? {} : { data: Buffer.from(fields.data) }),
    ...(fields.acl === undefined ? {} : { acl: fields.acl.map(aclRecord) }),
  };
}

function aclRecord(entry: AclEntry): JuteRecord {
  const id = new jute.data.Id!(entry.scheme, entry.id);
  return new jute.data.ACL!(permissionBits(entry.permissions), id);
}

const WIRE_NAMES: Readonly<Record<Exclude<WireRequest['op'], 'multi'>, readonly [number, string]>> = {
  create: [jute.OP_CODES.CREATE!, 'CreateRequest'],
  delete: [jute.OP_CODES.DELETE!, 'DeleteRequest'],
  check: [jute.OP_CODES.CHECK!, 'CheckVersionRequest'],
  exists: [jute.OP_CODES.EXISTS!, 'ExistsRequest'],
  getData: [jute.OP_CODES.GET_DATA!, 'GetDataRequest'],
  getChildren: [jute.OP_CODES.GET_CHILDREN2!, 'GetChildren2Request'],
  setData: [jute.OP_CODES.SET_DATA!, 'SetDataRequest'],
  setAcl: [jute.OP_CODES.SET_ACL!, 'SetACLRequest'],
};

// Several addresses tried in vain make one error without a message of its own.
function describeSocketError(error: Error & { code?: string }): string {
  return error.message === '' ? (error.code ?? 'connection failed') : error.message;
}

// Refuses to start on another library than the one this file was written against.
function checkLibrary(): void {
  const version = installedVersion();
  if (version !== undefined && version !== PINNED_VERSION) {
    throw new Error(`Cannot use node-zookeeper-client ${version}: this driver is written for ${PINNED_VERSION}`);
  }
  const options = { sessionTimeout: 1, spinDelay: 0, sessionId: Buffer.alloc(8), sessionPassword: Buffer.alloc(16) };
  const probe = new ConnectionManager(NO_ADDRESS, options, () => undefined) as unknown as Record<string, unknown>;
  const missing = [
    ...[...METHODS, ...MORE_METHODS].filter(name => typeof probe[name] !== 'function'),
    ...FIELDS.filter(name => probe[name] === undefined),
  ];
  if (missing.length > 0) throw new Error(`Cannot use node-zookeeper-client: it has no ${missing.join(', ')}`);
}

// In a bundle there is no package.json to read; the members were then checked against the pinned version at build time.
function installedVersion(): string | undefined {
  try {
    const required: unknown = createRequire(import.meta.url)('node-zookeeper-client/package.json');
    return (required as { version: string }).version;
  } catch {
    return undefined;
  }
}

checkLibrary();
