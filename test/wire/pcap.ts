// A capture file around a byte stream: raw IPv4 packets (LINKTYPE_RAW), one direction of one TCP connection to port 179.
// https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ describes the format; checksums are left zero.

const LINKTYPE_RAW = 101;
const SEGMENT_BYTES = 1400;

function packet(payload: Uint8Array, sequence: number): Buffer {
  const bytes = Buffer.alloc(40 + payload.length);
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt8(64, 8);
  bytes.writeUInt8(6, 9);
  bytes.set([10, 0, 0, 1, 10, 0, 0, 2], 12);
  bytes.writeUInt16BE(40_000, 20);
  bytes.writeUInt16BE(179, 22);
  bytes.writeUInt32BE(sequence, 24);
  bytes.writeUInt32BE(1, 28);
  bytes.set([0x50, 0x18, 0xff, 0xff], 32);
  bytes.set(payload, 40);
  return bytes;
}

function record(bytes: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([header, bytes]);
}

/** The stream as a pcap file. */
export function pcapOf(stream: Uint8Array): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  const records: Buffer[] = [header];
  for (let at = 0; at < stream.length; at += SEGMENT_BYTES) {
    records.push(record(packet(stream.subarray(at, at + SEGMENT_BYTES), 1 + at)));
  }
  return Buffer.concat(records);
}
