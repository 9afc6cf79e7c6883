// RFC 4271 4.3  path attribute: flags(1) type(1) length(1, or 2 with the extended-length flag) value
// flags: 0x80 optional, 0x40 transitive, 0x20 partial, 0x10 extended length
//
// What can be wrong with one is graded by RFC 7606: some faults drop the attribute, most drop the routes of the UPDATE
// ("treat as withdraw"), and only what hides the NLRI ends the session. The first two are values in a list of problems,
// the third is a thrown DecodeError. Encoding puts MP_REACH and MP_UNREACH first (RFC 7606 §5.1), then ascending types.

import { parseIpAddress } from '../ip-address.ts';
import { type AsPathSegment, encodeAsPath, needsAs4Path } from './as-path.ts';
import { ATTRIBUTE } from './codes.ts';
import { encodeMpReach, encodeMpUnreach, type MpReach, type MpUnreach } from './mp-reach.ts';
import { Writer } from './writer.ts';

/** What the session agreed on and the coding of attributes depends on. */
export interface AttributeContext {
  /** Both sides have four-octet AS numbers (RFC 6793). */
  readonly fourOctetAs: boolean;
  /** The peer is in our own AS. */
  readonly ibgp: boolean;
}

/** The three origins, in the order of their codes (RFC 4271 §5.1.1). */
export const ORIGINS = ['igp', 'egp', 'incomplete'] as const;

/** How a route came into BGP. */
export type Origin = (typeof ORIGINS)[number];

/** RFC 8092 §3: global administrator and two local parts. */
export type LargeCommunity = readonly [number, number, number];

/** An attribute that we carry but do not understand. */
export interface OpaqueAttribute {
  readonly flags: number;
  readonly type: number;
  readonly value: Uint8Array;
}

/** The attributes of one UPDATE; what is absent is not on the wire. AS4_PATH is merged into `asPath`. */
export interface Attributes {
  readonly origin?: Origin;
  readonly asPath?: readonly AsPathSegment[];
  readonly nextHop?: string;
  readonly med?: number;
  readonly localPref?: number;
  readonly atomicAggregate?: true;
  readonly communities?: readonly number[];
  readonly largeCommunities?: readonly LargeCommunity[];
  readonly mpReach?: MpReach;
  readonly mpUnreach?: MpUnreach;
  readonly opaque?: readonly OpaqueAttribute[];
}

/** Flag bits. */
export const FLAG = { optional: 0x80, transitive: 0x40, partial: 0x20, extended: 0x10 } as const;

const WELL_KNOWN = FLAG.transitive;
const OPTIONAL = FLAG.optional;
const OPTIONAL_TRANSITIVE = FLAG.optional | FLAG.transitive;

/** Flags (optional and transitive bits) each attribute that we know must have. */
export const EXPECTED_FLAGS: Readonly<Record<number, number>> = {
  [ATTRIBUTE.origin]: WELL_KNOWN,
  [ATTRIBUTE.asPath]: WELL_KNOWN,
  [ATTRIBUTE.nextHop]: WELL_KNOWN,
  [ATTRIBUTE.med]: OPTIONAL,
  [ATTRIBUTE.localPref]: WELL_KNOWN,
  [ATTRIBUTE.atomicAggregate]: WELL_KNOWN,
  [ATTRIBUTE.aggregator]: OPTIONAL_TRANSITIVE,
  [ATTRIBUTE.communities]: OPTIONAL_TRANSITIVE,
  [ATTRIBUTE.originatorId]: OPTIONAL,
  [ATTRIBUTE.clusterList]: OPTIONAL,
  [ATTRIBUTE.mpReach]: OPTIONAL,
  [ATTRIBUTE.mpUnreach]: OPTIONAL,
  [ATTRIBUTE.extendedCommunities]: OPTIONAL_TRANSITIVE,
  [ATTRIBUTE.as4Path]: OPTIONAL_TRANSITIVE,
  [ATTRIBUTE.as4Aggregator]: OPTIONAL_TRANSITIVE,
  [ATTRIBUTE.largeCommunities]: OPTIONAL_TRANSITIVE,
};

function append(writer: Writer, flags: number, type: number, value: Uint8Array): void {
  if (value.length > 255)
    writer
      .u8(flags | FLAG.extended)
      .u8(type)
      .u16(value.length);
  else
    writer
      .u8(flags & ~FLAG.extended)
      .u8(type)
      .u8(value.length);
  writer.bytes(value);
}

function appendKnown(writer: Writer, type: number, write: (value: Writer) => void): void {
  const value = new Writer(64);
  write(value);
  append(writer, EXPECTED_FLAGS[type] as number, type, value.finish());
}

function appendAsPath(writer: Writer, path: readonly AsPathSegment[], fourOctetAs: boolean): void {
  appendKnown(writer, ATTRIBUTE.asPath, value => encodeAsPath(value, path, fourOctetAs ? 4 : 2));
}

function ipv4Bytes(text: string): Uint8Array {
  const address = parseIpAddress(text);
  if (address?.family !== 'ipv4') throw new RangeError(`not an IPv4 address: ${text}`);
  return address.bytes;
}

function appendReachability(writer: Writer, { mpReach, mpUnreach }: Attributes): void {
  if (mpReach !== undefined) appendKnown(writer, ATTRIBUTE.mpReach, value => encodeMpReach(value, mpReach));
  if (mpUnreach !== undefined) appendKnown(writer, ATTRIBUTE.mpUnreach, value => encodeMpUnreach(value, mpUnreach));
}

function appendClassic(writer: Writer, attributes: Attributes, context: AttributeContext): void {
  const { origin, asPath, nextHop, med, localPref } = attributes;
  if (origin !== undefined) appendKnown(writer, ATTRIBUTE.origin, value => value.u8(ORIGINS.indexOf(origin)));
  if (asPath !== undefined) appendAsPath(writer, asPath, context.fourOctetAs);
  if (nextHop !== undefined) appendKnown(writer, ATTRIBUTE.nextHop, value => value.bytes(ipv4Bytes(nextHop)));
  if (med !== undefined) appendKnown(writer, ATTRIBUTE.med, value => value.u32(med));
  if (localPref !== undefined) appendKnown(writer, ATTRIBUTE.localPref, value => value.u32(localPref));
  if (attributes.atomicAggregate) appendKnown(writer, ATTRIBUTE.atomicAggregate, () => {});
}

function appendCommunities(writer: Writer, { communities, largeCommunities }: Attributes): void {
  if (communities !== undefined) {
    appendKnown(writer, ATTRIBUTE.communities, value => {
      for (const community of communities) value.u32(community);
    });
  }
  if (largeCommunities !== undefined) {
    appendKnown(writer, ATTRIBUTE.largeCommunities, value => {
      for (const [global, local1, local2] of largeCommunities) value.u32(global).u32(local1).u32(local2);
    });
  }
}

/** Encodes all attributes, without the length field of the UPDATE before them. */
export function encodeAttributes(attributes: Attributes, context: AttributeContext): Uint8Array {
  const writer = new Writer();
  appendReachability(writer, attributes);
  appendClassic(writer, attributes, context);
  const { asPath, opaque = [] } = attributes;
  if (!context.fourOctetAs && asPath !== undefined && needsAs4Path(asPath)) {
    appendKnown(writer, ATTRIBUTE.as4Path, value => encodeAsPath(value, asPath, 4));
  }
  appendCommunities(writer, attributes);
  for (const { flags, type, value } of opaque) append(writer, flags, type, value);
  return writer.finish();
}
