// Cuts a byte stream into messages. It holds at most one unfinished message, looks at the header as soon as its bytes
// are there (garbage is refused at its first byte, an absurd length before anything is kept for it), and never waits:
// whoever feeds it decides how long a peer may take.

import { ERROR } from './wire/codes.ts';
import { DecodeError } from './wire/decode-error.ts';
import { checkHeader, type Frame, HEADER_LENGTH, MARKER_LENGTH, STANDARD_LENGTH } from './wire/header.ts';

/** Incremental parser of one connection's stream. */
export class Framer {
  #buffer = new Uint8Array(STANDARD_LENGTH);
  #length = 0;
  #maxLength = STANDARD_LENGTH;

  /** From now on messages up to this length are accepted (RFC 8654, after both OPENs). */
  setMaxLength(maxLength: number): void {
    this.#maxLength = maxLength;
  }

  /** Bytes kept of a message that is not complete. */
  get pendingBytes(): number {
    return this.#length;
  }

  /**
   * Takes the next bytes and hands each complete message to `take`, in order; `take` returning false stops, and what is
   * left is dropped. Throws a DecodeError (code 1) on a header that cannot be one.
   */
  feed(chunk: Uint8Array, take: (frame: Frame) => boolean): void {
    this.#append(chunk);
    let at = 0;
    for (;;) {
      const length = this.#frameLength(at);
      if (length === undefined) break;
      const body = this.#buffer.slice(at + HEADER_LENGTH, at + length);
      const type = this.#buffer[at + HEADER_LENGTH - 1] as number;
      at += length;
      if (!take({ type, body })) {
        at = this.#length;
        break;
      }
    }
    this.#buffer.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  /** Length of the message that starts here if it is complete; the header is judged either way. */
  #frameLength(at: number): number | undefined {
    const available = this.#length - at;
    const marker = Math.min(available, MARKER_LENGTH);
    for (let i = at; i < at + marker; i++) {
      if (this.#buffer[i] !== 0xff) throw new DecodeError(ERROR.header, 1, 'marker is not all ones');
    }
    if (available < HEADER_LENGTH) return undefined;
    const length = ((this.#buffer[at + 16] as number) << 8) | (this.#buffer[at + 17] as number);
    checkHeader(length, this.#buffer[at + 18] as number, this.#maxLength);
    return available < length ? undefined : length;
  }
}
