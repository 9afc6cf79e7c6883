// A wait that can be cut short.

/** One wait at a time; waking when nobody waits does nothing. */
export class Pause {
  #wake: (() => void) | undefined;

  /** Resolves after `ms`, or at once when woken. */
  wait(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(() => this.wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the wait under way, if there is one. */
  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
