// One timer that can be set again and again: the instant at which time alone may change a decision.

/** A timer for one instant; setting it replaces the former one. */
export interface Alarm {
  /** Rings once at this instant (monotonic, milliseconds) or soon after; null: not at all. */
  set(atMs: number | null): void;
}

// Longest wait that a timer of the runtime can hold.
const LONGEST_MS = 2 ** 31 - 1;

/** An alarm that is not set. */
export function createAlarm(ring: () => void, clock: () => number): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let setFor: number | null = null;
  return {
    set: atMs => {
      if (atMs === setFor) return;
      clearTimeout(timer);
      setFor = atMs;
      if (atMs === null) return;
      const waitMs = Math.min(Math.max(1, Math.ceil(atMs - clock())), LONGEST_MS);
      timer = setTimeout(() => {
        setFor = null;
        ring();
      }, waitMs);
    },
  };
}
