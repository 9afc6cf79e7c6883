// Keeps one connection honest: a ping each third of the session timeout, so that the lease is always known, and an end to
// the connection when nothing at all was heard for two thirds of it. A third is then left to come back with the session.
//
// After a stall of our own process the timers fire before the answers that are waiting in the kernel are read, so a
// deadline that has passed is looked at once more after the next turn of the event loop.

/** What a heartbeat does and whom it tells. */
export interface HeartbeatPort {
  readonly clock: () => number;
  readonly ping: () => void;
  /** Nothing was heard for `silentMs`. */
  readonly silent: (silentMs: number) => void;
}

/** Runs until stopped. All times are milliseconds. */
export class Heartbeat {
  readonly #port: HeartbeatPort;
  readonly #silenceMs: number;
  readonly #pingTimer: NodeJS.Timeout;
  #silenceTimer: NodeJS.Timeout;
  #heardAtMs: number;
  #pingSentAtMs: number | undefined;
  #stopped = false;

  constructor(sessionTimeoutMs: number, port: HeartbeatPort) {
    this.#port = port;
    this.#silenceMs = (sessionTimeoutMs * 2) / 3;
    this.#heardAtMs = port.clock();
    this.#pingTimer = setInterval(() => this.#ping(), sessionTimeoutMs / 3);
    this.#silenceTimer = setTimeout(() => this.#look(), this.#silenceMs);
  }

  /** Something arrived. */
  heard(): void {
    this.#heardAtMs = this.#port.clock();
  }

  /** The answer to our ping arrived: returns when that ping was sent, `undefined` if none was. */
  pong(): number | undefined {
    const sentAtMs = this.#pingSentAtMs;
    this.#pingSentAtMs = undefined;
    return sentAtMs;
  }

  /** No ping and no verdict after this. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#silenceTimer);
  }

  // One ping at a time: an unanswered one is the silence timer's business.
  #ping(): void {
    if (this.#pingSentAtMs !== undefined) return;
    this.#pingSentAtMs = this.#port.clock();
    this.#port.ping();
  }

  #look(): void {
    const leftMs = this.#heardAtMs + this.#silenceMs - this.#port.clock();
    if (leftMs > 0) this.#silenceTimer = setTimeout(() => this.#look(), leftMs);
    else setImmediate(() => this.#judge());
  }

  #judge(): void {
    if (this.#stopped) return;
    const silentMs = this.#port.clock() - this.#heardAtMs;
    if (silentMs >= this.#silenceMs) this.#port.silent(silentMs);
    else this.#look();
  }
}
