// RFC 4271 4.3  UPDATE: withdrawn-length(2) withdrawn(nlri) attributes-length(2) attributes nlri
//
// The two NLRI fields are IPv4 only; everything else travels inside MP_REACH_NLRI and MP_UNREACH_NLRI. An UPDATE with
// nothing in it is the End-of-RIB of IPv4 (RFC 4724 §2).

import type { Family } from '../advertisement.ts';
import { type AttributeProblem, decodeAttributes } from './attribute-decoding.ts';
import { ATTRIBUTE, ERROR, MESSAGE_TYPE } from './codes.ts';
import { DecodeError } from './decode-error.ts';
import { encodeFrame } from './header.ts';
import { decodeNlri, encodeNlri } from './nlri.ts';
import { type AttributeContext, type Attributes, encodeAttributes } from './path-attribute.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Routes that come and go. */
export interface UpdateMessage {
  readonly type: 'update';
  /** IPv4 prefixes that are gone. */
  readonly withdrawn: readonly string[];
  readonly attributes: Attributes;
  /** IPv4 prefixes that are reachable with these attributes. */
  readonly nlri: readonly string[];
  /** Faults that cost less than the session; always empty on what we send. */
  readonly problems: readonly AttributeProblem[];
}

/** An UPDATE with the parts given and nothing else. */
export function updateOf(parts: Partial<Omit<UpdateMessage, 'type'>>): UpdateMessage {
  return { type: 'update', withdrawn: [], attributes: {}, nlri: [], problems: [], ...parts };
}

/** Encodes the whole message. */
export function encodeUpdate(update: UpdateMessage, context: AttributeContext): Uint8Array {
  const body = new Writer(64 + 5 * (update.nlri.length + update.withdrawn.length));
  body.u16(0);
  encodeNlri(body, update.withdrawn);
  body.patchU16(0, body.length - 2);
  const attributes = encodeAttributes(update.attributes, context);
  body.u16(attributes.length).bytes(attributes);
  encodeNlri(body, update.nlri);
  return encodeFrame(MESSAGE_TYPE.update, body.finish());
}

/** The marker that a family's initial table is complete, RFC 4724 §2. */
export function endOfRib(family: Family): UpdateMessage {
  return family === 'ipv4' ? updateOf({}) : updateOf({ attributes: { mpUnreach: { family, nlri: [] } } });
}

/** The family whose table this UPDATE says is complete, if that is what it says. */
export function endOfRibFamily(update: UpdateMessage): Family | undefined {
  const { withdrawn, attributes, nlri, problems } = update;
  if (withdrawn.length + nlri.length + problems.length > 0) return undefined;
  const present = Object.keys(attributes);
  if (present.length === 0) return 'ipv4';
  const only = present.length === 1 ? attributes.mpUnreach : undefined;
  return only?.nlri.length === 0 ? only.family : undefined;
}

const malformed = (detail: string): DecodeError => new DecodeError(ERROR.update, 1, detail);
const badNlri = (detail: string): DecodeError => new DecodeError(ERROR.update, 10, detail);

function missingFrom(attributes: Attributes, nlri: readonly string[], context: AttributeContext): number[] {
  const announces = nlri.length > 0 || (attributes.mpReach?.nlri.length ?? 0) > 0;
  if (!announces) return [];
  const missing: number[] = [];
  if (attributes.origin === undefined) missing.push(ATTRIBUTE.origin);
  if (attributes.asPath === undefined) missing.push(ATTRIBUTE.asPath);
  if (attributes.nextHop === undefined && nlri.length > 0) missing.push(ATTRIBUTE.nextHop);
  if (attributes.localPref === undefined && context.ibgp) missing.push(ATTRIBUTE.localPref);
  return missing;
}

function missingProblems(
  found: readonly AttributeProblem[],
  attributes: Attributes,
  nlri: readonly string[],
  context: AttributeContext,
): AttributeProblem[] {
  return missingFrom(attributes, nlri, context)
    .filter(attribute => !found.some(problem => problem.attribute === attribute))
    .map(attribute => ({ grade: 'treat-as-withdraw', attribute, detail: 'missing' }));
}

/** Decodes a body. Contained faults are in `problems`; what must end the session (RFC 7606 §3) throws a DecodeError. */
export function decodeUpdate(body: Uint8Array, context: AttributeContext): UpdateMessage {
  const reader = new Reader(body, malformed);
  const withdrawn = decodeNlri(reader.bytes(reader.u16()), 'ipv4', badNlri);
  const { attributes, problems } = decodeAttributes(reader.bytes(reader.u16()), context);
  const nlri = decodeNlri(reader.bytes(reader.remaining), 'ipv4', badNlri);
  const missing = missingProblems(problems, attributes, nlri, context);
  return { type: 'update', withdrawn, attributes, nlri, problems: [...problems, ...missing] };
}

/** Whether the routes of this UPDATE must be taken as withdrawn instead of announced (RFC 7606 §2). */
export function treatAsWithdraw(update: UpdateMessage): boolean {
  return update.problems.some(problem => problem.grade === 'treat-as-withdraw');
}
