// IP addresses as text. Core may not ask the runtime, and lenient parsers read `010.1.1.1` as octal 8.1.1.1; so a strict
// grammar stands before ipaddr.js: four plain decimal octets, or the groups of RFC 4291 section 2.2, and nothing else. No zone,
// no leading zero, no short form. What comes out is always canonical (RFC 5952), so texts can be compared with `===`.
import ipaddr from 'ipaddr.js';
import type { Family, Vip } from './vocabulary.ts';

/** An address or why it is none. `why` continues "…": it starts with a lower-case letter and has no full stop. */
export type AddressResult =
  | { readonly kind: 'ok'; readonly text: string; readonly family: Family }
  | { readonly kind: 'bad'; readonly why: string };

const OCTET = /^(0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

function whyNotIpv4(text: string): string | null {
  const octets = text.split('.');
  if (octets.length !== 4) return 'an IPv4 address has four octets';
  for (const octet of octets) {
    if (/^0[0-9]+$/.test(octet)) return `"${octet}" has a leading zero, which some programs read as octal`;
    if (!OCTET.test(octet) || Number(octet) > 255) return `"${octet}" is not an octet (0 to 255)`;
  }
  return null;
}

/** Groups of one side of `::`; null when there are none. */
function sideOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

function whyNotIpv6(text: string): string | null {
  const sides = text.split('::');
  if (sides.length > 2) return '"::" may stand only once';
  const groups = sides.flatMap(sideOf);
  const tail = groups.at(-1) ?? '';
  const embedded = tail.includes('.');
  if (embedded && whyNotIpv4(tail) !== null) return whyNotIpv4(tail);
  const hex = embedded ? groups.slice(0, -1) : groups;
  const wrong = hex.find(group => !GROUP.test(group));
  if (wrong !== undefined) return `"${wrong}" is not a group of one to four hexadecimal digits`;
  const count = hex.length + (embedded ? 2 : 0);
  if (sides.length === 1 ? count !== 8 : count > 7) return 'an IPv6 address has eight groups';
  return null;
}

/**
 * Reads an address strictly and gives its canonical text (RFC 5952). Refused: leading zeros, short forms, zone ids,
 * lengths, brackets, blanks, IPv4-mapped IPv6.
 */
export function canonicalAddress(text: string): AddressResult {
  if (text.includes('%')) return { kind: 'bad', why: 'a zone id has no meaning here' };
  if (text.includes('/')) return { kind: 'bad', why: 'an address is wanted here, without a prefix length' };
  if (!/^[0-9a-f:.]+$/i.test(text)) return { kind: 'bad', why: 'it is not an IP address' };
  const family: Family = text.includes(':') ? 'ipv6' : 'ipv4';
  const why = family === 'ipv6' ? whyNotIpv6(text) : whyNotIpv4(text);
  if (why !== null) return { kind: 'bad', why };
  if (family === 'ipv4') return { kind: 'ok', text, family };
  const parsed = ipaddr.IPv6.parse(text);
  if (parsed.isIPv4MappedAddress()) return { kind: 'bad', why: 'it is IPv4-mapped: write the IPv4 address itself' };
  return { kind: 'ok', text: parsed.toRFC5952String(), family };
}

const NO_VIP_RANGES: Readonly<Record<string, string>> = {
  unspecified: 'it is the unspecified address',
  loopback: 'it is a loopback address',
  multicast: 'it is a multicast address',
  broadcast: 'it is the broadcast address',
  linkLocal: 'it is link-local and cannot be routed',
};

/** Like {@link canonicalAddress}, and refuses what can never be a virtual IP: unspecified, loopback, link-local, multicast, broadcast. */
export function canonicalVip(text: string): AddressResult {
  const address = canonicalAddress(text);
  if (address.kind === 'bad') return address;
  const range: string = ipaddr.parse(address.text).range();
  const zeroNet = address.family === 'ipv4' && address.text.startsWith('0.');
  const why = zeroNet ? NO_VIP_RANGES.unspecified : NO_VIP_RANGES[range];
  return why === undefined ? address : { kind: 'bad', why };
}

/** True when the text is a VIP and is already canonical: what a znode's name must be. */
export function isCanonicalVip(text: string): text is Vip {
  const result = canonicalVip(text);
  return result.kind === 'ok' && result.text === text;
}

/** A network of the allow-list. `text` is canonical, with length. */
export interface Prefix {
  readonly text: string;
  readonly family: Family;
  readonly length: number;
}

/** A prefix or why it is none. */
export type PrefixResult =
  | { readonly kind: 'ok'; readonly prefix: Prefix }
  | { readonly kind: 'bad'; readonly why: string };

/** Reads `ADDRESS/LENGTH` strictly; bits set beyond the length are refused, for they hide a typing error. */
export function parsePrefix(text: string): PrefixResult {
  const [base = '', lengthText, ...rest] = text.split('/');
  if (lengthText === undefined)
    return { kind: 'bad', why: 'a prefix is wanted here, such as 192.0.2.0/24 or 2001:db8::/64' };
  const address = canonicalAddress(base);
  if (address.kind === 'bad') return address;
  const longest = address.family === 'ipv6' ? 128 : 32;
  if (rest.length > 0 || !OCTET.test(lengthText) || Number(lengthText) > longest) {
    return { kind: 'bad', why: `the length must be a number from 0 to ${longest}` };
  }
  const length = Number(lengthText);
  const network = networkOf(address.text, address.family, length);
  if (network !== address.text)
    return { kind: 'bad', why: `bits are set beyond the length: ${network}/${length} is meant?` };
  return { kind: 'ok', prefix: { text: `${network}/${length}`, family: address.family, length } };
}

function networkOf(address: string, family: Family, length: number): string {
  const cidr = `${address}/${length}`;
  if (family === 'ipv4') return ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
  return ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String();
}

/** True when the canonical address lies inside the prefix. */
export function prefixContains(prefix: Prefix, address: string): boolean {
  if (prefix.family !== (address.includes(':') ? 'ipv6' : 'ipv4')) return false;
  const [base = ''] = prefix.text.split('/');
  return networkOf(address, prefix.family, prefix.length) === base;
}

/** Orders addresses as numbers, IPv4 before IPv6. */
export function compareAddresses(a: string, b: string): number {
  const left = ipaddr.parse(a).toByteArray();
  const right = ipaddr.parse(b).toByteArray();
  if (left.length !== right.length) return left.length - right.length;
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at < 0 ? 0 : left[at]! - right[at]!;
}
