// RFC 4271 4.3, RFC 4760 5  NLRI: ( length(1, in bits) prefix(as few bytes as hold those bits) )*
//
// Bits behind the length mean nothing and are cleared, so that one prefix has one spelling.

import type { Family } from '../advertisement.ts';
import { ADDRESS_BITS, clearHostBits, formatPrefix, parsePrefix } from '../ip-address.ts';
import { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Bytes that a prefix of this many bits takes on the wire. */
export function nlriLength(prefixLength: number): number {
  return 1 + ((prefixLength + 7) >> 3);
}

/** Appends canonical prefixes; throws a RangeError on text that is none. */
export function encodeNlri(writer: Writer, prefixes: readonly string[]): void {
  for (const text of prefixes) {
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new RangeError(`not a canonical prefix: ${text}`);
    writer.u8(prefix.length).bytes(prefix.bytes.subarray(0, (prefix.length + 7) >> 3));
  }
}

function decodePrefix(reader: Reader, family: Family, bad: (detail: string) => Error): string {
  const bits = ADDRESS_BITS[family];
  const length = reader.u8();
  if (length > bits) throw bad(`prefix length ${length} in ${family}`);
  const bytes = new Uint8Array(bits / 8);
  bytes.set(reader.bytes((length + 7) >> 3));
  clearHostBits(bytes, length);
  return formatPrefix({ bytes, length });
}

/** Reads prefixes to the end; `bad` makes the error for whatever cannot be one. */
export function decodeNlri(bytes: Uint8Array, family: Family, bad: (detail: string) => Error): string[] {
  const reader = new Reader(bytes, bad);
  const prefixes: string[] = [];
  while (reader.remaining > 0) prefixes.push(decodePrefix(reader, family, bad));
  return prefixes;
}
