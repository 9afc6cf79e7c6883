// Frames to throw at the codec: well-formed ones of every kind, the same after a few mutations, and plain noise. Most
// faults of a decoder hide behind a frame that is nearly right, so noise is the smallest share.
import { type AttributeContext, encodeMessage, type Frame, type Message } from '@vipkeeper/bgp';
import type { Random } from './random.ts';

const HEADER_LENGTH = 19;
const MARKER_LENGTH = 16;
const INTERESTING = [0, 1, 2, 4, 16, 24, 32, 64, 127, 128, 129, 255];
const MAX_MUTATIONS = 5;
const MAX_NOISE = 600;
/** Now and then a frame is grown to the largest sizes, where length fields overflow. */
const LARGE_SHARE = 0.002;
const LARGEST_BODY = 65_535 - HEADER_LENGTH;

const UPDATE = { type: 'update', withdrawn: [], nlri: [], attributes: {}, problems: [] } as const;
const CLASSIC = {
  origin: 'igp',
  asPath: [
    { kind: 'sequence', ases: [64_512, 70_000] },
    { kind: 'set', ases: [1, 2, 3] },
  ],
  nextHop: '192.0.2.1',
  med: 100,
  localPref: 200,
  communities: [0xffff0000, 65_536],
  largeCommunities: [[64_512, 1, 2]],
} as const;
const { nextHop: _, ...WITHOUT_NEXT_HOP } = CLASSIC;

const MESSAGES: readonly Message[] = [
  { type: 'keepalive' },
  { type: 'routeRefresh', afi: 1, safi: 1, subtype: 0 },
  { type: 'notification', code: 6, subcode: 2, data: Uint8Array.of(4, 0x67, 0x6f, 0x6e, 0x65) },
  { type: 'open', myAs: 64_512, holdTime: 9, identifier: '192.0.2.1', capabilities: [] },
  {
    ...{ type: 'open', myAs: 23_456, holdTime: 90, identifier: '10.0.0.1' },
    capabilities: [
      { kind: 'multiprotocol', afi: 1, safi: 1 },
      { kind: 'multiprotocol', afi: 2, safi: 1 },
      { kind: 'routeRefresh' },
      { kind: 'extendedMessage' },
      { kind: 'enhancedRouteRefresh' },
      { kind: 'fourOctetAs', as: 70_000 },
      { kind: 'unknown', code: 64, value: Uint8Array.of(0, 120) },
    ],
  },
  UPDATE,
  { ...UPDATE, attributes: { mpUnreach: { family: 'ipv6', nlri: [] } } },
  { ...UPDATE, withdrawn: ['192.0.2.0/24', '0.0.0.0/0'], attributes: CLASSIC, nlri: ['192.0.2.1/32', '10.0.0.0/9'] },
  {
    ...UPDATE,
    attributes: {
      ...WITHOUT_NEXT_HOP,
      atomicAggregate: true,
      mpReach: { family: 'ipv6', nextHop: '2001:db8::1', linkLocalNextHop: 'fe80::1', nlri: ['2001:db8::a/128'] },
      mpUnreach: { family: 'ipv6', nlri: ['2001:db8:1::/48', '::/0'] },
      opaque: [
        { flags: 0xc0, type: 7, value: Uint8Array.of(0, 0, 0xfc, 0, 192, 0, 2, 1) },
        { flags: 0xc0, type: 16, value: new Uint8Array(16) },
        { flags: 0xe0, type: 99, value: Uint8Array.of(1, 2, 3) },
      ],
    },
  },
];

const CONTEXTS: readonly AttributeContext[] = [true, false].flatMap(fourOctetAs =>
  [true, false].map(ibgp => ({ fourOctetAs, ibgp })),
);

const SEEDS: readonly Frame[] = MESSAGES.flatMap(message =>
  CONTEXTS.map(context => {
    const whole = encodeMessage(message, context);
    return { type: whole[HEADER_LENGTH - 1] ?? 0, body: whole.slice(HEADER_LENGTH) };
  }),
);

/** One of the four ways to read attributes. */
export function anyContext(random: Random): AttributeContext {
  return random.pick(CONTEXTS);
}

/** A frame that may or may not be right. */
export function anyFrame(random: Random): Frame {
  if (random.chance(0.1)) return { type: 1 + random.below(5), body: random.bytes(random.below(MAX_NOISE)) };
  const seed = random.pick(SEEDS);
  if (random.chance(0.1)) return seed;
  const type = random.chance(0.05) ? random.below(256) : seed.type;
  if (random.chance(LARGE_SHARE)) return { type, body: stretched(seed.body, LARGEST_BODY - random.below(64)) };
  let body = seed.body;
  for (let left = 1 + random.below(MAX_MUTATIONS); left > 0; left--) body = mutated(random, body);
  return { type, body };
}

/** The frame with a header in front; `broken` puts one fault into that. */
export function withHeader(random: Random, { type, body }: Frame, broken: boolean): Uint8Array {
  const whole = new Uint8Array(HEADER_LENGTH + body.length);
  whole.fill(0xff, 0, MARKER_LENGTH);
  new DataView(whole.buffer).setUint16(MARKER_LENGTH, whole.length);
  whole[HEADER_LENGTH - 1] = type;
  whole.set(body, HEADER_LENGTH);
  if (broken) whole[random.below(HEADER_LENGTH)] = random.below(256);
  return whole;
}

function stretched(body: Uint8Array, length: number): Uint8Array {
  const larger = new Uint8Array(length);
  for (let at = 0; at < length; at += Math.max(1, body.length)) larger.set(body.subarray(0, length - at), at);
  return larger;
}

function mutated(random: Random, body: Uint8Array): Uint8Array {
  const at = random.below(body.length + 1);
  const copy = body.slice();
  switch (random.below(7)) {
    case 0:
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 1:
      if (at < copy.length) copy[at] = random.pick(INTERESTING);
      return copy;
    case 2:
      if (at < copy.length) copy[at] = random.below(256);
      return copy;
    case 3:
      return joined(body.subarray(0, at), random.bytes(1 + random.below(8)), body.subarray(at));
    case 4:
      return joined(body.subarray(0, at), body.subarray(at + 1 + random.below(8)));
    case 5:
      return joined(body.subarray(0, at), body.subarray(at, at + random.below(32)), body.subarray(at));
    default:
      return joined(body.subarray(0, at), random.pick(SEEDS).body.subarray(random.below(8)));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
