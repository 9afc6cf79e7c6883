// What a decoder throws, and the only thing it throws: a fault of the sender that ends the session. It knows which
// NOTIFICATION the sender deserves, so that nobody has to guess later.

import { errorName } from './codes.ts';

const NO_DATA = new Uint8Array(0);

/** Bytes from a peer that cannot be accepted. `code`, `subcode` and `data` are those of the NOTIFICATION to send (RFC 4271 §6). */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;

  constructor(code: number, subcode: number, detail: string, data: Uint8Array = NO_DATA) {
    super(`${errorName(code, subcode)}: ${detail}`);
    this.code = code;
    this.subcode = subcode;
    this.data = data;
  }
}
