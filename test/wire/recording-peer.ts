// A peer made of bytes: it answers the speaker's connection with an OPEN and a KEEPALIVE written here by hand and keeps
// everything it is sent, so that what the decoders read is what really left the socket.

import { createServer, type Server, type Socket } from 'node:net';

/** What the peer says of itself. */
export interface PeerShape {
  readonly as: number;
  readonly fourOctetAs: boolean;
  readonly extendedMessage: boolean;
  readonly enhancedRouteRefresh: boolean;
}

function framed(type: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(19, 0xff);
  header.writeUInt16BE(19 + body.length, 16);
  header.writeUInt8(type, 18);
  return Buffer.concat([header, body]);
}

function openOf(shape: PeerShape): Buffer {
  const as4 = Buffer.alloc(4);
  as4.writeUInt32BE(shape.as);
  const capabilities = [
    Buffer.from('010400010001010400020001' + '0200', 'hex'),
    ...(shape.fourOctetAs ? [Buffer.from([65, 4]), as4] : []),
    ...(shape.extendedMessage ? [Buffer.from([6, 0])] : []),
    ...(shape.enhancedRouteRefresh ? [Buffer.from([70, 0])] : []),
  ];
  const list = Buffer.concat(capabilities);
  const start = Buffer.from([4, shape.as >> 8, shape.as & 0xff, 0, 90, 192, 0, 2, 254]);
  return framed(1, Buffer.concat([start, Buffer.from([list.length + 2, 2, list.length]), list]));
}

/** A listening peer and what it heard. */
export class RecordingPeer {
  readonly #shape: PeerShape;
  readonly #server: Server;
  readonly #heard: Buffer[] = [];
  readonly #watchers = new Set<() => void>();
  #socket: Socket | undefined;
  port = 0;

  constructor(shape: PeerShape) {
    this.#shape = shape;
    this.#server = createServer(socket => this.#onConnection(socket));
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  #onConnection(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', bytes => {
      this.#heard.push(bytes);
      for (const watch of this.#watchers) watch();
    });
    socket.write(Buffer.concat([openOf(this.#shape), framed(4, new Uint8Array(0))]));
  }

  /** ROUTE-REFRESH for IPv6 unicast. */
  askForIpv6(): void {
    this.#socket?.write(framed(5, Uint8Array.of(0, 2, 0, 1)));
  }

  /** Everything heard so far. */
  get stream(): Buffer {
    return Buffer.concat(this.#heard);
  }

  /** Messages heard so far, whole ones only. */
  get messages(): Buffer[] {
    const { stream } = this;
    const messages: Buffer[] = [];
    for (let at = 0; at + 19 <= stream.length && at + stream.readUInt16BE(at + 16) <= stream.length; ) {
      messages.push(stream.subarray(at, at + stream.readUInt16BE(at + 16)));
      at += stream.readUInt16BE(at + 16);
    }
    return messages;
  }

  /** UPDATE messages heard so far. */
  get updates(): Buffer[] {
    return this.messages.filter(message => message[18] === 2);
  }

  /** Resolves when what was heard satisfies this. */
  until(holds: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const watch = (): void => {
        if (!holds()) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
