import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutFrames, MAX_FRAME_LENGTH, readReplyHeader } from './frames.ts';

function framed(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function cutAll(chunks: readonly Buffer[]): { frames: Buffer[]; rest: Buffer } {
  const frames: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);
  for (const chunk of chunks) {
    const cut = cutFrames(rest, chunk);
    frames.push(...cut.frames);
    rest = cut.rest;
  }
  return { frames, rest };
}

it('cuts the same frames however the bytes arrive', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(
      payloads,
      fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 }),
      fc.nat(30),
      (all, sizes, lost) => {
        const whole = Buffer.concat(all.map(framed));
        const stream = whole.subarray(0, Math.max(0, whole.length - lost));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        chunks.push(stream.subarray(at));
        const { frames, rest } = cutAll(chunks);
        expect(Buffer.concat([...frames, rest])).toEqual(Buffer.from(stream));
        expect(frames).toEqual(all.slice(0, frames.length).map(framed));
      },
    ),
  );
});

it.each([-1, MAX_FRAME_LENGTH + 1, 0x7fffffff])('refuses a frame of length %i before waiting for it', length => {
  const header = Buffer.alloc(4);
  header.writeInt32BE(length);
  expect(() => cutFrames(Buffer.alloc(0), header)).toThrow(RangeError);
});

it('reads the header of an answer and refuses one that is cut short', () => {
  const answer = Buffer.from('00000010 fffffffe 0000000100000002 ffffff9b'.replaceAll(' ', ''), 'hex');
  expect(readReplyHeader(answer)).toEqual({ xid: -2, zxid: 0x100000002n, err: -101 });
  expect(() => readReplyHeader(answer.subarray(0, 19))).toThrow(RangeError);
});
