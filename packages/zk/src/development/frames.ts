// From a stream of bytes to packets: four bytes of length, then so many bytes. A length outside the limit condemns the
// connection, since nothing behind it can be trusted; so does a health-check word such as `ruok`, read as a length.

/** ZooKeeper's own default limit for one packet (`jute.maxbuffer`), in bytes. */
export const MAX_PACKET_BYTES = 0xfffff;

/** Cuts one connection's bytes into packets. Holds at most one packet and one chunk, and joins bytes once per packet. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** Nothing can be completed before so many bytes are here. */
  #neededBytes = 4;

  /** The packets completed by this chunk, or `'too-long'` when a length is negative or above the limit. */
  push(chunk: Uint8Array): readonly Buffer[] | 'too-long' {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes < this.#neededBytes ? [] : this.#cut(Buffer.concat(this.#chunks));
  }

  #cut(bytes: Buffer): readonly Buffer[] | 'too-long' {
    const packets: Buffer[] = [];
    let rest = bytes;
    while (rest.length >= 4) {
      const length = rest.readInt32BE(0);
      if (length < 0 || length > MAX_PACKET_BYTES) return 'too-long';
      if (rest.length < 4 + length) return this.#keep(rest, 4 + length, packets);
      packets.push(rest.subarray(4, 4 + length));
      rest = rest.subarray(4 + length);
    }
    return this.#keep(rest, 4, packets);
  }

  #keep(rest: Buffer, neededBytes: number, packets: readonly Buffer[]): readonly Buffer[] {
    this.#chunks = [rest];
    this.#bytes = rest.length;
    this.#neededBytes = neededBytes;
    return packets;
  }
}
