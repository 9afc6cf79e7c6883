// The floor under a speaker: the very bytes that it sent, written by a bare socket. A relay between speaker and router
// keeps what goes by; later a plain connection says the handshake, waits, and then writes all the UPDATEs at once.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const HEADER_LENGTH = 19;
const UPDATE = 2;

/** A relay on loopback that keeps what its client sends. */
export interface Relay {
  readonly port: number;
  readonly kept: () => Buffer;
  close(): void;
}

/** Starts a relay to a port of loopback. */
export async function startRelay(toPort: number): Promise<Relay> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    const router = connect(toPort, '127.0.0.1');
    for (const socket of [client, router]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.on('data', chunk => chunks.push(chunk));
    client.pipe(router);
    router.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    kept: () => Buffer.concat(chunks),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A session's bytes: what came before the first UPDATE that says something, and from there on. */
export interface Recording {
  readonly handshake: Buffer;
  readonly updates: Buffer;
}

/** Splits a stream; KEEPALIVEs after the handshake are left out, as is the End-of-RIB of the empty table. */
export function recordingOf(stream: Buffer): Recording {
  const handshake: Buffer[] = [];
  const updates: Buffer[] = [];
  let at = 0;
  while (at + HEADER_LENGTH <= stream.length) {
    const length = stream.readUInt16BE(at + 16);
    const message = stream.subarray(at, at + length);
    if (message[18] !== UPDATE && updates.length === 0) handshake.push(message);
    if (message[18] === UPDATE && length > HEADER_LENGTH + 4) updates.push(message);
    at += length;
  }
  return { handshake: Buffer.concat(handshake), updates: Buffer.concat(updates) };
}

/** A bare connection that has sent the handshake and reads whatever comes. */
export async function openBare(port: number, { handshake }: Recording): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.resume();
  socket.write(handshake);
  return socket;
}
