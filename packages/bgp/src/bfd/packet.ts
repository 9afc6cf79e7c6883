// RFC 5880 4.1  BFD Control: vers(3) diag(5) | sta(2) P F C A D M | detect-mult(1) length(1) my-discriminator(4)
//               your-discriminator(4) desired-min-tx(4) required-min-rx(4) required-min-echo-rx(4) [authentication]
//
// A datagram that is not a packet for us is discarded without an answer (RFC 5880 6.8.6), so decoding gives a value or
// the reason for the discard and never throws. Authentication is not spoken: a packet that carries it is discarded.
// Intervals are microseconds here, as on the wire.

/** RFC 5880 §4.1, in the order of their numbers. */
export const BFD_STATES = ['AdminDown', 'Down', 'Init', 'Up'] as const;
/** The state of a session. */
export type BfdState = (typeof BFD_STATES)[number];

/** Diagnostics of RFC 5880 §4.1 that are told or understood here. */
export const DIAGNOSTIC = {
  none: 0,
  detectionTimeExpired: 1,
  neighborSignaledDown: 3,
  pathDown: 5,
  administrativelyDown: 7,
} as const;

const DIAGNOSTIC_NAMES = [
  'No Diagnostic',
  'Control Detection Time Expired',
  'Echo Function Failed',
  'Neighbor Signaled Session Down',
  'Forwarding Plane Reset',
  'Path Down',
  'Concatenated Path Down',
  'Administratively Down',
  'Reverse Concatenated Path Down',
] as const;

/** What people call a diagnostic code; its number where there is no name. */
export function diagnosticName(code: number): string {
  return DIAGNOSTIC_NAMES[code] ?? `diagnostic ${code}`;
}

/** One BFD Control packet without authentication. The bits that are not here are sent as 0. */
export interface BfdPacket {
  readonly diagnostic: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  readonly demand: boolean;
  readonly detectMultiplier: number;
  readonly myDiscriminator: number;
  readonly yourDiscriminator: number;
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
}

/** A packet, or why the datagram is discarded. */
export type DecodedPacket =
  | { readonly kind: 'packet'; readonly packet: BfdPacket }
  | { readonly kind: 'discard'; readonly reason: string };

const VERSION = 1;
const LENGTH = 24;
const BIT = { poll: 0x20, final: 0x10, authentication: 0x04, demand: 0x02, multipoint: 0x01 } as const;

const discard = (reason: string): DecodedPacket => ({ kind: 'discard', reason });

/** Encodes one packet, 24 bytes. The control-plane-independent bit is 0: we share the fate of our host. */
export function encodeBfdPacket(packet: BfdPacket): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  const view = new DataView(bytes.buffer);
  bytes[0] = (VERSION << 5) | packet.diagnostic;
  bytes[1] = (BFD_STATES.indexOf(packet.state) << 6) | flagsOf(packet);
  bytes[2] = packet.detectMultiplier;
  bytes[3] = LENGTH;
  view.setUint32(4, packet.myDiscriminator);
  view.setUint32(8, packet.yourDiscriminator);
  view.setUint32(12, packet.desiredMinTxUs);
  view.setUint32(16, packet.requiredMinRxUs);
  return bytes;
}

function flagsOf({ poll, final, demand }: BfdPacket): number {
  return (poll ? BIT.poll : 0) | (final ? BIT.final : 0) | (demand ? BIT.demand : 0);
}

/** Decodes one datagram and makes those checks of RFC 5880 §6.8.6 that need no session. */
export function decodeBfdPacket(datagram: Uint8Array): DecodedPacket {
  if (datagram.length < LENGTH) return discard('shorter than 24 bytes');
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const flags = view.getUint8(1);
  const reason = whyNot(view, flags);
  if (reason !== undefined) return discard(reason);
  return { kind: 'packet', packet: packetOf(view, flags) };
}

function whyNot(view: DataView, flags: number): string | undefined {
  const length = view.getUint8(3);
  const state = BFD_STATES[flags >> 6];
  if (view.getUint8(0) >> 5 !== VERSION) return 'not version 1';
  if (length < LENGTH) return 'length field below 24';
  if (length > view.byteLength) return 'length field beyond the datagram';
  if (view.getUint8(2) === 0) return 'detect multiplier is 0';
  if ((flags & BIT.multipoint) !== 0) return 'multipoint bit is set';
  if ((flags & BIT.authentication) !== 0) return 'authentication is not in use';
  if ((flags & BIT.poll) !== 0 && (flags & BIT.final) !== 0) return 'poll and final together';
  if (view.getUint32(4) === 0) return 'my discriminator is 0';
  if (view.getUint32(8) === 0 && (state === 'Init' || state === 'Up')) return 'your discriminator is 0';
  return undefined;
}

function packetOf(view: DataView, flags: number): BfdPacket {
  return {
    diagnostic: view.getUint8(0) & 0x1f,
    state: BFD_STATES[flags >> 6] ?? 'AdminDown',
    poll: (flags & BIT.poll) !== 0,
    final: (flags & BIT.final) !== 0,
    demand: (flags & BIT.demand) !== 0,
    detectMultiplier: view.getUint8(2),
    myDiscriminator: view.getUint32(4),
    yourDiscriminator: view.getUint32(8),
    desiredMinTxUs: view.getUint32(12),
    requiredMinRxUs: view.getUint32(16),
  };
}
