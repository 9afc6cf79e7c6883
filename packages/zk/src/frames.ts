// ZooKeeper's framing: a 4-octet length, then that many octets. Cut by us, not by the library, for two reasons: a rest
// of one connection can never be taken for the start of the next, and a length that makes no sense ends the connection
// at once instead of waiting for gigabytes.

/** No answer we ever ask for comes near this. Octets. */
export const MAX_FRAME_LENGTH = 8 * 1024 * 1024;

/** Whole frames, each with its length in front, and what is left over. Throws `RangeError` on an impossible length. */
export function cutFrames(rest: Buffer, chunk: Buffer): { readonly frames: readonly Buffer[]; readonly rest: Buffer } {
  let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  const frames: Buffer[] = [];
  while (bytes.length >= 4) {
    const length = bytes.readInt32BE(0);
    if (length < 0 || length > MAX_FRAME_LENGTH) throw new RangeError(`frame length is ${length}`);
    if (bytes.length < 4 + length) break;
    frames.push(bytes.subarray(0, 4 + length));
    bytes = bytes.subarray(4 + length);
  }
  return { frames, rest: bytes };
}

/** xid(4) zxid(8) err(4): what stands before every answer but the first. */
export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: bigint;
  readonly err: number;
}

/** Reads the header of a frame cut by {@link cutFrames}. Throws `RangeError` when it is too short. */
export function readReplyHeader(frame: Buffer): ReplyHeader {
  if (frame.length < 20) throw new RangeError(`answer of ${frame.length} octets has no header`);
  return { xid: frame.readInt32BE(4), zxid: frame.readBigInt64BE(8), err: frame.readInt32BE(16) };
}
