// What clients say: the connect request that opens a connection, then packets of a header (xid, operation) and a body.
// One union, decoded in one place; an operation we do not know is a value too, since it deserves an answer.

import { OpCode } from './codes.ts';
import { JuteError, JuteReader } from './jute.ts';
import { type Acl, readAcl } from './records.ts';

/** The first packet of every connection. A session id of 0 asks for a new session. */
export interface ConnectRequest {
  readonly lastZxidSeen: bigint;
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array;
  /** Clients before 3.4 (and some younger ones) leave the read-only byte out, and must not get one back. */
  readonly knowsReadOnly: boolean;
}

/** A change to the tree, alone or as a step of a transaction. `version` -1 means any. */
export type Step =
  | {
      readonly op: 'create' | 'create2';
      readonly path: string;
      readonly data: Uint8Array | null;
      readonly acl: readonly Acl[];
      readonly flags: number;
    }
  | { readonly op: 'delete'; readonly path: string; readonly version: number }
  | { readonly op: 'setData'; readonly path: string; readonly data: Uint8Array | null; readonly version: number }
  | { readonly op: 'setAcl'; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  | { readonly op: 'check'; readonly path: string; readonly version: number };

/** A question about one node, which may leave a watch. */
export interface Read {
  readonly op: 'exists' | 'getData' | 'getChildren' | 'getChildren2';
  readonly path: string;
  readonly watch: boolean;
}

/** The watches a client had on its previous connection, and the last change it has seen. */
export interface SetWatches {
  readonly op: 'setWatches';
  readonly relativeZxid: bigint;
  readonly data: readonly string[];
  readonly exists: readonly string[];
  readonly children: readonly string[];
}

/** One decoded request. */
export type Request =
  | Exclude<Step, { readonly op: 'check' }>
  | Read
  | SetWatches
  | { readonly op: 'getAcl'; readonly path: string }
  | { readonly op: 'sync'; readonly path: string }
  | { readonly op: 'multi'; readonly steps: readonly Step[] }
  | { readonly op: 'auth'; readonly scheme: string; readonly credentials: Uint8Array }
  | { readonly op: 'ping' }
  | { readonly op: 'closeSession' }
  | { readonly op: 'unknown'; readonly type: number }
  /** The body did not hold what the operation needs. */
  | { readonly op: 'malformed'; readonly type: number; readonly problem: string };

// ConnectRequest  protocolVersion(4) lastZxidSeen(8) timeOut(4) sessionId(8) passwd(buffer) [readOnly(1)]
/** Throws {@link JuteError}: a connection that opens with anything else is closed unanswered. */
export function decodeConnect(packet: Uint8Array): ConnectRequest {
  const reader = new JuteReader(packet);
  reader.int();
  const lastZxidSeen = reader.long();
  const timeoutMs = reader.int();
  const sessionId = reader.long();
  const password = reader.buffer() ?? new Uint8Array();
  return { lastZxidSeen, timeoutMs, sessionId, password, knowsReadOnly: reader.remaining > 0 };
}

// RequestHeader  xid(4) type(4)
/** Throws {@link JuteError} only when there is not even a header; a bad body is the request `malformed`. */
export function decodeRequest(packet: Uint8Array): { readonly xid: number; readonly request: Request } {
  const reader = new JuteReader(packet);
  const xid = reader.int();
  const type = reader.int();
  try {
    return { xid, request: decodeBody(reader, type) };
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
    return { xid, request: { op: 'malformed', type, problem: error.message } };
  }
}

function decodeBody(reader: JuteReader, type: number): Request {
  switch (type) {
    case OpCode.exists:
      return decodeRead(reader, 'exists');
    case OpCode.getData:
      return decodeRead(reader, 'getData');
    case OpCode.getChildren:
      return decodeRead(reader, 'getChildren');
    case OpCode.getChildren2:
      return decodeRead(reader, 'getChildren2');
    case OpCode.getAcl:
      return { op: 'getAcl', path: reader.string() };
    case OpCode.sync:
      return { op: 'sync', path: reader.string() };
    case OpCode.ping:
      return { op: 'ping' };
    case OpCode.closeSession:
      return { op: 'closeSession' };
    case OpCode.multi:
      return { op: 'multi', steps: decodeSteps(reader) };
    case OpCode.auth:
      return decodeAuth(reader);
    case OpCode.setWatches:
      return decodeSetWatches(reader);
    default: {
      const step = decodeStep(reader, type);
      return step === null || step.op === 'check' ? { op: 'unknown', type } : step;
    }
  }
}

function decodeRead(reader: JuteReader, op: Read['op']): Read {
  return { op, path: reader.string(), watch: reader.boolean() };
}

// AuthPacket  type(4) scheme(string) auth(buffer)
function decodeAuth(reader: JuteReader): Request {
  reader.int();
  return { op: 'auth', scheme: reader.string(), credentials: reader.buffer() ?? new Uint8Array() };
}

// SetWatches  relativeZxid(8) dataWatches(strings) existWatches(strings) childWatches(strings)
function decodeSetWatches(reader: JuteReader): SetWatches {
  const strings = () => reader.vector(() => reader.string());
  return { op: 'setWatches', relativeZxid: reader.long(), data: strings(), exists: strings(), children: strings() };
}

function decodeStep(reader: JuteReader, type: number): Step | null {
  switch (type) {
    case OpCode.create:
      return decodeCreate(reader, 'create');
    case OpCode.create2:
      return decodeCreate(reader, 'create2');
    case OpCode.delete:
      return { op: 'delete', path: reader.string(), version: reader.int() };
    case OpCode.setData:
      return { op: 'setData', path: reader.string(), data: reader.buffer(), version: reader.int() };
    case OpCode.setAcl:
      return { op: 'setAcl', path: reader.string(), acl: readAcl(reader), version: reader.int() };
    case OpCode.check:
      return { op: 'check', path: reader.string(), version: reader.int() };
    default:
      return null;
  }
}

// CreateRequest  path(string) data(buffer) acl(ACLs) flags(4)
function decodeCreate(reader: JuteReader, op: 'create' | 'create2'): Step {
  return { op, path: reader.string(), data: reader.buffer(), acl: readAcl(reader), flags: reader.int() };
}

// MultiHeader  type(4) done(1) err(4), before each step and, with done set, after the last
function decodeSteps(reader: JuteReader): Step[] {
  const steps: Step[] = [];
  for (;;) {
    const type = reader.int();
    const done = reader.boolean();
    reader.int();
    if (done) return steps;
    const step = decodeStep(reader, type);
    if (step === null || step.op === 'setAcl') throw new JuteError(`operation ${type} cannot be a step`);
    steps.push(step);
  }
}
