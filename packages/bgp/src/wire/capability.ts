// RFC 5492 4    capability: code(1) length(1) value
// RFC 4760 8    1  multiprotocol: afi(2) reserved(1) safi(1)
// RFC 2918 2    2  route refresh: empty          RFC 7313 3.1  70 enhanced route refresh: empty
// RFC 8654 2    6  extended message: empty       RFC 6793 3    65 four-octet AS: as(4)
//
// A capability that we know but whose length is wrong is treated as one we do not know: RFC 5492 §4 gives no error for it.

import { CAPABILITY } from './codes.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** One thing a speaker offers in its OPEN. */
export type Capability =
  | { readonly kind: 'multiprotocol'; readonly afi: number; readonly safi: number }
  | { readonly kind: 'routeRefresh' }
  | { readonly kind: 'enhancedRouteRefresh' }
  | { readonly kind: 'extendedMessage' }
  | { readonly kind: 'fourOctetAs'; readonly as: number }
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

const EMPTY_KINDS = {
  [CAPABILITY.routeRefresh]: 'routeRefresh',
  [CAPABILITY.extendedMessage]: 'extendedMessage',
  [CAPABILITY.enhancedRouteRefresh]: 'enhancedRouteRefresh',
} as const;

/** Appends one capability. */
export function encodeCapability(writer: Writer, capability: Capability): void {
  switch (capability.kind) {
    case 'multiprotocol':
      writer.u8(CAPABILITY.multiprotocol).u8(4).u16(capability.afi).u8(0).u8(capability.safi);
      return;
    case 'fourOctetAs':
      writer.u8(CAPABILITY.fourOctetAs).u8(4).u32(capability.as);
      return;
    case 'unknown':
      writer.u8(capability.code).u8(capability.value.length).bytes(capability.value);
      return;
    default:
      writer.u8(CAPABILITY[capability.kind]).u8(0);
  }
}

function understand(code: number, value: Uint8Array): Capability {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (code === CAPABILITY.multiprotocol && value.length === 4) {
    return { kind: 'multiprotocol', afi: view.getUint16(0), safi: view.getUint8(3) };
  }
  if (code === CAPABILITY.fourOctetAs && value.length === 4) return { kind: 'fourOctetAs', as: view.getUint32(0) };
  const empty = EMPTY_KINDS[code as keyof typeof EMPTY_KINDS];
  if (empty !== undefined && value.length === 0) return { kind: empty };
  return { kind: 'unknown', code, value };
}

/** Reads capabilities until the reader is empty; throws the reader's error when one is cut short. */
export function decodeCapabilities(reader: Reader): Capability[] {
  const capabilities: Capability[] = [];
  while (reader.remaining > 0) {
    const code = reader.u8();
    capabilities.push(understand(code, reader.bytes(reader.u8())));
  }
  return capabilities;
}
