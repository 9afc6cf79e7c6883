// Sockets, and nothing about BGP: the only file that touches node:net. A transport reports each thing once and its
// end exactly once. Ending comes in two ways: `finish` sends what is written, then FIN, and waits a bounded time for the
// peer's FIN (closing earlier would answer late bytes with RST, and an RST makes the peer drop what it has not read:
// our withdrawals and the reason we gave); `abandon` closes at once.

import { connect, createServer, type Server, Socket } from 'node:net';
import type { Family } from './advertisement.ts';
import { familyOf, plainAddress } from './ip-address.ts';
import { securedListening, securedSocket, secureListener, secureSocket } from './secured-socket.ts';
import type { ListenerNeeds, SocketOptions } from './socket-options.ts';

/** What a transport tells its user. */
export interface TransportEvents {
  /** An outgoing connection stands. Not called for accepted ones, which stand already. */
  connected(): void;
  data(bytes: Uint8Array): void;
  /** The end, once; not called after `finish` or `abandon`. */
  closed(reason: string): void;
}

/** One TCP connection. */
export interface Transport {
  /** Without zone, IPv4-mapped addresses as IPv4; `undefined` until connected. */
  readonly localAddress: string | undefined;
  readonly remoteAddress: string | undefined;
  /** Bytes written that the kernel has not taken. */
  readonly pendingBytes: number;
  /** `left` is called once the kernel has the bytes; never if the connection ends before. */
  write(bytes: Uint8Array, left: () => void): void;
  /** FIN after everything written; the socket is destroyed after `limitMs` if the peer does not close. */
  finish(limitMs: number): void;
  abandon(): void;
  /** Sets these options on the open socket, the key too. Throws with the name of the one that the kernel refuses. */
  secure(options: SocketOptions): void;
  /** Resolves when the socket is released. */
  readonly released: Promise<void>;
}

/** Where to connect to, and from. */
export interface TcpTarget {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string | undefined;
}

/** The other end as the socket calls it. */
interface Remote {
  readonly address: string;
  /** The socket's own: ipv6 with an IPv4 address on a listener for both. */
  readonly socketFamily: Family;
}

function reasonOf(error: NodeJS.ErrnoException, outgoing: boolean): string {
  return `${outgoing ? 'cannot connect' : 'connection broke'}: ${error.code ?? error.message}`;
}

class SocketTransport implements Transport {
  readonly released: Promise<void>;
  readonly #socket: Socket;
  readonly #remote: Remote;
  #events: TransportEvents | undefined;
  #connected: boolean;
  #localAddress: string | undefined;
  #remoteAddress: string | undefined;
  #reason = 'the peer closed the connection';

  constructor(socket: Socket, remote: Remote, events: TransportEvents, connected: boolean) {
    this.#socket = socket;
    this.#remote = remote;
    this.#events = events;
    this.#connected = connected;
    this.released = new Promise(resolve => socket.once('close', () => resolve()));
    socket.setNoDelay(true);
    if (connected) this.#rememberAddresses();
    socket.once('connect', () => this.#onConnect());
    socket.on('data', bytes => this.#events?.data(bytes));
    socket.once('error', error => {
      this.#reason = reasonOf(error, !this.#connected);
    });
    socket.once('close', () => this.#end()?.closed(this.#reason));
  }

  get localAddress(): string | undefined {
    return this.#localAddress;
  }

  get remoteAddress(): string | undefined {
    return this.#remoteAddress;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array, left: () => void): void {
    if (!this.#socket.writable) return;
    this.#socket.write(bytes, error => {
      if (!error) left();
    });
  }

  finish(limitMs: number): void {
    this.#end();
    if (!this.#connected) {
      this.abandon();
      return;
    }
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), limitMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  abandon(): void {
    this.#end();
    this.#socket.destroy();
  }

  secure(options: SocketOptions): void {
    if (!this.#socket.destroyed) secureSocket(this.#socket, this.#remote, options);
  }

  #end(): TransportEvents | undefined {
    const events = this.#events;
    this.#events = undefined;
    return events;
  }

  #onConnect(): void {
    this.#connected = true;
    this.#rememberAddresses();
    this.#events?.connected();
  }

  #rememberAddresses(): void {
    const { localAddress, remoteAddress } = this.#socket;
    this.#localAddress = localAddress === undefined ? undefined : plainAddress(localAddress);
    this.#remoteAddress = remoteAddress === undefined ? undefined : plainAddress(remoteAddress);
  }
}

/** Starts connecting. Refusal, unreachable addresses and options refused are reported by `closed`, never thrown. */
export function connectTcp(target: TcpTarget, events: TransportEvents, options?: SocketOptions): Transport {
  const { address: host, port, localAddress } = target;
  const to = { host, port, ...(localAddress !== undefined && { localAddress }) };
  const socket = options === undefined ? connect(to) : connectSecured(to, options);
  return new SocketTransport(socket, { address: host, socketFamily: familyOf(host) }, events, false);
}

function connectSecured(to: { readonly host: string; readonly port: number }, options: SocketOptions): Socket {
  try {
    return securedSocket(to.host, options).connect(to);
  } catch (error) {
    return new Socket().destroy(error as Error);
  }
}

/** A connection that somebody else opened and nobody owns yet. */
export interface IncomingConnection {
  readonly remoteAddress: string;
  /** Sets these options, before `adopt`. Throws with the name of the one that the kernel refuses. */
  secure(options: SocketOptions): void;
  /** Makes it a transport; must be called synchronously, or else `refuse`. */
  adopt(events: TransportEvents): Transport;
  refuse(): void;
}

/** A bound port. */
export interface TcpListener {
  readonly address: string;
  readonly port: number;
  /** Sets, replaces or (password undefined) takes away these keys. Throws when the kernel refuses. */
  secure(needs: ListenerNeeds): void;
  /** Stops accepting; connections made so far are their owners' business. */
  close(): void;
}

function incoming(socket: Socket): IncomingConnection {
  const address = plainAddress(socket.remoteAddress ?? '');
  const remote: Remote = { address, socketFamily: socket.remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4' };
  return {
    remoteAddress: address,
    secure: options => secureSocket(socket, remote, options),
    adopt: events => new SocketTransport(socket, remote, events, true),
    refuse: () => {
      socket.on('error', () => {});
      socket.destroy();
    },
  };
}

/** Connections waiting in the kernel; more are the kernel's to drop. */
const BACKLOG = 64;

/** Binds and listens; rejects when the address cannot be bound or a key cannot be set. */
export function listenTcp(
  at: { readonly address: string; readonly port: number },
  onConnection: (connection: IncomingConnection) => void,
  needs: ListenerNeeds = { keys: [], fullTtl: false },
): Promise<TcpListener> {
  const server = createServer({ noDelay: true }, socket => onConnection(incoming(socket)));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const where =
      needs.keys.length === 0 && !needs.fullTtl
        ? { host: at.address, port: at.port, backlog: BACKLOG }
        : { fd: securedListening(at, needs) };
    server.listen(where, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve(listenerOf(server, at.address));
    });
  });
}

function listenerOf(server: Server, address: string): TcpListener {
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const secure = (needs: ListenerNeeds): void => secureListener(server, address, needs);
  return { address, port, secure, close: () => server.close() };
}
