// A ZooKeeper client that hides nothing: it sends one request's bytes and keeps everything that comes back, in order, as
// plain values. It has its own encoder, so that it shares no mistake with the server it is held against.
//
// What differs between two runs for no reason of ours is normalised: transaction ids are counted from the first one seen,
// times become `time`, session ids the name of the client that got them, and children are sorted.

import { connect, type Socket } from 'node:net';

/** Requests by operation number; the body is what the fields say, in this order. */
export type RawRequest = { readonly type: number; readonly xid?: number; readonly body: readonly Field[] };
type Field = number | bigint | boolean | string | Uint8Array | null | readonly Field[];

/** Where a server listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** One message from the server, or the end of the connection. */
export type Received = Readonly<Record<string, unknown>>;

const ERROR_ONLY = new Set([2, 11, 100, 101, -11]);
const PING = -2;

/** What all clients of one run share: how to normalise. */
export class Normaliser {
  readonly #sessions = new Map<bigint, string>();
  #firstZxid: bigint | undefined;

  named(sessionId: bigint, name: string): void {
    if (!this.#sessions.has(sessionId)) this.#sessions.set(sessionId, name);
  }

  session(id: bigint): string {
    return id === 0n ? 'nobody' : `session of ${this.#sessions.get(id) ?? 'a stranger'}`;
  }

  zxid(zxid: bigint): string {
    if (zxid <= 0n) return String(zxid);
    this.#firstZxid ??= zxid;
    return `+${zxid - this.#firstZxid}`;
  }
}

/** One connection, named in the transcript. */
export class RawClient {
  readonly #normaliser: Normaliser;
  readonly #name: string;
  readonly #awaited: { readonly xid: number; readonly type: number }[] = [];
  readonly #socket: Socket;
  #received: Received[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #isGreeted = false;
  #isClosed = false;
  #nextXid = 1;
  #wake: () => void = () => {};
  sessionId = 0n;
  password: Uint8Array = new Uint8Array(16);
  /** The newest transaction id any reply carried. */
  lastZxid = 0n;

  constructor(name: string, place: Place, normaliser: Normaliser) {
    this.#name = name;
    this.#normaliser = normaliser;
    this.#socket = connect({ host: place.host, port: place.port, noDelay: true });
    this.#socket.on('data', chunk => this.#take(chunk));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#end());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends the connect request and waits for the answer or the end. */
  async open(wish: {
    readonly timeoutMs: number;
    readonly sessionId?: bigint;
    readonly password?: Uint8Array;
    readonly lastZxid?: bigint;
    readonly withReadOnly?: boolean;
  }): Promise<void> {
    const session = [wish.timeoutMs, wish.sessionId ?? 0n, wish.password ?? new Uint8Array(16)];
    const readOnly = wish.withReadOnly === false ? [] : [false];
    this.sendFrame(encode([0, wish.lastZxid ?? 0n, ...session, ...readOnly]));
    await this.#until(() => this.#isGreeted || this.#isClosed);
  }

  /** Sends the requests in one go and waits for all their answers, or for the end. */
  async ask(...requests: readonly RawRequest[]): Promise<void> {
    if (this.#isClosed) throw new Error(`client ${this.#name}: the connection is over`);
    for (const request of requests) {
      const xid = request.xid ?? this.#nextXid++;
      this.#awaited.push({ xid, type: request.type });
      this.sendFrame(encode([xid, request.type, ...request.body]));
    }
    await this.#until(() => this.#awaited.length === 0 || this.#isClosed);
  }

  /** A round trip that leaves no trace in the transcript: what was sent before it has arrived after it. */
  async settle(): Promise<void> {
    if (this.#isClosed) return;
    await this.ask({ type: 11, xid: PING, body: [] });
  }

  sendFrame(body: Uint8Array): void {
    this.#socket.write(Buffer.concat([int(body.length), body]));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits until the server ended the connection. */
  async closed(): Promise<void> {
    await this.#until(() => this.#isClosed);
  }

  /** Waits until something was received since the last `take`. */
  async something(): Promise<void> {
    await this.#until(() => this.#received.length > 0);
  }

  cut(): void {
    this.#socket.destroy();
  }

  /** Everything received since the last time. */
  take(): readonly Received[] {
    const received = this.#received;
    this.#received = [];
    return received;
  }

  async #until(isDone: () => boolean): Promise<void> {
    const giveUpAtMs = performance.now() + 10_000;
    while (!isDone()) {
      if (performance.now() > giveUpAtMs) throw new Error(`client ${this.#name}: no answer within 10 s`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #end(): void {
    this.#isClosed = true;
    this.#received.push({ closed: true });
    this.#wake();
  }

  #take(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readInt32BE(0)) {
      const length = this.#bytes.readInt32BE(0);
      this.#understand(new Fields(this.#bytes.subarray(4, 4 + length)));
      this.#bytes = this.#bytes.subarray(4 + length);
    }
    this.#wake();
  }

  #understand(fields: Fields): void {
    if (this.#isGreeted) this.#understandReply(fields);
    else this.#understandGreeting(fields);
  }

  #understandGreeting(fields: Fields): void {
    this.#isGreeted = true;
    const [protocolVersion, timeoutMs] = [fields.int(), fields.int()];
    this.sessionId = fields.long();
    this.password = fields.bytes() ?? new Uint8Array();
    if (this.sessionId !== 0n) this.#normaliser.named(this.sessionId, this.#name);
    const session = this.#normaliser.session(this.sessionId);
    const readOnly = fields.rest().toString('hex');
    this.#received.push({ protocolVersion, timeoutMs, session, passwordBytes: this.password.length, readOnly });
  }

  #understandReply(fields: Fields): void {
    const [xid, rawZxid, code] = [fields.int(), fields.long(), fields.int()];
    const zxid = this.#normaliser.zxid(rawZxid);
    if (rawZxid > this.lastZxid) this.lastZxid = rawZxid;
    if (xid === -1) {
      this.#received.push({ event: fields.int(), state: fields.int(), path: fields.string(), zxid });
      return;
    }
    const asked = this.#awaited.shift();
    if (asked?.xid === PING && xid === PING) return;
    const body = code === 0 && asked !== undefined ? this.#readBody(fields, asked.type) : undefined;
    this.#received.push({ isNextInOrder: asked?.xid === xid, zxid, code, body, rest: fields.rest().toString('hex') });
  }

  #readBody(fields: Fields, type: number): unknown {
    if (ERROR_ONLY.has(type)) return undefined;
    switch (type) {
      case 1:
      case 9:
        return { path: fields.string() };
      case 15:
        return { path: fields.string(), stat: this.#readStat(fields) };
      case 3:
      case 5:
      case 7:
        return { stat: this.#readStat(fields) };
      case 4:
        return { data: fields.text(), stat: this.#readStat(fields) };
      case 6:
        return { acl: fields.acl(), stat: this.#readStat(fields) };
      case 8:
        return { children: fields.strings() };
      case 12:
        return { children: fields.strings(), stat: this.#readStat(fields) };
      case 14:
        return this.#readResults(fields);
      default:
        return undefined;
    }
  }

  #readResults(fields: Fields): unknown[] {
    const results: unknown[] = [];
    for (;;) {
      const [type, done, code] = [fields.int(), fields.boolean(), fields.int()];
      if (done) return [...results, { type, code }];
      results.push({ type, code, body: type === -1 ? fields.int() : this.#readBody(fields, type === 13 ? 2 : type) });
    }
  }

  #readStat(fields: Fields): unknown {
    const zxid = () => this.#normaliser.zxid(fields.long());
    const time = () => (fields.long() > 1_000_000_000_000n ? 'time' : 'never');
    return {
      czxid: zxid(),
      mzxid: zxid(),
      ctime: time(),
      mtime: time(),
      version: fields.int(),
      cversion: fields.int(),
      aversion: fields.int(),
      ephemeralOwner: this.#normaliser.session(fields.long()),
      dataLength: fields.int(),
      numChildren: fields.int(),
      pzxid: zxid(),
    };
  }
}

class Fields {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  int(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }
  long(): bigint {
    this.#at += 8;
    return this.#bytes.readBigInt64BE(this.#at - 8);
  }
  boolean(): boolean {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1) === 1;
  }
  bytes(): Buffer | null {
    const length = this.int();
    if (length < 0) return null;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  text(): string | null {
    return this.bytes()?.toString('utf8') ?? null;
  }
  string(): string {
    return this.text() ?? '';
  }
  strings(): string[] {
    return Array.from({ length: this.int() }, () => this.string()).sort();
  }
  acl(): unknown[] {
    return Array.from({ length: this.int() }, () => [this.int(), this.string(), this.string()]);
  }
  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }
}

function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(encodeField));
}

function encodeField(field: Field): Buffer {
  if (field === null) return int(-1);
  if (typeof field === 'number') return int(field);
  if (typeof field === 'boolean') return Buffer.of(field ? 1 : 0);
  if (typeof field === 'bigint') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(field);
    return bytes;
  }
  if (typeof field === 'string') return encodeField(Buffer.from(field, 'utf8'));
  if (field instanceof Uint8Array) return Buffer.concat([int(field.length), field]);
  return encode(field);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
