// The small texts inside configuration values: endpoints, communities, znode roots, check targets. Each reader says why not.
import { canonicalAddress } from './address.ts';
import type { Endpoint } from './config.ts';

/** A value or why there is none. */
export type Read<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'bad'; readonly why: string };

const bad = (why: string): { readonly kind: 'bad'; readonly why: string } => ({ kind: 'bad', why });
const HOST = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,252})$/;

/** Reads `host:port` or `[ipv6]:port`; without a port the default is taken, if there is one. */
export function readEndpoint(text: string, defaultPort: number | null): Read<Endpoint> {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([0-9]*))?$/.exec(text);
  if (match === null) {
    return bad(
      text.split(':').length > 2 ? 'an IPv6 address stands in brackets: "[2001:db8::1]:PORT"' : 'expected HOST:PORT',
    );
  }
  const [, bracketed, plain = '', portText] = match;
  const host = bracketed === undefined ? readHost(plain) : readBracketed(bracketed);
  if (host.kind === 'bad') return host;
  if (portText === undefined && defaultPort === null) return bad('the port is missing: HOST:PORT');
  const port = portText === undefined ? (defaultPort ?? 0) : Number(portText);
  if (portText === '' || port < 1 || port > 65535) return bad('the port must be a number from 1 to 65535');
  return { kind: 'ok', value: { host: host.value, port } };
}

function readHost(text: string): Read<string> {
  if (/^[0-9.]+$/.test(text)) {
    const address = canonicalAddress(text);
    return address.kind === 'ok' ? { kind: 'ok', value: address.text } : address;
  }
  return HOST.test(text) ? { kind: 'ok', value: text } : bad('expected HOST:PORT');
}

function readBracketed(text: string): Read<string> {
  const address = canonicalAddress(text);
  if (address.kind === 'bad') return address;
  return address.family === 'ipv6' ? { kind: 'ok', value: address.text } : bad('brackets are for IPv6 addresses');
}

/** Writes an endpoint so that {@link readEndpoint} reads it. */
export function endpointText(endpoint: Endpoint): string {
  return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`;
}

/** Why this cannot be the root of the tree; null when it can. */
export function whyNotRoot(root: string): string | null {
  if (!root.startsWith('/')) return 'it must start with "/"';
  if (root === '/') return 'it must be a folder of its own, such as /vipkeeper';
  if (root.endsWith('/')) return 'it must not end with "/"';
  const names = root.slice(1).split('/');
  if (names.some(name => name === '' || name === '.' || name === '..')) return 'it has an empty, "." or ".." part';
  if (names[0] === 'zookeeper') return '/zookeeper belongs to ZooKeeper itself';
  return /^[\x21-\x7e]+$/.test(root) ? null : 'it has characters other than visible ASCII';
}

const WELL_KNOWN = [
  'graceful-shutdown',
  'accept-own',
  'blackhole',
  'no-export',
  'no-advertise',
  'no-export-subconfed',
  'nopeer',
];

/** True for `asn:value` (16 bits each, RFC 1997) and well-known names. */
export function isCommunity(text: string): boolean {
  return WELL_KNOWN.includes(text) || areNumbers(text, 2, 0xffff);
}

/** True for `global:local1:local2` (32 bits each, RFC 8092). */
export function isLargeCommunity(text: string): boolean {
  return areNumbers(text, 3, 0xffff_ffff);
}

function areNumbers(text: string, count: number, most: number): boolean {
  const parts = text.split(':');
  return parts.length === count && parts.every(part => /^(0|[1-9][0-9]{0,9})$/.test(part) && Number(part) <= most);
}

/** Why this is no URL of an HTTP check; `{vip}` may stand for the host. Null when it is one. */
export function whyNotUrl(url: string): string | null {
  const match = /^https?:\/\/([^/?#\s]+)([/?][^\s]*)?$/.exec(url);
  if (match === null) return 'expected http://HOST[:PORT]/PATH or https://…';
  const authority = (match[1] ?? '').replace(/^[^@]*@/, '').replace('{vip}', '192.0.2.1');
  const host = readEndpoint(authority, 80);
  return host.kind === 'ok' ? null : host.why;
}

/** Why this is no `HOST:PORT` of a TCP check; `{vip}` may stand for the host. Null when it is one. */
export function whyNotTarget(target: string): string | null {
  const endpoint = readEndpoint(target.replace('{vip}', '192.0.2.1'), null);
  return endpoint.kind === 'ok' ? null : endpoint.why;
}
