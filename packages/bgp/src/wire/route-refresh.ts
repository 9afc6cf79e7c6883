// RFC 2918 3, RFC 7313 3.2  ROUTE-REFRESH: afi(2) subtype(1) safi(1)
// subtype: 0 request, 1 beginning of route refresh (BoRR), 2 end of it (EoRR), anything else is ignored.

import { ERROR, MESSAGE_TYPE } from './codes.ts';
import { DecodeError } from './decode-error.ts';
import { encodeFrame } from './header.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Asks for the whole table of a family again, or brackets such a table. */
export interface RouteRefreshMessage {
  readonly type: 'routeRefresh';
  readonly afi: number;
  readonly safi: number;
  readonly subtype: number;
}

/** Encodes the whole message. */
export function encodeRouteRefresh(message: RouteRefreshMessage): Uint8Array {
  const body = new Writer(4).u16(message.afi).u8(message.subtype).u8(message.safi).finish();
  return encodeFrame(MESSAGE_TYPE.routeRefresh, body);
}

/** Decodes a body. A wrong length is 7/1 with the message as data (RFC 7313 §5); we never offered filters (RFC 5291). */
export function decodeRouteRefresh(body: Uint8Array): RouteRefreshMessage {
  const short = (detail: string): DecodeError =>
    new DecodeError(ERROR.routeRefresh, 1, detail, encodeFrame(MESSAGE_TYPE.routeRefresh, body));
  if (body.length !== 4) throw short(`body of ${body.length} bytes`);
  const reader = new Reader(body, short);
  const afi = reader.u16();
  const subtype = reader.u8();
  return { type: 'routeRefresh', afi, safi: reader.u8(), subtype };
}
