// Jute, the serialisation of ZooKeeper's wire: big-endian integers, one-byte booleans, and length-prefixed buffers,
// UTF-8 strings and vectors, where length -1 means null. There is no tagging: both sides know what comes next.
//
// Reading checks every length against what is really there before it allocates anything, so a hostile length costs
// nothing. Nulls of strings and vectors are read as empty: nowhere in the protocol does the difference matter.

/** The bytes do not hold what the protocol says must come next. The server answers it as a marshalling error. */
export class JuteError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JuteError';
  }
}

/** Reads values one after the other from one packet's body. Every method throws {@link JuteError} when bytes are missing. */
export class JuteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  long(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  boolean(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  /** A copy of the bytes, or null for length -1. */
  buffer(): Uint8Array | null {
    const length = this.int();
    if (length === -1) return null;
    const from = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(from, from + length));
  }

  string(): string {
    const length = this.int();
    if (length === -1) return '';
    const from = this.#take(length);
    return this.#bytes.toString('utf8', from, from + length);
  }

  /** Every item is at least `itemBytes` long (default 4), which bounds a count before any item is read. */
  vector<Item>(item: () => Item, itemBytes = 4): Item[] {
    const count = this.int();
    if (count === -1) return [];
    if (count < 0 || count * itemBytes > this.remaining) throw new JuteError(`vector of ${count} items does not fit`);
    return Array.from({ length: count }, item);
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw new JuteError(`${length} bytes wanted, ${this.remaining} left`);
    }
    const from = this.#at;
    this.#at += length;
    return from;
  }
}

/** Collects values into one packet. */
export class JuteWriter {
  readonly #parts: Buffer[] = [];

  int(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value);
    return this.#push(part);
  }

  long(value: bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigInt64BE(value);
    return this.#push(part);
  }

  boolean(value: boolean): this {
    return this.#push(Buffer.of(value ? 1 : 0));
  }

  buffer(value: Uint8Array | null): this {
    if (value === null) return this.int(-1);
    return this.int(value.length).#push(Buffer.from(value));
  }

  string(value: string): this {
    return this.buffer(Buffer.from(value, 'utf8'));
  }

  vector<Item>(items: readonly Item[], item: (value: Item) => void): this {
    this.int(items.length);
    items.forEach(item);
    return this;
  }

  /** What was written so far, with the four-byte length that precedes every packet on the wire. */
  frame(): Buffer {
    const body = Buffer.concat(this.#parts);
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(body.length);
    return Buffer.concat([length, body]);
  }

  #push(part: Buffer): this {
    this.#parts.push(part);
    return this;
  }
}
