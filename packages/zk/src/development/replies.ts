// What the server says: the connect response, replies (header and body), and watch events. Encoders only; each returns
// a whole frame, length included.

import { type EventKind, EventType, NOTIFICATION_XID, OpCode } from './codes.ts';
import { JuteWriter } from './jute.ts';
import { type Acl, type WireStat, writeAcl, writeStat } from './records.ts';

/** What one step of a transaction came to. */
export type StepResult =
  | { readonly kind: 'created'; readonly path: string; readonly stat: WireStat | null }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'checked' }
  | { readonly kind: 'stat'; readonly stat: WireStat }
  | { readonly kind: 'error'; readonly code: number };

/** The body of a reply without error. */
export type ReplyBody =
  | StepResult
  | { readonly kind: 'nothing' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'data'; readonly data: Uint8Array | null; readonly stat: WireStat }
  | { readonly kind: 'children'; readonly names: readonly string[]; readonly stat: WireStat | null }
  | { readonly kind: 'acl'; readonly acl: readonly Acl[]; readonly stat: WireStat }
  | { readonly kind: 'multi'; readonly results: readonly StepResult[] };

/** A whole reply. An error reply has code and no body. */
export interface Reply {
  readonly xid: number;
  readonly zxid: bigint;
  readonly body: ReplyBody;
}

/** The granted session; `null` tells the client that the one it named is gone. */
export interface Grant {
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

const NO_PASSWORD = new Uint8Array(16);

// ConnectResponse  protocolVersion(4) timeOut(4) sessionId(8) passwd(buffer) [readOnly(1)]
export function encodeConnectResponse(grant: Grant | null, knowsReadOnly: boolean): Buffer {
  const writer = new JuteWriter().int(0).int(grant?.timeoutMs ?? 0);
  writer.long(grant?.sessionId ?? 0n).buffer(grant?.password ?? NO_PASSWORD);
  if (knowsReadOnly) writer.boolean(false);
  return writer.frame();
}

// ReplyHeader  xid(4) zxid(8) err(4)
export function encodeReply(reply: Reply): Buffer {
  const failed = reply.body.kind === 'error' ? reply.body.code : 0;
  const writer = new JuteWriter().int(reply.xid).long(reply.zxid).int(failed);
  if (reply.body.kind !== 'error') writeBody(writer, reply.body);
  return writer.frame();
}

// WatcherEvent  type(4) state(4) path(string), state 3 being "connected"
export function encodeEvent(kind: EventKind, path: string): Buffer {
  return new JuteWriter().int(NOTIFICATION_XID).long(-1n).int(0).int(EventType[kind]).int(3).string(path).frame();
}

function writeBody(writer: JuteWriter, body: ReplyBody): void {
  switch (body.kind) {
    case 'nothing':
      break;
    case 'path':
      writer.string(body.path);
      break;
    case 'data':
      writeStat(writer.buffer(body.data), body.stat);
      break;
    case 'children':
      writer.vector(body.names, name => writer.string(name));
      if (body.stat !== null) writeStat(writer, body.stat);
      break;
    case 'acl':
      writeAcl(writer, body.acl);
      writeStat(writer, body.stat);
      break;
    case 'multi':
      writeMulti(writer, body.results);
      break;
    default:
      writeResult(writer, body);
  }
}

function writeResult(writer: JuteWriter, result: StepResult): void {
  switch (result.kind) {
    case 'created':
      writer.string(result.path);
      if (result.stat !== null) writeStat(writer, result.stat);
      break;
    case 'stat':
      writeStat(writer, result.stat);
      break;
    case 'error':
      writer.int(result.code);
      break;
    case 'deleted':
    case 'checked':
      break;
  }
}

// Each result behind its MultiHeader (type, not done, error code), then one header that says done.
function writeMulti(writer: JuteWriter, results: readonly StepResult[]): void {
  for (const result of results) {
    writer
      .int(opCodeOf(result))
      .boolean(false)
      .int(result.kind === 'error' ? result.code : 0);
    writeResult(writer, result);
  }
  writer.int(-1).boolean(true).int(-1);
}

function opCodeOf(result: StepResult): number {
  switch (result.kind) {
    case 'created':
      return result.stat === null ? OpCode.create : OpCode.create2;
    case 'deleted':
      return OpCode.delete;
    case 'checked':
      return OpCode.check;
    case 'stat':
      return OpCode.setData;
    case 'error':
      return OpCode.error;
  }
}
