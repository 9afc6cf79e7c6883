import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, MAX_PACKET_BYTES } from './frames.ts';
import { JuteError, JuteReader, JuteWriter } from './jute.ts';
import { encodeConnectResponse, encodeEvent, encodeReply } from './replies.ts';
import { decodeConnect, decodeRequest } from './requests.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const body = (writer: JuteWriter) => writer.frame().subarray(4);
const asText = (packets: readonly Buffer[] | 'too-long') =>
  packets === 'too-long' ? packets : packets.map(packet => packet.toString('hex'));

describe('jute', () => {
  it('reads back whatever was written', () => {
    const values = fc.record({
      int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      boolean: fc.boolean(),
      buffer: fc.option(fc.uint8Array({ maxLength: 200 })),
      string: fc.string({ unit: 'grapheme' }),
      strings: fc.array(fc.string(), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(values, value => {
        const writer = new JuteWriter().int(value.int).long(value.long).boolean(value.boolean);
        writer
          .buffer(value.buffer)
          .string(value.string)
          .vector(value.strings, each => writer.string(each));
        const reader = new JuteReader(body(writer));
        const read = {
          int: reader.int(),
          long: reader.long(),
          boolean: reader.boolean(),
          buffer: reader.buffer(),
          string: reader.string(),
          strings: reader.vector(() => reader.string()),
        };
        expect(read).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('refuses lengths that go beyond what is there, before it allocates', () => {
    for (const bytes of ['7fffffff', 'fffffffe', '00000005 61626364']) {
      expect(() => new JuteReader(hex(bytes)).buffer()).toThrow(JuteError);
    }
    expect(() => new JuteReader(hex('7fffffff')).vector(() => 0)).toThrow(JuteError);
  });
});

describe('frames', () => {
  it('cuts the same packets however the bytes arrive', () => {
    const packets = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 });
    fc.assert(
      fc.property(packets, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(packet => new JuteWriter().buffer(packet).frame().subarray(4)));
        const reader = new FrameReader();
        const received: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          received.push(...asText(reader.push(bytes.subarray(at, at + size))));
          at += size;
        }
        expect(received).toEqual(sent.map(packet => Buffer.from(packet).toString('hex')));
      }),
    );
  });

  it('condemns a length beyond the limit, a negative one, and a health-check word', () => {
    const over = new JuteWriter()
      .int(MAX_PACKET_BYTES + 1)
      .frame()
      .subarray(4);
    for (const bytes of [over, hex('ffffffff'), Buffer.from('ruok')]) {
      expect(new FrameReader().push(bytes)).toBe('too-long');
    }
    expect(new FrameReader().push(hex('000fffff 00'))).toEqual([]);
  });
});

describe('requests', () => {
  it('reads a connect request with and without the read-only byte', () => {
    const without = '00000000 0000000000000007 00000fa0 00000000000000ab 00000002 0102';
    const expected = { lastZxidSeen: 7n, timeoutMs: 4000, sessionId: 0xabn, password: new Uint8Array([1, 2]) };
    expect(decodeConnect(hex(without))).toEqual({ ...expected, knowsReadOnly: false });
    expect(decodeConnect(hex(`${without} 00`))).toEqual({ ...expected, knowsReadOnly: true });
  });

  it('reads a transaction step by step', () => {
    const check = '0000000d 00 ffffffff 00000002 2f61 00000003';
    const remove = '00000002 00 ffffffff 00000002 2f62 ffffffff';
    expect(decodeRequest(hex(`00000005 0000000e ${check} ${remove} ffffffff 01 ffffffff`))).toEqual({
      xid: 5,
      request: {
        op: 'multi',
        steps: [
          { op: 'check', path: '/a', version: 3 },
          { op: 'delete', path: '/b', version: -1 },
        ],
      },
    });
  });

  it('answers every body with a value, whatever the bytes', () => {
    const types = fc.oneof(fc.integer({ min: -12, max: 110 }), fc.integer());
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 100 }), (type, bytes) => {
        const packet = Buffer.concat([body(new JuteWriter().int(1).int(type | 0)), bytes]);
        expect(decodeRequest(packet).xid).toBe(1);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('replies', () => {
  it('leaves the body out when there is an error', () => {
    const frame = encodeReply({ xid: 3, zxid: 9n, body: { kind: 'error', code: -101 } });
    expect(frame).toEqual(hex('00000010 00000003 0000000000000009 ffffff9b'));
  });

  it('spells a watch event as ZooKeeper does', () => {
    expect(encodeEvent('children', '/a')).toEqual(
      hex('0000001e ffffffff ffffffffffffffff 00000000 00000004 00000003 00000002 2f61'),
    );
  });

  it('tells a client of a lost session by zeros, and answers the read-only byte only to those who sent it', () => {
    const zeros = `00000000 00000000 0000000000000000 00000010 ${'00'.repeat(16)}`;
    expect(encodeConnectResponse(null, false)).toEqual(hex(`00000024 ${zeros}`));
    expect(encodeConnectResponse(null, true)).toEqual(hex(`00000025 ${zeros} 00`));
  });
});
