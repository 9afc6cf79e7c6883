// RFC 4271 4.3    AS_PATH: ( segment-type(1) count(1) as(2 or 4 each)* )*      type: 1 AS_SET, 2 AS_SEQUENCE
// RFC 5065 3      types 3 AS_CONFED_SEQUENCE and 4 AS_CONFED_SET
// RFC 6793 4.2    between speakers without four-octet AS, AS_TRANS stands in AS_PATH and AS4_PATH carries the truth

import { AS_TRANS } from './codes.ts';
import { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** AS numbers in order (`sequence`) or without order (`set`). */
export interface AsPathSegment {
  readonly kind: 'sequence' | 'set' | 'confedSequence' | 'confedSet';
  readonly ases: readonly number[];
}

const KINDS = ['set', 'sequence', 'confedSequence', 'confedSet'] as const;
const LARGEST_TWO_OCTET = 0xffff;

/** Appends the segments; with two octets, larger numbers become AS_TRANS. */
export function encodeAsPath(writer: Writer, path: readonly AsPathSegment[], octets: 2 | 4): void {
  for (const segment of path) {
    writer.u8(KINDS.indexOf(segment.kind) + 1).u8(segment.ases.length);
    for (const as of segment.ases) {
      if (octets === 4) writer.u32(as);
      else writer.u16(as > LARGEST_TWO_OCTET ? AS_TRANS : as);
    }
  }
}

/** Reads segments to the end. Throws what `bad` makes on an unknown type, an empty segment, AS 0 (RFC 7607) or a cut. */
export function decodeAsPath(value: Uint8Array, octets: 2 | 4, bad: (detail: string) => Error): AsPathSegment[] {
  const reader = new Reader(value, bad);
  const path: AsPathSegment[] = [];
  while (reader.remaining > 0) {
    const kind = KINDS[reader.u8() - 1];
    if (kind === undefined) throw bad('unknown segment type');
    const ases = Array.from({ length: reader.u8() }, () => (octets === 4 ? reader.u32() : reader.u16()));
    if (ases.length === 0) throw bad('empty segment');
    if (ases.includes(0)) throw bad('AS 0');
    path.push({ kind, ases });
  }
  return path;
}

/** Whether a two-octet AS_PATH cannot carry this path by itself. */
export function needsAs4Path(path: readonly AsPathSegment[]): boolean {
  return path.some(segment => segment.ases.some(as => as > LARGEST_TWO_OCTET));
}

/** Hops as the decision process counts them: a set is one, confederation segments are none (RFC 4271 §9.1.2.2, RFC 5065 §5.3). */
export function pathLength(path: readonly AsPathSegment[]): number {
  let length = 0;
  for (const { kind, ases } of path) length += kind === 'sequence' ? ases.length : kind === 'set' ? 1 : 0;
  return length;
}

/** The first `count` hops of a path. */
function leading(path: readonly AsPathSegment[], count: number): AsPathSegment[] {
  const taken: AsPathSegment[] = [];
  for (const segment of path) {
    if (count <= 0) break;
    const part = segment.kind === 'sequence' ? { ...segment, ases: segment.ases.slice(0, count) } : segment;
    taken.push(part);
    count -= pathLength([part]);
  }
  return taken;
}

function joined(path: readonly AsPathSegment[]): AsPathSegment[] {
  const out: AsPathSegment[] = [];
  for (const segment of path) {
    const last = out.at(-1);
    const fits =
      last?.kind === 'sequence' && segment.kind === 'sequence' && last.ases.length + segment.ases.length < 256;
    if (last !== undefined && fits) out[out.length - 1] = { ...last, ases: [...last.ases, ...segment.ases] };
    else out.push(segment);
  }
  return out;
}

/** The true path out of AS_PATH and AS4_PATH, RFC 6793 §4.2.3: hops added by two-octet speakers, then the AS4_PATH. */
export function mergeAs4Path(path: readonly AsPathSegment[], as4: readonly AsPathSegment[]): AsPathSegment[] {
  const extra = pathLength(path) - pathLength(as4);
  return extra < 0 ? [...path] : joined([...leading(path, extra), ...as4]);
}
