// Server addresses as people write them: `host`, `host:port`, `10.0.0.1:2181`, `[2001:db8::3]:2181`, `2001:db8::3`.
import { isIPv6 } from 'node:net';

/** One server of the ensemble. IPv6 literals are kept without brackets. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 2181;

/** Reads one server; the port defaults to 2181. Throws `RangeError` naming the text. */
export function parseServer(text: string): Server {
  const trimmed = text.trim();
  if (isIPv6(trimmed)) return { host: trimmed, port: DEFAULT_PORT };
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(trimmed);
  if (bracketed !== null && isIPv6(bracketed[1] ?? '')) return server(text, bracketed[1], bracketed[2]);
  const plain = /^([A-Za-z0-9._-]+)(?::(\d+))?$/.exec(trimmed);
  if (plain === null)
    throw new RangeError(`Cannot read ZooKeeper server "${text}": wanted HOST, HOST:PORT or [IPV6]:PORT`);
  return server(text, plain[1], plain[2]);
}

/** Reads a comma separated list with an optional chroot at its end: `zk1,zk2:2181,[::1]:2181/prod`. */
export function parseServers(text: string): { readonly servers: readonly Server[]; readonly chroot: string } {
  const slash = text.indexOf('/');
  const list = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? '' : text.slice(slash).replace(/\/+$/, '');
  return { servers: list.split(',').map(parseServer), chroot };
}

/** The address as people write it. */
export function formatServer({ host, port }: Server): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function server(text: string, host: string | undefined, portText: string | undefined): Server {
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (host === undefined || port < 1 || port > 65535) {
    throw new RangeError(`Cannot read ZooKeeper server "${text}": the port must be 1 to 65535`);
  }
  return { host, port };
}
