// A peer that is only a socket and bytes written by the test: for everything a well-behaved one would not do.

import { createServer, type Server, type Socket } from 'node:net';
import { openFor } from './session-open.ts';
import { encodeMessage, type Message } from './wire/message.ts';

const CONTEXT = { fourOctetAs: true, ibgp: false };

/** Encodes as an eBGP speaker with four-octet AS numbers would. */
export const bytesOf = (message: Message): Uint8Array => encodeMessage(message, CONTEXT);

/** The OPEN of AS 64501 towards AS 64500. */
export const OPEN = openFor({
  localAs: 64501,
  routerId: '192.0.2.9',
  peerAs: 64500,
  holdTimeSeconds: 90,
  families: ['ipv4', 'ipv6'],
});

/** OPEN and KEEPALIVE: enough for an Established session. */
export const HANDSHAKE = Uint8Array.of(...bytesOf(OPEN), ...bytesOf({ type: 'keepalive' }));

/** Listens on a loopback port; the test decides what to do with each connection. */
export class RawPeer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #heard: Buffer[] = [];
  #notified: () => void = () => {};
  /** Resolves when a NOTIFICATION has arrived. */
  readonly notified = new Promise<void>(resolve => {
    this.#notified = resolve;
  });
  port = 0;

  constructor(onConnection: (socket: Socket) => void, read = true) {
    this.#server = createServer({ pauseOnConnect: !read }, socket => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      if (read) socket.on('data', bytes => this.#onData(bytes));
      onConnection(socket);
    });
  }

  #onData(bytes: Buffer): void {
    this.#heard.push(bytes);
    if (this.notifications().length > 0) this.#notified();
  }

  async start(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    return this;
  }

  /** NOTIFICATIONs heard, as `code/subcode data`. */
  notifications(): string[] {
    const stream = Buffer.concat(this.#heard);
    const found: string[] = [];
    for (let at = 0; at + 19 <= stream.length; at += stream.readUInt16BE(at + 16)) {
      const data = stream.subarray(at + 21, at + stream.readUInt16BE(at + 16)).toString('hex');
      if (stream[at + 18] === 3) found.push(`${stream[at + 19]}/${stream[at + 20]} ${data}`.trim());
    }
    return found;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
