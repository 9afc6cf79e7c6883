// What two OPENs mean together: whether theirs is acceptable to us (RFC 4271 §6.2), what both sides can do
// (RFC 5492 §3), and which of two colliding connections stays (RFC 4271 §6.8 as amended by RFC 6286 §2.3). Pure.

import type { Family } from './advertisement.ts';
import { identifierNumber } from './ip-address.ts';
import type { Capability } from './wire/capability.ts';
import { AFI, AS_TRANS, ERROR, familyFor, SAFI_UNICAST } from './wire/codes.ts';
import { DecodeError } from './wire/decode-error.ts';
import type { OpenMessage } from './wire/open.ts';
import type { AttributeContext } from './wire/path-attribute.ts';
import { Writer } from './wire/writer.ts';

/** Who we are and whom we accept. */
export interface OpenTerms {
  readonly localAs: number;
  readonly routerId: string;
  /** One AS, several, or any but 0. */
  readonly peerAs: number | readonly number[] | 'any';
  /** Proposed hold time, seconds. */
  readonly holdTimeSeconds: number;
  readonly families: readonly Family[];
}

/** What holds for one session, once both OPENs are known. */
export interface Negotiated extends AttributeContext {
  readonly peerAs: number;
  readonly peerIdentifier: string;
  /** The smaller of both proposals, seconds; 0 = no keepalives. */
  readonly holdTimeSeconds: number;
  readonly families: readonly Family[];
  readonly routeRefresh: boolean;
  readonly enhancedRouteRefresh: boolean;
  readonly extendedMessage: boolean;
}

/** Our OPEN. Graceful restart is left out on purpose: a router must drop a dead speaker's routes at once. */
export function openFor(terms: OpenTerms): OpenMessage {
  const multiprotocol = terms.families.map((family): Capability => {
    return { kind: 'multiprotocol', afi: AFI[family], safi: SAFI_UNICAST };
  });
  return {
    type: 'open',
    myAs: terms.localAs > 0xffff ? AS_TRANS : terms.localAs,
    holdTime: terms.holdTimeSeconds,
    identifier: terms.routerId,
    capabilities: [
      ...multiprotocol,
      { kind: 'routeRefresh' },
      { kind: 'extendedMessage' },
      { kind: 'fourOctetAs', as: terms.localAs },
      { kind: 'enhancedRouteRefresh' },
    ],
  };
}

function has(open: OpenMessage, kind: Capability['kind']): boolean {
  return open.capabilities.some(capability => capability.kind === kind);
}

/** The AS a peer says it is in: the four-octet capability where there is one (RFC 6793 §4.1). */
export function asOf(open: OpenMessage): number {
  for (const capability of open.capabilities) if (capability.kind === 'fourOctetAs') return capability.as;
  return open.myAs;
}

/** Families a peer offers; without any multiprotocol capability it speaks plain IPv4 (RFC 4760 §8). */
function familiesOf(open: OpenMessage): readonly (Family | undefined)[] {
  const offered = open.capabilities.filter(capability => capability.kind === 'multiprotocol');
  return offered.length === 0 ? ['ipv4'] : offered.map(({ afi, safi }) => familyFor(afi, safi));
}

function acceptsAs(terms: OpenTerms, as: number): boolean {
  const { peerAs } = terms;
  return peerAs === 'any' || (typeof peerAs === 'number' ? peerAs === as : peerAs.includes(as));
}

function checkAs(open: OpenMessage, terms: OpenTerms): void {
  const as = asOf(open);
  const bad = (detail: string): DecodeError => new DecodeError(ERROR.open, 2, detail);
  if (as === 0 || open.myAs === 0) throw bad('the peer says it is in AS 0, which nobody may use');
  if (!acceptsAs(terms, as)) throw bad(`the peer says it is in AS ${as}, configured is AS ${String(terms.peerAs)}`);
}

function checkIdentifier(open: OpenMessage, terms: OpenTerms): void {
  const bad = (detail: string): DecodeError => new DecodeError(ERROR.open, 3, detail);
  if (open.identifier === '0.0.0.0') throw bad('the peer has identifier 0.0.0.0');
  const internal = asOf(open) === terms.localAs;
  if (internal && open.identifier === terms.routerId) throw bad(`the peer has our own identifier ${terms.routerId}`);
}

function checkHoldTime({ holdTime }: OpenMessage): void {
  if (holdTime === 1 || holdTime === 2) {
    throw new DecodeError(ERROR.open, 6, `the peer proposes a hold time of ${holdTime} s`);
  }
}

function wantedCapabilities(families: readonly Family[]): Uint8Array {
  const writer = new Writer();
  for (const family of families) writer.u8(1).u8(4).u16(AFI[family]).u8(0).u8(SAFI_UNICAST);
  return writer.finish();
}

/** What the session will be like. Throws a DecodeError with code 2 when the peer's OPEN is not acceptable. */
export function negotiate(open: OpenMessage, terms: OpenTerms): Negotiated {
  checkAs(open, terms);
  checkIdentifier(open, terms);
  checkHoldTime(open);
  const offered = familiesOf(open);
  const families = terms.families.filter(family => offered.includes(family));
  if (families.length === 0) {
    const wanted = terms.families.join(' and ');
    throw new DecodeError(ERROR.open, 7, `the peer offers none of ${wanted}`, wantedCapabilities(terms.families));
  }
  return {
    peerAs: asOf(open),
    peerIdentifier: open.identifier,
    ibgp: asOf(open) === terms.localAs,
    holdTimeSeconds: Math.min(open.holdTime, terms.holdTimeSeconds),
    families,
    fourOctetAs: has(open, 'fourOctetAs'),
    routeRefresh: has(open, 'routeRefresh'),
    enhancedRouteRefresh: has(open, 'enhancedRouteRefresh'),
    extendedMessage: has(open, 'extendedMessage'),
  };
}

/**
 * Which of two connections to one peer stays: the one opened by the side with the higher BGP identifier, and between
 * equal identifiers by the side with the higher AS (RFC 6286 §2.3).
 */
export function collisionWinner(terms: OpenTerms, open: OpenMessage): 'incoming' | 'outgoing' {
  const ours = identifierNumber(terms.routerId) ?? 0;
  const theirs = identifierNumber(open.identifier) ?? 0;
  if (ours !== theirs) return ours < theirs ? 'incoming' : 'outgoing';
  return terms.localAs < asOf(open) ? 'incoming' : 'outgoing';
}
