// Communities between text and numbers: `64500:100`, the well-known names of IANA, and large communities `64500:1:2`.

import type { LargeCommunity } from './wire/path-attribute.ts';

const WELL_KNOWN: Readonly<Record<string, number>> = {
  'graceful-shutdown': 0xffff0000,
  'accept-own': 0xffff0001,
  blackhole: 0xffff029a,
  'no-export': 0xffffff01,
  'no-advertise': 0xffffff02,
  'no-export-subconfed': 0xffffff03,
  nopeer: 0xffffff04,
};

const NAME_OF = new Map(Object.entries(WELL_KNOWN).map(([name, value]) => [value, name]));

function parts(text: string, count: number, limit: number): number[] | undefined {
  const numbers = text.split(':').map(part => (/^[0-9]{1,10}$/.test(part) ? Number(part) : Number.NaN));
  const good = numbers.length === count && numbers.every(number => number >= 0 && number <= limit);
  return good ? numbers : undefined;
}

/** RFC 1997 community as a number; `undefined` when the text is none. */
export function parseCommunity(text: string): number | undefined {
  const known = WELL_KNOWN[text];
  if (known !== undefined) return known;
  const halves = parts(text, 2, 0xffff);
  return halves === undefined ? undefined : (halves[0] as number) * 0x10000 + (halves[1] as number);
}

/** The well-known name where there is one, else `asn:value`. */
export function formatCommunity(community: number): string {
  return NAME_OF.get(community) ?? `${community >>> 16}:${community & 0xffff}`;
}

/** RFC 8092 large community; `undefined` when the text is none. */
export function parseLargeCommunity(text: string): LargeCommunity | undefined {
  return parts(text, 3, 0xffffffff) as LargeCommunity | undefined;
}

/** `global:local1:local2`. */
export function formatLargeCommunity(community: LargeCommunity): string {
  return community.join(':');
}
