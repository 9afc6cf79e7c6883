import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framer } from '../framer.ts';
import { DecodeError } from './decode-error.ts';
import { EXTENDED_LENGTH, type Frame, HEADER_LENGTH } from './header.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';
import { announcement, asSequence, context, message, update } from './messages.fixture.ts';
import type { AttributeContext } from './path-attribute.ts';

const IBGP: AttributeContext = { fourOctetAs: true, ibgp: true };

function frameOf(bytes: Uint8Array): Frame {
  return { type: bytes[18] as number, body: bytes.slice(HEADER_LENGTH) };
}

function again(sent: Message, over: AttributeContext): Message {
  return decodeMessage(frameOf(encodeMessage(sent, over)), over);
}

/** What decoding makes of these bytes: a message or the error; anything else escapes and fails the test. */
function outcome(frame: Frame, over: AttributeContext): Message | DecodeError {
  try {
    return decodeMessage(frame, over);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

describe('encoding and decoding', () => {
  it('give every message back', () => {
    fc.assert(
      fc.property(message, sent => {
        expect(again(sent, IBGP)).toEqual(sent);
      }),
      { numRuns: 400 },
    );
  });

  it('give the AS path back between speakers without four-octet AS numbers', () => {
    fc.assert(
      fc.property(update(asSequence), sent => {
        expect(again(sent, { ...IBGP, fourOctetAs: false })).toEqual(sent);
      }),
    );
  });

  it('put the length of the whole message into the header', () => {
    fc.assert(
      fc.property(message, context, (sent, over) => {
        const bytes = encodeMessage(sent, over);
        const length = new DataView(bytes.buffer).getUint16(16);
        expect({ length, marker: bytes.slice(0, 16) }).toEqual({
          length: bytes.length,
          marker: new Uint8Array(16).fill(0xff),
        });
      }),
    );
  });
});

describe('decoding bytes of a stranger', () => {
  it('throws nothing but DecodeError on random bodies, and each names its NOTIFICATION', () => {
    const body = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), body, context, (type, bytes, over) => {
        const result = outcome({ type, body: type === 3 && bytes.length < 2 ? new Uint8Array(2) : bytes }, over);
        if (result instanceof DecodeError) expect(result.code).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });

  it('throws nothing but DecodeError on true messages with bytes changed, cut or added', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'cut', 'add'));
    fc.assert(
      fc.property(
        fc.oneof(message, announcement),
        context,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (sent, over, changes) => {
          let { type, body } = frameOf(encodeMessage(sent, over));
          for (const [seed, value, how] of changes) {
            const at = body.length === 0 ? 0 : seed % body.length;
            if (how === 'cut') body = body.slice(0, at);
            else if (how === 'add') body = Uint8Array.of(...body.slice(0, at), value, ...body.slice(at));
            else if (body.length > 0) body[at] = value;
          }
          outcome({ type, body }, over);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('the framer', () => {
  function frames(chunks: readonly Uint8Array[]): Frame[] {
    const framer = new Framer();
    framer.setMaxLength(EXTENDED_LENGTH);
    const taken: Frame[] = [];
    for (const chunk of chunks) framer.feed(chunk, frame => taken.push(frame) > 0);
    return taken;
  }

  it('gives the same messages however the stream is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), cuts, (messages, sizes) => {
        const whole = messages.map(sent => encodeMessage(sent, IBGP));
        const stream = Uint8Array.from(whole.flatMap(bytes => [...bytes]));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] as number;
          chunks.push(stream.slice(at, at + size));
          at += size;
        }
        expect(frames(chunks)).toEqual(whole.map(frameOf));
      }),
    );
  });

  it('refuses a stream whose first byte is no marker, at that byte', () => {
    const framer = new Framer();
    const garbage = new TextEncoder().encode('G');
    expect(() => framer.feed(garbage, () => true)).toThrow('Message Header Error/Connection Not Synchronized');
  });

  it('keeps no more of an unfinished message than the limit, and nothing of an absurd one', () => {
    const framer = new Framer();
    const header = new Uint8Array(19).fill(0xff, 0, 16);
    header.set([0x10, 0x00, 2], 16);
    framer.feed(header, () => true);
    for (let i = 0; i < 4096 - 20; i++) framer.feed(Uint8Array.of(0), () => true);
    expect(framer.pendingBytes).toBe(4095);
    header.set([0x10, 0x01, 2], 16);
    expect(() => new Framer().feed(header, () => true)).toThrow('Message Header Error/Bad Message Length: length 4097');
  });

  it.each([
    ['shorter than a header', 18, 2, { code: 1, subcode: 2, data: [0, 18] }],
    ['an OPEN that is too short', 28, 1, { code: 1, subcode: 2, data: [0, 28] }],
    ['an UPDATE that is too short', 22, 2, { code: 1, subcode: 2, data: [0, 22] }],
    ['a KEEPALIVE with a body', 20, 4, { code: 1, subcode: 2, data: [0, 20] }],
    ['a type nobody knows', 19, 9, { code: 1, subcode: 3, data: [9] }],
  ])('refuses %s', (_what, length, type, wanted) => {
    const header = new Uint8Array(19).fill(0xff, 0, 16);
    header.set([length >> 8, length & 0xff, type], 16);
    let error: unknown;
    try {
      new Framer().feed(header, () => true);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DecodeError);
    const { code, subcode, data } = error as DecodeError;
    expect({ code, subcode, data: [...data] }).toEqual(wanted);
  });

  it('drops the rest of the stream once its taker has had enough', () => {
    const keepalive = encodeMessage({ type: 'keepalive' }, IBGP);
    const framer = new Framer();
    let taken = 0;
    framer.feed(Uint8Array.of(...keepalive, ...keepalive, ...keepalive), () => ++taken < 2);
    expect({ taken, pending: framer.pendingBytes }).toEqual({ taken: 2, pending: 0 });
  });
});
