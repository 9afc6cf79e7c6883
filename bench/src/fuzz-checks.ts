// What must hold whatever a peer sends. Each check throws an Error that says what did not.
//
// - decode: a frame is a message or a DecodeError with a code there is; a faultless message survives being written and
//   read again.
// - stream: how the network cuts the bytes makes no difference, and what is kept of an unfinished message is bounded.
// - session: see fuzz-session.ts.
import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeContext,
  DecodeError,
  decodeMessage,
  encodeMessage,
  type Frame,
  Framer,
  type Message,
} from '@vipkeeper/bgp';
import { anyContext, anyFrame, withHeader } from './fuzz-frames.ts';
import type { Random } from './random.ts';

const HEADER_LENGTH = 19;
/** Largest message with and without extended messages (RFC 8654 §3, RFC 4271 §4). */
export const LENGTH_LIMIT = { extended: 65_535, standard: 4096 } as const;

/** The message, or the DecodeError; anything else that is thrown goes on. */
export function decoded(frame: Frame, context: AttributeContext): Message | DecodeError {
  try {
    return decodeMessage(frame, context);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

/** One frame through the decoders. */
export function checkDecode(random: Random): void {
  const context = anyContext(random);
  const result = decoded(anyFrame(random), context);
  if (result instanceof DecodeError) checkDeserved(result);
  else if (result.type !== 'update' || result.problems.length === 0) checkAgain(result, context);
}

function checkDeserved({ code, subcode }: DecodeError): void {
  if (!(code >= 1 && code <= 8 && subcode >= 0 && subcode <= 255)) throw new Error(`NOTIFICATION ${code}/${subcode}`);
}

/** A message of ours must be encodable within the limit. */
export function checkSize(message: Message, limit: number): void {
  const { length } = encodeMessage(message, { fourOctetAs: true, ibgp: false });
  if (length > limit) throw new Error(`our ${message.type} has ${length} bytes, at most ${limit} may be sent`);
}

function checkAgain(message: Message, context: AttributeContext): void {
  const whole = encodeMessage(message, context);
  const again = decoded({ type: whole[HEADER_LENGTH - 1] ?? 0, body: whole.slice(HEADER_LENGTH) }, context);
  if (!isDeepStrictEqual(message, again))
    throw new Error(`read ${show(message)}, written and read again ${show(again)}`);
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, each) => (each instanceof Uint8Array ? Buffer.from(each).toString('hex') : each));
}

/** Several frames through the framer, whole and in pieces. */
export function checkStream(random: Random): void {
  const frames = Array.from({ length: 1 + random.below(6) }, () =>
    withHeader(random, anyFrame(random), random.chance(0.1)),
  );
  const stream = Buffer.concat(frames);
  const limit = random.chance(0.5) ? LENGTH_LIMIT.extended : LENGTH_LIMIT.standard;
  const whole = cut([stream], limit);
  const pieces = cut(piecesOf(random, stream), limit);
  if (whole !== pieces) throw new Error(`cut differently: ${whole} and ${pieces}`);
}

function piecesOf(random: Random, stream: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const next = at + 1 + random.below(random.chance(0.5) ? 4 : 4000);
    pieces.push(stream.subarray(at, next));
    at = next;
  }
  return pieces;
}

/** What a framer makes of these chunks, as text. */
function cut(chunks: readonly Uint8Array[], limit: number): string {
  const framer = new Framer();
  framer.setMaxLength(limit);
  const seen: string[] = [];
  try {
    for (const chunk of chunks) {
      framer.feed(chunk, ({ type, body }) => {
        seen.push(`${type}:${body.length}`);
        return true;
      });
      if (framer.pendingBytes >= limit) throw new Error(`${framer.pendingBytes} bytes kept, limit ${limit}`);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    seen.push(error.message);
  }
  return seen.join(' ');
}
