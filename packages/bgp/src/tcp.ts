// Sockets, and nothing about BGP: the only file that touches node:net. A transport reports each thing once and its
// end exactly once. Ending comes in two ways: `finish` sends what is written, then FIN, and waits a bounded time for the
// peer's FIN (closing earlier would answer late bytes with RST, and an RST makes the peer drop what it has not read:
// our withdrawals and the reason we gave); `abandon` closes at once.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from './ip-address.ts';

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
  /** Resolves when the socket is released. */
  readonly released: Promise<void>;
}

/** Where to connect to, and from. */
export interface TcpTarget {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string | undefined;
}

function reasonOf(error: NodeJS.ErrnoException, outgoing: boolean): string {
  return `${outgoing ? 'cannot connect' : 'connection broke'}: ${error.code ?? error.message}`;
}

class SocketTransport implements Transport {
  readonly released: Promise<void>;
  readonly #socket: Socket;
  #events: TransportEvents | undefined;
  #connected: boolean;
  #localAddress: string | undefined;
  #remoteAddress: string | undefined;
  #reason = 'the peer closed the connection';

  constructor(socket: Socket, events: TransportEvents, connected: boolean) {
    this.#socket = socket;
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

/** Starts connecting. Refusal and unreachable addresses are reported by `closed`, never thrown. */
export function connectTcp(target: TcpTarget, events: TransportEvents): Transport {
  const { address: host, port, localAddress } = target;
  const socket = connect({ host, port, ...(localAddress !== undefined && { localAddress }) });
  return new SocketTransport(socket, events, false);
}

/** A connection that somebody else opened and nobody owns yet. */
export interface IncomingConnection {
  readonly remoteAddress: string;
  /** Makes it a transport; must be called synchronously, or else `refuse`. */
  adopt(events: TransportEvents): Transport;
  refuse(): void;
}

/** A bound port. */
export interface TcpListener {
  readonly address: string;
  readonly port: number;
  /** Stops accepting; connections made so far are their owners' business. */
  close(): void;
}

function incoming(socket: Socket): IncomingConnection {
  return {
    remoteAddress: plainAddress(socket.remoteAddress ?? ''),
    adopt: events => new SocketTransport(socket, events, true),
    refuse: () => {
      socket.on('error', () => {});
      socket.destroy();
    },
  };
}

/** Connections waiting in the kernel; more are the kernel's to drop. */
const BACKLOG = 64;

/** Binds and listens; rejects when the address cannot be bound. */
export function listenTcp(
  at: { readonly address: string; readonly port: number },
  onConnection: (connection: IncomingConnection) => void,
): Promise<TcpListener> {
  const server = createServer({ noDelay: true }, socket => onConnection(incoming(socket)));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: at.address, port: at.port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve(listenerOf(server, at.address));
    });
  });
}

function listenerOf(server: Server, address: string): TcpListener {
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return { address, port, close: () => server.close() };
}
