// RFC 4760 3    MP_REACH_NLRI:   afi(2) safi(1) next-hop-length(1) next-hop reserved(1) nlri
// RFC 4760 4    MP_UNREACH_NLRI: afi(2) safi(1) nlri
// RFC 2545 3    an IPv6 next hop has 16 bytes, or 32 with a link-local address behind the global one
// RFC 8950 4    IPv4 prefixes may have such a next hop, too
//
// A fault here cannot be contained: without a readable NLRI nobody knows which routes to drop (RFC 7606 §5.3), so these
// decoders throw. Families we do not know are answered with `undefined` and skipped.

import type { Family } from '../advertisement.ts';
import { formatIpAddress, parseIpAddress } from '../ip-address.ts';
import { AFI, ERROR, familyFor, SAFI_UNICAST } from './codes.ts';
import { DecodeError } from './decode-error.ts';
import { decodeNlri, encodeNlri } from './nlri.ts';
import { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Routes that became reachable. */
export interface MpReach {
  readonly family: Family;
  readonly nextHop: string;
  readonly linkLocalNextHop?: string;
  readonly nlri: readonly string[];
}

/** Routes that are gone; without any it marks the End-of-RIB of its family (RFC 4724 §2). */
export interface MpUnreach {
  readonly family: Family;
  readonly nlri: readonly string[];
}

const bad = (detail: string): DecodeError => new DecodeError(ERROR.update, 9, detail);
const badNlri = (detail: string): DecodeError => new DecodeError(ERROR.update, 10, detail);

function addressBytes(text: string): Uint8Array {
  const address = parseIpAddress(text);
  if (address === undefined) throw new RangeError(`not an address: ${text}`);
  return address.bytes;
}

/** Appends the attribute's value. */
export function encodeMpReach(writer: Writer, reach: MpReach): void {
  const nextHop = addressBytes(reach.nextHop);
  const linkLocal = reach.linkLocalNextHop === undefined ? new Uint8Array(0) : addressBytes(reach.linkLocalNextHop);
  writer.u16(AFI[reach.family]).u8(SAFI_UNICAST);
  writer
    .u8(nextHop.length + linkLocal.length)
    .bytes(nextHop)
    .bytes(linkLocal);
  writer.u8(0);
  encodeNlri(writer, reach.nlri);
}

function nextHopsOf(bytes: Uint8Array, family: Family): Pick<MpReach, 'nextHop' | 'linkLocalNextHop'> {
  if (bytes.length === 16 || (bytes.length === 4 && family === 'ipv4')) return { nextHop: formatIpAddress(bytes) };
  if (bytes.length !== 32) throw bad(`next hop of ${bytes.length} bytes in ${family}`);
  return {
    nextHop: formatIpAddress(bytes.subarray(0, 16)),
    linkLocalNextHop: formatIpAddress(bytes.subarray(16)),
  };
}

/** Reads the attribute's value; `undefined` for a family we do not know. */
export function decodeMpReach(value: Uint8Array): MpReach | undefined {
  const reader = new Reader(value, bad);
  const family = familyFor(reader.u16(), reader.u8());
  const nextHop = reader.bytes(reader.u8());
  reader.u8();
  if (family === undefined) return undefined;
  const nlri = decodeNlri(reader.bytes(reader.remaining), family, badNlri);
  return { family, ...nextHopsOf(nextHop, family), nlri };
}

/** Appends the attribute's value. */
export function encodeMpUnreach(writer: Writer, unreach: MpUnreach): void {
  writer.u16(AFI[unreach.family]).u8(SAFI_UNICAST);
  encodeNlri(writer, unreach.nlri);
}

/** Reads the attribute's value; `undefined` for a family we do not know. */
export function decodeMpUnreach(value: Uint8Array): MpUnreach | undefined {
  const reader = new Reader(value, bad);
  const family = familyFor(reader.u16(), reader.u8());
  if (family === undefined) return undefined;
  return { family, nlri: decodeNlri(reader.bytes(reader.remaining), family, badNlri) };
}
