import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BFD_STATES, type BfdPacket, decodeBfdPacket, diagnosticName, encodeBfdPacket } from './packet.ts';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const packets: fc.Arbitrary<BfdPacket> = fc
  .record({
    diagnostic: fc.integer({ min: 0, max: 31 }),
    state: fc.constantFrom(...BFD_STATES),
    poll: fc.boolean(),
    final: fc.boolean(),
    demand: fc.boolean(),
    detectMultiplier: fc.integer({ min: 1, max: 255 }),
    myDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
    yourDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
    desiredMinTxUs: uint32,
    requiredMinRxUs: uint32,
  })
  .map(packet => ({ ...packet, final: packet.final && !packet.poll }));

const up = Uint8Array.from(
  '20c8031800000001000000020000c3500000c35000000000'.match(/../g)!.map(pair => Number.parseInt(pair, 16)),
);
const changed = (at: number, value: number): Uint8Array => {
  const bytes = up.slice();
  bytes[at] = value;
  return bytes;
};

describe('a control packet', () => {
  it('is laid out as RFC 5880 4.1 draws it', () => {
    const packet: BfdPacket = {
      diagnostic: 5,
      state: 'Down',
      poll: true,
      final: false,
      demand: false,
      detectMultiplier: 3,
      myDiscriminator: 0x01020304,
      yourDiscriminator: 0xfffefdfc,
      desiredMinTxUs: 1_000_000,
      requiredMinRxUs: 300_000,
    };
    expect(Buffer.from(encodeBfdPacket(packet)).toString('hex')).toBe(
      '2560031801020304fffefdfc000f4240000493e000000000',
    );
  });

  it('comes back from its bytes whole', () => {
    fc.assert(
      fc.property(packets, packet => {
        expect(decodeBfdPacket(encodeBfdPacket(packet))).toEqual({ kind: 'packet', packet });
      }),
    );
  });

  it('with the control-plane-independent bit and bytes behind it is read', () => {
    const longer = Uint8Array.from([...up, 1, 2, 3]);
    expect(decodeBfdPacket(longer)).toEqual({
      kind: 'packet',
      packet: {
        diagnostic: 0,
        state: 'Up',
        poll: false,
        final: false,
        demand: false,
        detectMultiplier: 3,
        myDiscriminator: 1,
        yourDiscriminator: 2,
        desiredMinTxUs: 50_000,
        requiredMinRxUs: 50_000,
      },
    });
  });

  it.each([
    ['shorter than 24 bytes', up.subarray(0, 23)],
    ['not version 1', changed(0, 0x00)],
    ['length field below 24', changed(3, 23)],
    ['length field beyond the datagram', changed(3, 25)],
    ['detect multiplier is 0', changed(2, 0)],
    ['multipoint bit is set', changed(1, 0xc1)],
    ['authentication is not in use', changed(1, 0xc4)],
    ['poll and final together', changed(1, 0xf0)],
    ['my discriminator is 0', changed(7, 0)],
    ['your discriminator is 0', changed(11, 0)],
  ])('is discarded: %s', (reason, bytes) => {
    expect(decodeBfdPacket(bytes)).toEqual({ kind: 'discard', reason });
  });

  it('of any bytes is a packet that encodes to the same fields, or a discard, and never a throw', () => {
    const start = fc.record({
      head: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      rest: fc.uint8Array({ maxLength: 60 }),
    });
    const likely = start.map(({ head, rest }) => {
      const bytes = Uint8Array.from([...head, ...rest]);
      bytes[0] = 0x20 | (bytes[0]! & 0x1f);
      bytes[3] = 24 + (bytes[3]! % 3);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), likely), bytes => {
        const decoded = decodeBfdPacket(bytes);
        if (decoded.kind === 'packet') expect(decodeBfdPacket(encodeBfdPacket(decoded.packet))).toEqual(decoded);
      }),
      { numRuns: 5000 },
    );
  });

  it('has its diagnostic named, or numbered', () => {
    expect([0, 1, 5, 31].map(diagnosticName)).toEqual([
      'No Diagnostic',
      'Control Detection Time Expired',
      'Path Down',
      'diagnostic 31',
    ]);
  });
});
