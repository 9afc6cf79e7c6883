// Addresses and prefixes between text and bytes. Text is canonical (dotted quad without leading zeros, RFC 5952), so
// equal addresses are equal strings and a prefix can be the key of a map. Zone identifiers are refused: nothing on the
// wire can carry them.

import type { Family } from './advertisement.ts';

/** One address in network byte order: 4 bytes for ipv4, 16 for ipv6. */
export interface IpAddress {
  readonly family: Family;
  readonly bytes: Uint8Array;
}

/** An address and how many of its leading bits count; the others are zero. */
export interface Prefix extends IpAddress {
  readonly length: number;
}

/** How many bits an address of this family has. */
export const ADDRESS_BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

const DIGITS = /^(0|[1-9][0-9]{0,2})$/;

const DOT = 46;
const ZERO = 48;

/** By hand, character by character: this runs for every route of every set. */
function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (value < 0 || part === 3) return undefined;
      bytes[part++] = value;
      value = -1;
      continue;
    }
    const digit = code - ZERO;
    const leadingZero = value === 0;
    value = (value < 0 ? 0 : value * 10) + digit;
    if (digit < 0 || digit > 9 || leadingZero || value > 255) return undefined;
  }
  if (part !== 3 || value < 0) return undefined;
  bytes[3] = value;
  return bytes;
}

/** The last 32 bits may be written as a dotted quad (RFC 4291 §2.2); rewrite them as two groups. */
function withoutDottedTail(text: string): string | undefined {
  const at = text.lastIndexOf(':');
  if (!text.includes('.')) return text;
  const tail = parseIpv4(text.slice(at + 1));
  if (tail === undefined || at < 0) return undefined;
  const view = new DataView(tail.buffer);
  return `${text.slice(0, at + 1)}${view.getUint16(0).toString(16)}:${view.getUint16(2).toString(16)}`;
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  for (const part of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    groups.push(Number.parseInt(part, 16));
  }
  return groups;
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const plain = withoutDottedTail(text);
  const halves = plain?.split('::');
  if (halves === undefined || halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const view = new DataView(new ArrayBuffer(16));
  head.forEach((group, i) => {
    view.setUint16(2 * i, group);
  });
  tail.forEach((group, i) => {
    view.setUint16(2 * (head.length + missing + i), group);
  });
  return new Uint8Array(view.buffer);
}

/** Reads an address; `undefined` when the text is not one (octal-looking quads and zone identifiers are not). */
export function parseIpAddress(text: string): IpAddress | undefined {
  const family: Family = text.includes(':') ? 'ipv6' : 'ipv4';
  const bytes = family === 'ipv6' ? parseIpv6(text) : parseIpv4(text);
  return bytes === undefined ? undefined : { family, bytes };
}

/** Where the longest run of at least two zero groups begins and ends; the first one wins a tie (RFC 5952 §4.2). */
function longestZeroRun(groups: readonly number[]): { from: number; to: number } | undefined {
  let best: { from: number; to: number } | undefined;
  for (let from = 0; from < groups.length; from++) {
    let to = from;
    while (groups[to] === 0) to++;
    if (to - from >= 2 && (best === undefined || to - from > best.to - best.from)) best = { from, to };
    if (to > from) from = to;
  }
  return best;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  const hex = (part: readonly number[]): string => part.map(group => group.toString(16)).join(':');
  const run = longestZeroRun(groups);
  return run === undefined ? hex(groups) : `${hex(groups.slice(0, run.from))}::${hex(groups.slice(run.to))}`;
}

/** Writes 4 or 16 bytes as canonical text. */
export function formatIpAddress(bytes: Uint8Array): string {
  return bytes.length === 4 ? `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` : formatIpv6(bytes);
}

/** The IPv4 address inside `::ffff:a.b.c.d` (how a dual-stack socket shows an IPv4 peer), else the canonical text. */
export function plainAddress(text: string): string {
  const parsed = parseIpAddress(text.replace(/%.*$/, ''));
  if (parsed === undefined) return text;
  const { bytes } = parsed;
  const mapped = bytes.length === 16 && bytes.every((byte, i) => (i < 10 ? byte === 0 : i > 11 || byte === 0xff));
  if (mapped) return formatIpAddress(bytes.slice(12));
  return formatIpAddress(bytes);
}

/** Clears every bit behind `length`, in place. */
export function clearHostBits(bytes: Uint8Array, length: number): void {
  const full = length >> 3;
  if (full >= bytes.length) return;
  bytes[full] = (bytes[full] as number) & (0xff00 >> (length & 7));
  bytes.fill(0, full + 1);
}

function hasHostBits(bytes: Uint8Array, length: number): boolean {
  for (let i = length >> 3; i < bytes.length; i++) {
    const mask = i === length >> 3 ? 0xff >> (length & 7) : 0xff;
    if (((bytes[i] as number) & mask) !== 0) return true;
  }
  return false;
}

/** Reads a prefix such as `192.0.2.0/24`; `undefined` when it is not one or has bits set behind its length. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIpAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !DIGITS.test(digits)) return undefined;
  const length = Number(digits);
  if (length > ADDRESS_BITS[address.family]) return undefined;
  if (hasHostBits(address.bytes, length)) return undefined;
  return { family: address.family, bytes: address.bytes, length };
}

/** Writes a prefix as canonical text. */
export function formatPrefix(prefix: { readonly bytes: Uint8Array; readonly length: number }): string {
  return `${formatIpAddress(prefix.bytes)}/${prefix.length}`;
}

/** The family of a canonical prefix or address, by its looks. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 'ipv6' : 'ipv4';
}

/** An IPv4 address as the unsigned number by which BGP identifiers are compared (RFC 6286 §2.3); `undefined` if it is none. */
export function identifierNumber(text: string): number | undefined {
  const bytes = parseIpAddress(text);
  return bytes?.family === 'ipv4' ? new DataView(bytes.bytes.buffer).getUint32(0) : undefined;
}
