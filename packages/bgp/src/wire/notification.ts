// RFC 4271 4.5  NOTIFICATION: error-code(1) error-subcode(1) data
// RFC 9003 2    Cease/Administrative Shutdown and /Administrative Reset: data = length(1) utf-8 text
//
// A NOTIFICATION is never answered, so nothing in it can be an error: whatever cannot be read is left as bytes.

import { ERROR, errorName, MESSAGE_TYPE } from './codes.ts';
import { encodeFrame } from './header.ts';
import { Writer } from './writer.ts';

/** Why a session ends. */
export interface NotificationMessage {
  readonly type: 'notification';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** Longest shutdown text in bytes, RFC 9003 §2. */
const TEXT_LIMIT = 255;

/** Encodes the whole message. */
export function encodeNotification(message: NotificationMessage): Uint8Array {
  const body = new Writer(2 + message.data.length).u8(message.code).u8(message.subcode).bytes(message.data).finish();
  return encodeFrame(MESSAGE_TYPE.notification, body);
}

/** Decodes a body of at least two bytes (the framer saw to that). */
export function decodeNotification(body: Uint8Array): NotificationMessage {
  return { type: 'notification', code: body[0] ?? 0, subcode: body[1] ?? 0, data: body.slice(2) };
}

/** Cuts after whole characters so that the text stays valid UTF-8 within the limit. */
function utf8Within(text: string, limit: number): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.slice(0, end);
}

/** A Cease; `text` is for the operators of the other side (shutdown and reset only, cut to 255 bytes of UTF-8). */
export function cease(subcode: number, text?: string): NotificationMessage {
  const carriesText = subcode === 2 || subcode === 4;
  if (text === undefined || !carriesText) {
    return { type: 'notification', code: ERROR.cease, subcode, data: new Uint8Array(0) };
  }
  const utf8 = utf8Within(text, TEXT_LIMIT);
  const data = new Writer(1 + utf8.length).u8(utf8.length).bytes(utf8).finish();
  return { type: 'notification', code: ERROR.cease, subcode, data };
}

/** The shutdown text in a NOTIFICATION, if it has a readable one. Control characters are replaced: it goes into logs. */
export function shutdownText(message: NotificationMessage): string | undefined {
  if (message.code !== ERROR.cease || (message.subcode !== 2 && message.subcode !== 4)) return undefined;
  const length = message.data[0];
  if (length === undefined || length === 0 || message.data.length < 1 + length) return undefined;
  return new TextDecoder().decode(message.data.subarray(1, 1 + length)).replace(/\p{Cc}/gu, ' ');
}

/** One line for a log: the name, and the other side's words where there are any. */
export function describeNotification(message: NotificationMessage): string {
  const text = shutdownText(message);
  const name = errorName(message.code, message.subcode);
  return text === undefined ? name : `${name} ("${text}")`;
}
