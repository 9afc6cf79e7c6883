// RFC 4271 4.1  marker(16, all ones) length(2, whole message) type(1) body
//
// Length limits are per type and per session: OPEN and KEEPALIVE never exceed 4096 bytes, the others may reach 65535
// once both sides offered extended messages (RFC 8654).

import { ERROR, MESSAGE_TYPE } from './codes.ts';
import { DecodeError } from './decode-error.ts';
import { Writer } from './writer.ts';

/** Bytes before the body. */
export const HEADER_LENGTH = 19;
/** Largest message without the extended message capability. */
export const STANDARD_LENGTH = 4096;
/** Largest message with it, RFC 8654 §3. */
export const EXTENDED_LENGTH = 65535;
/** Length of the marker. */
export const MARKER_LENGTH = 16;

/** One message cut out of the stream, header checked, body not looked at. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
}

const SMALLEST: Readonly<Record<number, number>> = {
  [MESSAGE_TYPE.open]: 29,
  [MESSAGE_TYPE.update]: 23,
  [MESSAGE_TYPE.notification]: 21,
  [MESSAGE_TYPE.keepalive]: HEADER_LENGTH,
  [MESSAGE_TYPE.routeRefresh]: 19,
};

function u16Data(value: number): Uint8Array {
  return new Writer(2).u16(value).finish();
}

function largestFor(type: number, maxLength: number): number {
  if (type === MESSAGE_TYPE.keepalive) return HEADER_LENGTH;
  return type === MESSAGE_TYPE.open ? STANDARD_LENGTH : maxLength;
}

/** Judges a header by its length and type fields (RFC 4271 §6.1). Throws a DecodeError with code 1. */
export function checkHeader(length: number, type: number, maxLength: number): void {
  const badLength = (): DecodeError => new DecodeError(ERROR.header, 2, `length ${length}`, u16Data(length));
  if (length < HEADER_LENGTH || length > maxLength) throw badLength();
  const smallest = SMALLEST[type];
  if (smallest === undefined) throw new DecodeError(ERROR.header, 3, `type ${type}`, Uint8Array.of(type));
  if (length < smallest || length > largestFor(type, maxLength)) throw badLength();
}

/** Puts a header before a body. */
export function encodeFrame(type: number, body: Uint8Array): Uint8Array {
  const length = HEADER_LENGTH + body.length;
  if (length > EXTENDED_LENGTH) throw new RangeError(`message too long: ${length} bytes`);
  const whole = new Uint8Array(length);
  whole.fill(0xff, 0, MARKER_LENGTH);
  whole[16] = length >> 8;
  whole[17] = length & 0xff;
  whole[18] = type;
  whole.set(body, HEADER_LENGTH);
  return whole;
}
