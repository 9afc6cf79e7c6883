// One step of a session while it is being made: a copy that may be changed, and the outputs gathered so far. The rules
// of which event leads where are in session.ts; here is what each such move consists of, timers included.

import type { Negotiated } from './session-open.ts';
import { openFor } from './session-open.ts';
import type { ConnectionState, Session, SessionOutput } from './session-types.ts';
import type { DecodeError } from './wire/decode-error.ts';
import { HEADER_LENGTH, STANDARD_LENGTH } from './wire/header.ts';
import { cease, type NotificationMessage } from './wire/notification.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A session that lived this long was a good one: its end does not count as a repeated failure. */
const STABLE_MS = 30_000;
const IDLE_HOLD_FIRST_MS = 1000;
const IDLE_HOLD_LIMIT_MS = 30_000;
const SEND_HOLD_LEAST_MS = 30_000;
/** RFC 9687 §4, for a session without hold time. */
const SEND_HOLD_WITHOUT_HOLD_MS = 480_000;
/** Code and subcode. */
const NOTIFICATION_CODES_LENGTH = 2;
/** Cease/Connection Collision Resolution, RFC 4486 §4. */
const COLLISION = cease(7);

/** The faulty message may be the data of its NOTIFICATION (RFC 7313 §5), and then has to fit into one. */
function notificationOf(error: DecodeError): NotificationMessage {
  const data = error.data.subarray(0, STANDARD_LENGTH - HEADER_LENGTH - NOTIFICATION_CODES_LENGTH);
  return { type: 'notification', code: error.code, subcode: error.subcode, data };
}

/** The next number in [0, 1) and the seed after it (mulberry32). */
function random(seed: number): { value: number; seed: number } {
  const next = (seed + 0x6d2b79f5) >>> 0;
  let t = Math.imul(next ^ (next >>> 15), 1 | next);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return { value: ((t ^ (t >>> 14)) >>> 0) / 4294967296, seed: next };
}

/** A session under change. */
export class Draft {
  readonly session: Mutable<Session>;
  readonly outputs: SessionOutput[] = [];
  readonly #now: number;

  constructor(session: Session, now: number) {
    this.session = { ...session };
    this.#now = now;
  }

  output(output: SessionOutput): void {
    this.outputs.push(output);
  }

  due(at: number | undefined): boolean {
    return at !== undefined && at <= this.#now;
  }

  connection(id: string): ConnectionState | undefined {
    return this.session.connections.find(connection => connection.id === id);
  }

  established(): ConnectionState | undefined {
    return this.session.connections.find(({ phase }) => phase === 'Established');
  }

  start(): void {
    if (this.session.started) return;
    this.session.started = true;
    if (!this.session.options.passive) this.connect();
  }

  stop(notification: NotificationMessage): void {
    for (const connection of this.session.connections) {
      this.#close(connection, notification);
      this.#remove(connection, 'stopped by us');
    }
    this.#abandonAttempt();
    Object.assign(this.session, { started: false, idleHoldAt: undefined, connectRetryAt: undefined, failures: 0 });
  }

  /** Begins an attempt; the ConnectRetryTimer limits it. */
  connect(): void {
    this.session.attempts += 1;
    this.session.attempt = `out-${this.session.attempts}`;
    this.session.connectRetryAt = this.#now + this.#jittered(this.session.options.connectRetryMs);
    this.output({ kind: 'connect', connection: this.session.attempt });
  }

  attemptEnded(): void {
    this.session.attempt = undefined;
    this.session.connectRetryAt = undefined;
  }

  /** The ConnectRetryTimer goes on: the next attempt begins when this one would have been given up. */
  attemptFailed(reason: string): void {
    this.session.attempt = undefined;
    this.session.lastError = reason;
  }

  connectRetryExpired(): void {
    if (this.session.attempt !== undefined) this.session.lastError = 'connection attempt timed out';
    this.#abandonAttempt();
    this.session.connectRetryAt = undefined;
    if (this.session.connections.length === 0) this.connect();
  }

  idleHoldExpired(): void {
    this.session.idleHoldAt = undefined;
    if (!this.session.options.passive && this.session.connections.length === 0) this.connect();
  }

  openConnection(id: string, direction: ConnectionState['direction']): void {
    const holdAt = this.#now + this.session.options.openLimitMs;
    const timers = { holdAt, keepaliveAt: undefined, sendHoldAt: undefined };
    this.session.idleHoldAt = undefined;
    this.session.connections = [
      ...this.session.connections,
      { id, direction, phase: 'OpenSent', negotiated: undefined, ...timers },
    ];
    this.output({ kind: 'send', connection: id, message: openFor(this.session.options) });
  }

  /** Their OPEN is good: answer it and wait for their answer to ours. */
  confirm(connection: ConnectionState, negotiated: Negotiated): void {
    const { id } = connection;
    this.output({ kind: 'negotiated', connection: id, negotiated });
    this.output({ kind: 'send', connection: id, message: { type: 'keepalive' } });
    const holdMs = negotiated.holdTimeSeconds * 1000 || this.session.options.openLimitMs;
    const keepaliveAt = this.#nextKeepalive(negotiated);
    this.#replace({ ...connection, phase: 'OpenConfirm', negotiated, holdAt: this.#now + holdMs, keepaliveAt });
  }

  establish(connection: ConnectionState): void {
    const { negotiated } = connection;
    if (negotiated === undefined) return;
    this.#abandonAttempt();
    this.session.connectRetryAt = undefined;
    for (const other of this.session.connections) {
      if (other.id !== connection.id) this.dumpCollision(other);
    }
    this.session.establishedAt = this.#now;
    this.#replace({ ...connection, phase: 'Established', holdAt: this.#holdDeadline(negotiated) });
    this.output({ kind: 'established', connection: connection.id, negotiated });
  }

  /** A KEEPALIVE or UPDATE arrived: the HoldTimer starts again (RFC 4271 §8.2.2, events 26 and 27). */
  heard(connection: ConnectionState): void {
    if (connection.negotiated === undefined) return;
    this.#replace({ ...connection, holdAt: this.#holdDeadline(connection.negotiated) });
  }

  keepalive(connection: ConnectionState): void {
    if (connection.negotiated === undefined) return;
    this.output({ kind: 'send', connection: connection.id, message: { type: 'keepalive' } });
    this.#replace({ ...connection, keepaliveAt: this.#nextKeepalive(connection.negotiated) });
  }

  writeProgress(id: string, pending: boolean): void {
    const connection = this.connection(id);
    if (connection === undefined) return;
    this.#replace({ ...connection, sendHoldAt: pending ? this.#now + this.#sendHoldMs(connection) : undefined });
  }

  /** Tells the peer why and ends the connection. */
  fail(connection: ConnectionState, error: DecodeError): void {
    this.#close(connection, notificationOf(error));
    this.session.lastError = `we sent ${error.message}`;
    this.#remove(connection, this.session.lastError);
  }

  /** The peer cannot be told anything any more (RFC 9687 §4): it does not read. */
  sendHoldExpired(connection: ConnectionState): void {
    this.session.lastError = 'Send Hold Timer Expired: the peer has stopped reading';
    this.output({ kind: 'abandon', connection: connection.id });
    this.#remove(connection, this.session.lastError);
  }

  /** The peer ended the connection, or the network did. */
  drop(connection: ConnectionState, reason: string): void {
    this.session.lastError = reason;
    this.output({ kind: 'finish', connection: connection.id });
    this.#remove(connection, reason);
  }

  /** The loser of a collision goes quietly: that is no failure of the peer. */
  dumpCollision(connection: ConnectionState): void {
    this.#close(connection, COLLISION);
    this.#remove(connection, 'collision');
  }

  replaceSilently(connection: ConnectionState): void {
    this.output({ kind: 'abandon', connection: connection.id });
    this.#remove(connection, 'replaced');
  }

  refuse(id: string): void {
    this.output({ kind: 'send', connection: id, message: COLLISION });
    this.output({ kind: 'finish', connection: id });
  }

  /** Whoever is started and has nothing left to wait for is damped, then tries again. */
  settle(): void {
    const { started, connections, attempt, connectRetryAt, idleHoldAt, options } = this.session;
    const waiting = connections.length > 0 || attempt !== undefined;
    if (!started || options.passive || waiting || connectRetryAt !== undefined || idleHoldAt !== undefined) return;
    const exponential = IDLE_HOLD_FIRST_MS * 2 ** Math.max(0, this.session.failures - 1);
    this.session.idleHoldAt = this.#now + this.#jittered(Math.min(exponential, IDLE_HOLD_LIMIT_MS));
  }

  #close(connection: ConnectionState, notification: NotificationMessage): void {
    this.output({ kind: 'send', connection: connection.id, message: notification });
    this.output({ kind: 'finish', connection: connection.id });
  }

  #replace(connection: ConnectionState): void {
    this.session.connections = this.session.connections.map(other => (other.id === connection.id ? connection : other));
  }

  #remove(connection: ConnectionState, reason: string): void {
    this.session.connections = this.session.connections.filter(({ id }) => id !== connection.id);
    if (connection.phase === 'Established') this.output({ kind: 'down', connection: connection.id, reason });
    if (reason !== 'collision' && reason !== 'replaced') this.#countFailure(connection);
  }

  #countFailure(connection: ConnectionState): void {
    const since = this.session.establishedAt;
    const stable = connection.phase === 'Established' && since !== undefined && this.#now - since >= STABLE_MS;
    this.session.failures = stable ? 1 : Math.min(this.session.failures + 1, 16);
    if (connection.phase === 'Established') this.session.establishedAt = undefined;
  }

  #abandonAttempt(): void {
    const { attempt } = this.session;
    if (attempt !== undefined) this.output({ kind: 'abandon', connection: attempt });
    this.session.attempt = undefined;
  }

  #holdDeadline({ holdTimeSeconds }: Negotiated): number | undefined {
    return holdTimeSeconds === 0 ? undefined : this.#now + holdTimeSeconds * 1000;
  }

  #nextKeepalive({ holdTimeSeconds }: Negotiated): number | undefined {
    return holdTimeSeconds === 0 ? undefined : this.#now + this.#jittered((holdTimeSeconds * 1000) / 3);
  }

  #sendHoldMs({ negotiated }: ConnectionState): number {
    const { sendHoldMs } = this.session.options;
    if (sendHoldMs !== undefined) return sendHoldMs;
    const holdMs = (negotiated?.holdTimeSeconds ?? 0) * 1000;
    return holdMs === 0 ? SEND_HOLD_WITHOUT_HOLD_MS : Math.max(2 * holdMs, SEND_HOLD_LEAST_MS);
  }

  /** RFC 4271 §10: 75 to 100 per cent of the interval. */
  #jittered(ms: number): number {
    const { value, seed } = random(this.session.seed);
    this.session.seed = seed;
    return ms * (0.75 + 0.25 * value);
  }
}
