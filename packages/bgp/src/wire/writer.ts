// Collects bytes for one message. Grows by doubling up to the largest BGP message; more than that is a mistake of ours
// and throws, it is never cut silently.

const LARGEST = 0x1_0000;

/** Appends big-endian numbers and bytes. */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > LARGEST) throw new RangeError(`message too long: ${needed} bytes`);
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(LARGEST, Math.max(needed, 2 * this.#bytes.length)));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return at;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Overwrites two bytes written earlier, for a length known only afterwards. */
  patchU16(at: number, value: number): this {
    this.#view.setUint16(at, value);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
