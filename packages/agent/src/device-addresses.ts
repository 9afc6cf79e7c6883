// What is said to and read from `ip`, as pure text.
//
// Every address we add carries a lifetime: an agent that dies without a word leaves nothing behind for long. IPv6
// addresses are deprecated from the start (`preferred_lft 0`), since an address on the loopback would otherwise be taken
// as the source of the host's own traffic where the wire has only link-local ones. IPv4 knows no such preference: the
// kernel takes the outgoing device's address and falls back to others only where that device has none.
//
// Ours are told from others': they have a lifetime, IPv4 has our label as well, and IPv6 (which has no labels) is
// deprecated, which together nobody sets up by hand on a loopback. Foreign addresses are never touched, VIPs or not.
import type { NetworkInterfaceInfo } from 'node:os';
import { canonicalAddress, familyOf, type Vip } from '@vipkeeper/core';

/** One host address found on the device. */
export interface FoundAddress {
  readonly vip: Vip;
  readonly ours: boolean;
}

const LABEL_SUFFIX = ':vipkeeper';
const LONGEST_LABEL = 15;
const FOREVER = 4_294_967_295;

/** The label of our IPv4 addresses on this device; the kernel wants it to begin with the device's name. */
export function labelOf(device: string): string {
  return `${device}${LABEL_SUFFIX}`.slice(0, LONGEST_LABEL);
}

/** One line for `ip -batch` that adds the address or renews its lease. */
export function addLine(vip: Vip, device: string, leaseSeconds: number): string {
  const lease = `valid_lft ${leaseSeconds}`;
  return familyOf(vip) === 'ipv6'
    ? `address replace ${vip}/128 dev ${device} ${lease} preferred_lft 0 nodad`
    : `address replace ${vip}/32 dev ${device} label ${labelOf(device)} ${lease} preferred_lft ${leaseSeconds}`;
}

/** One line for `ip -batch` that removes the address. */
export function removeLine(vip: Vip, device: string): string {
  return `address delete ${vip}/${familyOf(vip) === 'ipv6' ? 128 : 32} dev ${device}`;
}

/** The host addresses on the device, from `os.networkInterfaces()`: cheap, and blind to whose they are. */
export function hostAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, device: string): readonly Vip[] {
  return Object.entries(interfaces)
    .filter(([name]) => name === device || name.startsWith(`${device}:`))
    .flatMap(([, infos]) => infos ?? [])
    .filter(info => info.cidr?.endsWith(info.family === 'IPv6' ? '/128' : '/32'))
    .map(info => info.address)
    .sort();
}

/** Reads `ip -json address show dev DEVICE`; host addresses only. Throws when it is not such output. */
export function parseAddresses(json: string, device: string): readonly FoundAddress[] {
  const links: unknown = JSON.parse(json);
  if (!Array.isArray(links)) throw new Error('the output of ip is not a list');
  return links
    .flatMap(link => (isRecord(link) && Array.isArray(link.addr_info) ? link.addr_info : []))
    .flatMap(info => {
      const found = isRecord(info) ? foundAddress(info, device) : null;
      return found === null ? [] : [found];
    });
}

function foundAddress(info: Readonly<Record<string, unknown>>, device: string): FoundAddress | null {
  const isV6 = info.family === 'inet6';
  if (typeof info.local !== 'string' || info.prefixlen !== (isV6 ? 128 : 32)) return null;
  const leased = typeof info.valid_life_time === 'number' && info.valid_life_time < FOREVER;
  const marked = isV6 ? info.preferred_life_time === 0 : info.label === labelOf(device);
  const address = canonicalAddress(info.local);
  return address.kind === 'ok' ? { vip: address.text, ours: leased && marked } : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
