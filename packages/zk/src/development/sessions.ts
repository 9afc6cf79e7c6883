// Sessions: an id, a password to come back with, and a time by which somebody must have been heard. Time is an argument.
//
// As in ZooKeeper, deadlines are rounded up to the next tick, so a session lives between its timeout and a tick more;
// and the wished timeout is clamped to 2..20 ticks.

/** One client's session. */
export interface Session {
  readonly id: bigint;
  readonly password: Uint8Array;
  readonly timeoutMs: number;
  /** On the clock whose `nowMs` the methods are given. */
  readonly expiresAtMs: number;
}

/** What the sessions need from outside. */
export interface SessionsOptions {
  readonly tickTimeMs: number;
  /** The first id handed out; the next ones follow. */
  readonly firstId: bigint;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** All living sessions. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<bigint, Session>();
  #nextId: bigint;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#nextId = options.firstId;
  }

  open(wishMs: number, nowMs: number): Session {
    const timeoutMs = this.#clamp(wishMs);
    const password = this.#options.randomBytes(16);
    return this.#store({ id: this.#nextId++, password, timeoutMs, expiresAtMs: 0 }, nowMs);
  }

  /** The session with this id, its life renewed; undefined when it is gone or the password is not its own. */
  resume(id: bigint, password: Uint8Array, wishMs: number, nowMs: number): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || Buffer.compare(session.password, password) !== 0) return undefined;
    return this.#store({ ...session, timeoutMs: this.#clamp(wishMs) }, nowMs);
  }

  /** Somebody was heard. False when the session is gone. */
  touch(id: bigint, nowMs: number): boolean {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#store(session, nowMs);
    return session !== undefined;
  }

  /** False when there was none. */
  end(id: bigint): boolean {
    return this.#sessions.delete(id);
  }

  /** Those that were silent too long, longest first. They stay until `end`. */
  overdue(nowMs: number): readonly Session[] {
    const late = [...this.#sessions.values()].filter(session => session.expiresAtMs <= nowMs);
    return late.sort((one, other) => one.expiresAtMs - other.expiresAtMs);
  }

  list(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  #store(session: Session, nowMs: number): Session {
    const { tickTimeMs } = this.#options;
    const expiresAtMs = (Math.floor((nowMs + session.timeoutMs) / tickTimeMs) + 1) * tickTimeMs;
    const renewed = { ...session, expiresAtMs };
    this.#sessions.set(session.id, renewed);
    return renewed;
  }

  #clamp(wishMs: number): number {
    const { tickTimeMs } = this.#options;
    return Math.min(Math.max(wishMs, 2 * tickTimeMs), 20 * tickTimeMs);
  }
}
