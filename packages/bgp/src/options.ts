// Options are checked once, at the door, with every default in one place. What passes here needs no second look.

import type { Family, PeerOptions, SpeakerOptions } from './advertisement.ts';
import { type BfdNeighbor, checkBfd } from './bfd/options.ts';
import { familyOf, formatIpAddress, identifierNumber, parseIpAddress } from './ip-address.ts';
import { MAX_PASSWORD_BYTES } from './socket-options.ts';
import { AS_TRANS } from './wire/codes.ts';

/** One neighbour with all defaults filled in. */
export interface CheckedPeer {
  /** The address, with the port where it is not 179: what people call this peer. */
  readonly key: string;
  readonly address: string;
  readonly as: number;
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly localAddress4: string | undefined;
  readonly localAddress6: string | undefined;
  readonly passive: boolean;
  readonly multihop: number;
  readonly password: string | undefined;
  readonly ttlSecurity: boolean;
  readonly device: string | undefined;
  readonly holdTimeSeconds: number;
  readonly connectRetrySeconds: number;
  readonly sendHoldTimeSeconds: number | undefined;
  readonly families: readonly Family[];
  readonly bfd: BfdNeighbor | undefined;
}

const BGP_PORT = 179;
/** As the kernel takes them: IFNAMSIZ is 16 with the final zero. */
const DEVICE = /^[^\s/:\0]{1,15}$/;
const DEFAULTS = {
  port: BGP_PORT,
  localAddress: undefined,
  localAddress4: undefined,
  localAddress6: undefined,
  sendHoldTimeSeconds: undefined,
  passive: false,
  multihop: 1,
  password: undefined,
  ttlSecurity: false,
  device: undefined,
  holdTimeSeconds: 9,
  connectRetrySeconds: 5,
  families: ['ipv4', 'ipv6'],
  bfd: undefined,
} as const;

function refuse(who: string, what: string, value: unknown): never {
  throw new RangeError(`Cannot use ${who}: ${what}: current value is ${String(value)}`);
}

function wholeBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** Throws a RangeError unless this AS number may be used: 0 is reserved (RFC 7607), 23456 stands for others (RFC 6793). */
export function checkAs(who: string, as: number): void {
  if (!wholeBetween(as, 1, 0xffffffff)) refuse(who, 'AS must be 1..4294967295', as);
  if (as === AS_TRANS) refuse(who, 'AS 23456 is reserved as AS_TRANS', as);
}

/** Throws a RangeError unless this is a BGP identifier (RFC 6286 §2.1). */
export function checkRouterId(who: string, routerId: string): void {
  if ((identifierNumber(routerId) ?? 0) === 0) {
    refuse(who, 'routerId must be an IPv4 address other than 0.0.0.0', routerId);
  }
}

/** Throws a RangeError unless this is a hold time (RFC 4271 §4.2). */
export function checkHoldTime(who: string, seconds: number): void {
  const good = seconds === 0 || wholeBetween(seconds, 3, 65535);
  if (!good) refuse(who, 'holdTimeSeconds must be 0 or 3..65535', seconds);
}

/** The address in its canonical spelling, since addresses are compared as text. */
function checkAddress(who: string, name: string, value: string, family?: Family): string {
  const parsed = parseIpAddress(value) ?? refuse(who, `${name} must be an IP address without zone`, value);
  if (family !== undefined && parsed.family !== family) refuse(who, `${name} must be an ${family} address`, value);
  return formatIpAddress(parsed.bytes);
}

function checkLocal(who: string, name: string, value: string | undefined, family: Family): string | undefined {
  return value === undefined ? undefined : checkAddress(who, name, value, family);
}

function checkFamilies(who: string, families: readonly Family[]): void {
  const known = families.every(family => family === 'ipv4' || family === 'ipv6');
  if (!known || families.length === 0 || new Set(families).size !== families.length) {
    refuse(who, 'families must be ipv4, ipv6 or both', families);
  }
}

/** Says how long it is, never what it is. */
function checkPassword(who: string, password: string | undefined): void {
  const bytes = Buffer.byteLength(password ?? '?');
  if (bytes < 1 || bytes > MAX_PASSWORD_BYTES) {
    refuse(who, `password must have 1..${MAX_PASSWORD_BYTES} bytes`, `${bytes} bytes`);
  }
}

function keyOf(address: string, port: number): string {
  if (port === BGP_PORT) return address;
  return familyOf(address) === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Throws a RangeError that names the peer and what is wrong with it. */
export function checkPeer(options: PeerOptions): CheckedPeer {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const peer: Omit<CheckedPeer, 'key' | 'bfd'> = { ...DEFAULTS, address: options.address, as: options.as, ...given };
  const who = `peer ${peer.address}`;
  const address = checkAddress(who, 'address', peer.address);
  checkAs(who, peer.as);
  if (!wholeBetween(peer.port, 1, 65535)) refuse(who, 'port must be 1..65535', peer.port);
  const localAddress = checkLocal(who, 'localAddress', peer.localAddress, familyOf(address));
  const localAddress4 = checkLocal(who, 'localAddress4', peer.localAddress4, 'ipv4');
  const localAddress6 = checkLocal(who, 'localAddress6', peer.localAddress6, 'ipv6');
  if (!wholeBetween(peer.multihop, 1, 255)) refuse(who, 'multihop must be 1..255', peer.multihop);
  checkPassword(who, peer.password);
  if (peer.device !== undefined && !DEVICE.test(peer.device)) refuse(who, 'device must be a device name', peer.device);
  checkHoldTime(who, peer.holdTimeSeconds);
  checkSeconds(who, 'connectRetrySeconds', peer.connectRetrySeconds);
  checkSeconds(who, 'sendHoldTimeSeconds', peer.sendHoldTimeSeconds);
  checkFamilies(who, peer.families);
  const bfd = checkBfd(who, options.bfd, { ...peer, address, localAddress });
  return { ...peer, address, localAddress, localAddress4, localAddress6, bfd, key: keyOf(address, peer.port) };
}

function checkSeconds(who: string, name: string, value: number | undefined): void {
  if (value === undefined || (Number.isFinite(value) && value > 0 && value <= 65535)) return;
  refuse(who, `${name} must be above 0 and at most 65535`, value);
}

/** Checks a whole list; two peers with one address and port are a mistake, and so are two passwords for one address. */
export function checkPeers(options: readonly PeerOptions[]): CheckedPeer[] {
  const peers = options.map(checkPeer);
  const seen = new Set<string>();
  for (const { key } of peers) {
    if (seen.has(key)) refuse(`peer ${key}`, 'it is there twice', key);
    seen.add(key);
  }
  for (const { key, address, password } of peers) {
    const first = peers.find(other => other.address === address);
    if (first?.password !== password)
      refuse(`peer ${key}`, 'its password must be that of the other peer there', '(hidden)');
  }
  return peers;
}

/** Checks what does not belong to a peer. */
export function checkSpeaker(options: SpeakerOptions): void {
  checkAs('this speaker', options.localAs);
  checkRouterId('this speaker', options.routerId);
}
