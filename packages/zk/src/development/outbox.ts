// What one connection still has to say, in order, each frame not before its time. Without a delay frames go straight
// through. Bounded: somebody who asks and never reads is cut off.

/** Most that may wait for one reader, in bytes. */
export const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** An ordered, delayable queue of frames in front of one socket. */
export class Outbox {
  readonly #write: (frame: Uint8Array) => void;
  #waiting: { readonly frame: Uint8Array; readonly dueMs: number }[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #held = false;

  constructor(write: (frame: Uint8Array) => void) {
    this.#write = write;
  }

  /** False when too much waits already. */
  push(frame: Uint8Array, delayMs: number): boolean {
    if (this.#bytes + frame.length > MAX_WAITING_BYTES) return false;
    this.#waiting.push({ frame, dueMs: performance.now() + delayMs });
    this.#bytes += frame.length;
    this.#flush();
    return true;
  }

  /** While held, everything waits. */
  hold(held: boolean): void {
    this.#held = held;
    this.#flush();
  }

  /** Writes all that waits now, whatever its time; for the last words of a connection. */
  drain(): void {
    clearTimeout(this.#timer);
    if (this.#held) return;
    for (const { frame } of this.#waiting) this.#write(frame);
    this.#clear();
  }

  /** Forgets what waits. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#clear();
  }

  #clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    if (this.#held) return;
    const nowMs = performance.now();
    while (this.#waiting[0] !== undefined && this.#waiting[0].dueMs <= nowMs) this.#writeFirst();
    const next = this.#waiting[0];
    if (next !== undefined) this.#timer = setTimeout(() => this.#flush(), Math.ceil(next.dueMs - nowMs));
  }

  #writeFirst(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#bytes -= first.frame.length;
    this.#write(first.frame);
  }
}
