// Reads numbers and slices off bytes that somebody else wrote. Every read checks its length first; running short throws
// the error that was given at construction, since only the caller knows which NOTIFICATION a short message deserves.

/** A cursor over received bytes. Reads are big-endian, as everything in BGP. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #short: (detail: string) => Error;
  #at = 0;

  constructor(bytes: Uint8Array, short: (detail: string) => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#short = short;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  #take(count: number): number {
    if (count > this.remaining) throw this.#short(`${count} bytes wanted, ${this.remaining} left`);
    const at = this.#at;
    this.#at += count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** A copy of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.slice(at, at + count);
  }

  /** A reader over the next `count` bytes alone, with the same error unless another is given. */
  sub(count: number, short: (detail: string) => Error = this.#short): Reader {
    const at = this.#take(count);
    return new Reader(this.#bytes.subarray(at, at + count), short);
  }
}
