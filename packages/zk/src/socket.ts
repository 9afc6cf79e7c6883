// Opening a TCP or TLS connection to one server. Names are resolved anew on each dial; an IPv6 literal is just a host.
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Server } from './server-list.ts';
import type { ZkOptions } from './session.ts';

/** A socket under way and the event that says it can be written to. */
export interface OpeningSocket {
  readonly socket: Socket;
  readonly openedEvent: 'connect' | 'secureConnect';
}

/** Starts to connect; everything that goes wrong later is an `error` event of the socket. */
export function openSocket(server: Server, tls: ZkOptions['tls']): OpeningSocket {
  const { host, port } = server;
  if (tls === undefined) return { socket: connectTcp({ host, port }), openedEvent: 'connect' };
  return { socket: connectTls(tlsOptions(server, tls)), openedEvent: 'secureConnect' };
}

// SNI must be a name (RFC 6066 3): a server known by its address is verified by that address, without SNI.
function tlsOptions({ host, port }: Server, tls: NonNullable<ZkOptions['tls']>): ConnectionOptions {
  const { servername, ...files } = tls;
  const name = servername ?? (isIP(host) === 0 ? host : undefined);
  return { host, port, ...files, ...(name === undefined ? {} : { servername: name }) };
}
