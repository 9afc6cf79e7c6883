// RFC 4271 4.4  KEEPALIVE: the header alone. The framer has already refused one with a body.

import { MESSAGE_TYPE } from './codes.ts';
import { encodeFrame } from './header.ts';

/** "I am here", and the answer to an acceptable OPEN. */
export interface KeepaliveMessage {
  readonly type: 'keepalive';
}

const BYTES = encodeFrame(MESSAGE_TYPE.keepalive, new Uint8Array(0));

/** The 19 bytes of every KEEPALIVE. */
export function encodeKeepalive(): Uint8Array {
  return BYTES;
}

/** There is nothing to read in it. */
export function decodeKeepalive(): KeepaliveMessage {
  return { type: 'keepalive' };
}
