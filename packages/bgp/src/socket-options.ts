// Which socket options a peer asks for, and their bytes as Linux wants them. Pure: nothing is opened here. Structures are
// in the machine's own byte order, except ports and addresses, which are in the network's.

import type { Family } from './advertisement.ts';
import { familyOf, parseIpAddress } from './ip-address.ts';
import type { CheckedPeer } from './options.ts';

/** One setsockopt(2). */
export interface OptionCall {
  /** For messages. */
  readonly what: string;
  readonly level: number;
  readonly name: number;
  readonly value: Uint8Array;
}

/** What the sockets of one peer need beyond node:net. */
export interface SocketOptions {
  /** TCP-MD5 key, RFC 2385. */
  readonly password: string | undefined;
  /** Outgoing TTL or hop limit; undefined is the kernel's. */
  readonly ttl: number | undefined;
  /** Segments with less are dropped, RFC 5082 §3. */
  readonly leastTtl: number | undefined;
  readonly device: string | undefined;
  /** How long bytes may go unacknowledged, RFC 5482. */
  readonly userTimeoutMs: number;
}

/** The address of a peer and its key; undefined takes the key away. */
export interface PeerPassword {
  readonly address: string;
  readonly password: string | undefined;
}

/** What the listening socket needs on account of the peers: answers to SYNs are its own, before there is a connection. */
export interface ListenerNeeds {
  readonly keys: readonly PeerPassword[];
  /** Some peer takes nothing that has come further than TTL security allows. */
  readonly fullTtl: boolean;
}

/** Linux's TCP_MD5SIG_MAXKEYLEN, in bytes of UTF-8. */
export const MAX_PASSWORD_BYTES = 80;

const GREATEST_TTL = 255;
const SOCKET = 1;
const TCP = 6;
const IP = 0;
const IPV6 = 41;
/** CS6, network control, as RFC 4594 §3.2 wants for routing protocols. */
const CLASS_SELECTOR_6 = 0xc0;
const AF_INET = 2;
const AF_INET6 = 10;
const MAPPED = 0xffff;

/** What this peer needs, or undefined when node:net is enough. A password, ttlSecurity or a device makes the difference. */
export function socketOptionsOf(peer: CheckedPeer, localAs: number): SocketOptions | undefined {
  const { password, ttlSecurity, device, multihop, holdTimeSeconds, sendHoldTimeSeconds } = peer;
  if (password === undefined && !ttlSecurity && device === undefined) return undefined;
  // iBGP peers are rarely neighbours, so only an eBGP session is held to its hops by the TTL alone.
  const limited = peer.as === localAs ? undefined : multihop;
  return {
    password,
    ttl: ttlSecurity ? GREATEST_TTL : limited,
    leastTtl: ttlSecurity ? GREATEST_TTL + 1 - multihop : undefined,
    device,
    userTimeoutMs: 1000 * (sendHoldTimeSeconds ?? Math.max(30, 2 * holdTimeSeconds)),
  };
}

/** One key for each address, and whether anybody needs the full TTL. */
export function listenerNeeds(peers: readonly CheckedPeer[]): ListenerNeeds {
  const keys = new Map<string, PeerPassword>();
  for (const { address, password } of peers) if (password !== undefined) keys.set(address, { address, password });
  return { keys: [...keys.values()], fullTtl: peers.some(({ ttlSecurity }) => ttlSecurity) };
}

function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** All calls for one socket. `socketFamily` is the socket's own: ipv6 with an IPv4 peer on a listener for both. */
export function optionCalls(options: SocketOptions, address: string, socketFamily: Family): readonly OptionCall[] {
  const { password, ttl, leastTtl, device, userTimeoutMs } = options;
  const isV6 = familyOf(address) === 'ipv6';
  const level = isV6 ? IPV6 : IP;
  return [
    ...(device === undefined ? [] : [deviceCall(device)]),
    ...(password === undefined ? [] : [passwordCall({ address, password }, socketFamily)]),
    ...(ttl === undefined ? [] : [{ what: 'the TTL', level, name: isV6 ? 16 : 2, value: int(ttl) }]),
    ...(leastTtl === undefined
      ? []
      : [{ what: 'ttlSecurity (least TTL)', level, name: isV6 ? 73 : 21, value: int(leastTtl) }]),
    { what: 'the traffic class', level, name: isV6 ? 67 : 1, value: int(CLASS_SELECTOR_6) },
    { what: 'TCP_USER_TIMEOUT', level: TCP, name: 18, value: int(userTimeoutMs) },
  ];
}

function deviceCall(device: string): OptionCall {
  return { what: `device ${device} (SO_BINDTODEVICE)`, level: SOCKET, name: 25, value: Buffer.from(`${device}\0`) };
}

/** Sets, replaces or takes away the key for one peer. */
export function passwordCall(key: PeerPassword, socketFamily: Family): OptionCall {
  return { what: 'password (TCP_MD5SIG)', level: TCP, name: 14, value: md5Signature(key, socketFamily) };
}

/** What a listening socket needs before it is bound, as Node would have done it. */
export function listenCalls(family: Family): readonly OptionCall[] {
  const both = { what: 'IPV6_V6ONLY', level: IPV6, name: 26, value: int(0) };
  const reuse = { what: 'SO_REUSEADDR', level: SOCKET, name: 2, value: int(1) };
  return family === 'ipv6' ? [reuse, both] : [reuse];
}

/** The full TTL for a listener's answers, in both families where it hears both. */
export function fullTtlCalls(family: Family): readonly OptionCall[] {
  const value = int(GREATEST_TTL);
  const ipv4 = { what: 'the TTL', level: IP, name: 2, value };
  return family === 'ipv6' ? [ipv4, { what: 'the hop limit', level: IPV6, name: 16, value }] : [ipv4];
}

/**
 * Linux's struct tcp_md5sig:
 *   address(sockaddr_storage, 128) flags(1) prefix-length(1) key-length(2) ifindex(4) key(80) = 216
 */
export function md5Signature({ address, password }: PeerPassword, socketFamily: Family): Uint8Array {
  const signature = new Uint8Array(216);
  const key = Buffer.from(password ?? '');
  signature.set(socketAddress(address, 0, socketFamily), 0);
  signature.set(new Uint8Array(Uint16Array.of(key.length).buffer), 130);
  signature.set(key, 136);
  return signature;
}

/**
 * sockaddr_in:  family(2) port(2) address(4) zero(8)
 * sockaddr_in6: family(2) port(2) flow(4) address(16) scope(4); an IPv4 address on an IPv6 socket is mapped (RFC 4291 §2.5.5.2)
 */
export function socketAddress(address: string, port: number, socketFamily: Family): Uint8Array {
  const parsed = parseIpAddress(address);
  if (parsed === undefined) throw new RangeError(`not an IP address: "${address}"`);
  const isV6 = socketFamily === 'ipv6';
  const result = new Uint8Array(isV6 ? 28 : 16);
  result.set(new Uint8Array(Uint16Array.of(isV6 ? AF_INET6 : AF_INET).buffer), 0);
  const view = new DataView(result.buffer);
  view.setUint16(2, port);
  if (isV6 && parsed.family === 'ipv4') view.setUint16(18, MAPPED);
  result.set(parsed.bytes, isV6 ? 24 - parsed.bytes.length : 4);
  return result;
}
