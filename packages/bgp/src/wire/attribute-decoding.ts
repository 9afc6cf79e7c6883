// The receiving half of path attributes, after RFC 7606: what is wrong with one attribute costs that attribute, or the
// routes of this UPDATE, and only in the rare case the session. Encoding and the shared types are in path-attribute.ts.

import { formatIpAddress } from '../ip-address.ts';
import { type AsPathSegment, decodeAsPath, mergeAs4Path } from './as-path.ts';
import { ATTRIBUTE, ERROR } from './codes.ts';
import { DecodeError } from './decode-error.ts';
import { decodeMpReach, decodeMpUnreach } from './mp-reach.ts';
import {
  type AttributeContext,
  type Attributes,
  EXPECTED_FLAGS,
  FLAG,
  type LargeCommunity,
  type OpaqueAttribute,
  ORIGINS,
} from './path-attribute.ts';
import { Reader } from './reader.ts';

/** How far a fault reaches, RFC 7606 §2 (a session reset is a DecodeError instead). */
export type ProblemGrade = 'attribute-discard' | 'treat-as-withdraw';

/** One contained fault. `attribute` is the type code; 0 when the list itself is broken. */
export interface AttributeProblem {
  readonly grade: ProblemGrade;
  readonly attribute: number;
  readonly detail: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Draft {
  readonly attributes: Mutable<Attributes>;
  readonly opaque: OpaqueAttribute[];
  readonly problems: AttributeProblem[];
  readonly seen: Set<number>;
  as4Path?: readonly AsPathSegment[];
}

/** Thrown by a value decoder for a contained fault, caught by the loop below; never leaves this file. */
class ContainedFault extends Error {}

const contained = (detail: string): ContainedFault => new ContainedFault(detail);
const malformedList = (detail: string): DecodeError => new DecodeError(ERROR.update, 1, detail);

/** Faults in these cost the attribute only (RFC 7606 §7.6, §7.7, §7.9, §7.10 and RFC 6793 §6). */
const DISCARDED = new Set<number>([
  ATTRIBUTE.atomicAggregate,
  ATTRIBUTE.aggregator,
  ATTRIBUTE.as4Path,
  ATTRIBUTE.as4Aggregator,
]);
/** iBGP's own: from an eBGP peer they are dropped unread (RFC 7606 §7.5, §7.9, §7.10). */
const IBGP_ONLY = new Set<number>([ATTRIBUTE.localPref, ATTRIBUTE.originatorId, ATTRIBUTE.clusterList]);

function viewOf(value: Uint8Array, length: number): DataView {
  if (value.length !== length) throw contained(`${value.length} bytes instead of ${length}`);
  return new DataView(value.buffer, value.byteOffset, value.byteLength);
}

function wordsOf(value: Uint8Array, group: number): number[] {
  if (value.length === 0 || value.length % (4 * group) !== 0) throw contained(`${value.length} bytes`);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length / 4 }, (_, i) => view.getUint32(4 * i));
}

function decodeLargeCommunities(value: Uint8Array): LargeCommunity[] {
  const words = wordsOf(value, 3);
  const communities: LargeCommunity[] = [];
  for (let i = 0; i < words.length; i += 3) {
    communities.push([words[i] as number, words[i + 1] as number, words[i + 2] as number]);
  }
  return communities;
}

function decodeOrigin(value: Uint8Array): (typeof ORIGINS)[number] {
  const origin = ORIGINS[viewOf(value, 1).getUint8(0)];
  if (origin === undefined) throw contained('undefined value');
  return origin;
}

/** Lengths of attributes that are carried unread: each must be a non-zero multiple. */
const OPAQUE_UNITS: Readonly<Record<number, number>> = {
  [ATTRIBUTE.originatorId]: 4,
  [ATTRIBUTE.clusterList]: 4,
  [ATTRIBUTE.extendedCommunities]: 8,
};

function keepOpaque(draft: Draft, attribute: OpaqueAttribute, context: AttributeContext): void {
  const { type, value } = attribute;
  const unit = OPAQUE_UNITS[type] ?? 0;
  if (unit > 0 && (value.length === 0 || value.length % unit !== 0)) throw contained(`${value.length} bytes`);
  if (type === ATTRIBUTE.originatorId) viewOf(value, 4);
  if (type === ATTRIBUTE.aggregator) viewOf(value, context.fourOctetAs ? 8 : 6);
  if (type === ATTRIBUTE.as4Aggregator) viewOf(value, 8);
  draft.opaque.push(attribute);
}

function decodeValue(draft: Draft, attribute: OpaqueAttribute, context: AttributeContext): void {
  const { attributes } = draft;
  const { type, value } = attribute;
  switch (type) {
    case ATTRIBUTE.origin:
      attributes.origin = decodeOrigin(value);
      return;
    case ATTRIBUTE.asPath:
      attributes.asPath = decodeAsPath(value, context.fourOctetAs ? 4 : 2, contained);
      return;
    case ATTRIBUTE.nextHop:
      viewOf(value, 4);
      attributes.nextHop = formatIpAddress(value);
      return;
    case ATTRIBUTE.med:
      attributes.med = viewOf(value, 4).getUint32(0);
      return;
    case ATTRIBUTE.localPref:
      attributes.localPref = viewOf(value, 4).getUint32(0);
      return;
    case ATTRIBUTE.atomicAggregate:
      viewOf(value, 0);
      attributes.atomicAggregate = true;
      return;
    case ATTRIBUTE.communities:
      attributes.communities = wordsOf(value, 1);
      return;
    case ATTRIBUTE.largeCommunities:
      attributes.largeCommunities = decodeLargeCommunities(value);
      return;
    case ATTRIBUTE.as4Path:
      if (!context.fourOctetAs) draft.as4Path = decodeAsPath(value, 4, contained);
      return;
    default:
      keepOpaque(draft, attribute, context);
  }
}

function decodeReachability(draft: Draft, type: number, value: Uint8Array): boolean {
  if (type !== ATTRIBUTE.mpReach && type !== ATTRIBUTE.mpUnreach) return false;
  if (draft.seen.has(type)) throw malformedList(`attribute ${type} twice`);
  const reach = type === ATTRIBUTE.mpReach ? decodeMpReach(value) : undefined;
  const unreach = type === ATTRIBUTE.mpUnreach ? decodeMpUnreach(value) : undefined;
  if (reach !== undefined) draft.attributes.mpReach = reach;
  if (unreach !== undefined) draft.attributes.mpUnreach = unreach;
  if (reach === undefined && unreach === undefined) problem(draft, 'attribute-discard', type, 'unknown family');
  return true;
}

function problem(draft: Draft, grade: ProblemGrade, attribute: number, detail: string): void {
  draft.problems.push({ grade, attribute, detail });
}

function flagsFault(flags: number, type: number): string | undefined {
  const expected = EXPECTED_FLAGS[type];
  if (expected === undefined) {
    if ((flags & FLAG.optional) === 0) throw new DecodeError(ERROR.update, 2, `attribute ${type}`);
    return undefined;
  }
  const actual = flags & (FLAG.optional | FLAG.transitive);
  return actual === expected ? undefined : `flags 0x${flags.toString(16)}`;
}

function decodeOne(draft: Draft, attribute: OpaqueAttribute, context: AttributeContext): void {
  const { flags, type, value } = attribute;
  const fault = flagsFault(flags, type);
  const reachability = decodeReachability(draft, type, value);
  const repeated = draft.seen.has(type);
  draft.seen.add(type);
  if (fault !== undefined) {
    problem(draft, 'treat-as-withdraw', type, fault);
  } else if (repeated) {
    problem(draft, 'attribute-discard', type, 'repeated');
  } else if (IBGP_ONLY.has(type) && !context.ibgp) {
    problem(draft, 'attribute-discard', type, 'from an eBGP peer');
  } else if (!reachability) {
    decodeContained(draft, attribute, context);
  }
}

function decodeContained(draft: Draft, attribute: OpaqueAttribute, context: AttributeContext): void {
  try {
    decodeValue(draft, attribute, context);
  } catch (error) {
    if (!(error instanceof ContainedFault)) throw error;
    const grade = DISCARDED.has(attribute.type) ? 'attribute-discard' : 'treat-as-withdraw';
    problem(draft, grade, attribute.type, error.message);
  }
}

function readAttribute(reader: Reader): OpaqueAttribute {
  const flags = reader.u8();
  const type = reader.u8();
  const length = (flags & FLAG.extended) === 0 ? reader.u8() : reader.u16();
  return { flags: flags & ~FLAG.extended, type, value: reader.bytes(length) };
}

/** What decoding attributes gives: everything readable, and what was wrong with the rest. */
export interface DecodedAttributes {
  readonly attributes: Attributes;
  readonly problems: readonly AttributeProblem[];
}

/**
 * Decodes the attributes of one UPDATE. A list that runs past its end costs the routes, not the session, since the
 * length field before it still tells where the NLRI begins (RFC 7606 §4). Throws a DecodeError only for what must reset.
 */
export function decodeAttributes(bytes: Uint8Array, context: AttributeContext): DecodedAttributes {
  const draft: Draft = { attributes: {}, opaque: [], problems: [], seen: new Set() };
  const reader = new Reader(bytes, contained);
  while (reader.remaining > 0) {
    let attribute: OpaqueAttribute;
    try {
      attribute = readAttribute(reader);
    } catch {
      problem(draft, 'treat-as-withdraw', 0, 'attribute runs past the end of the list');
      break;
    }
    decodeOne(draft, attribute, context);
  }
  const { attributes, as4Path, opaque } = draft;
  if (as4Path !== undefined && attributes.asPath !== undefined) {
    attributes.asPath = mergeAs4Path(attributes.asPath, as4Path);
  }
  if (opaque.length > 0) attributes.opaque = opaque;
  return { attributes, problems: draft.problems };
}
