// Virtual time: a binary heap of actions, ordered by instant and then by the order in which they were asked for. Nothing
// else moves the clock, so ten minutes cost as little as what happens in them, and the same seed gives the same order.

/** A planned action. */
export interface Timer {
  readonly atMs: number;
  cancel(): void;
}

interface Entry extends Timer {
  readonly order: number;
  action: (() => void) | null;
}

/** The clock of the simulated world. */
export interface Scheduler {
  /** Milliseconds since the world began. */
  readonly nowMs: number;
  /** Plan an action; an instant in the past means now. */
  at(atMs: number, action: () => void): Timer;
  after(delayMs: number, action: () => void): Timer;
  /** Run until this instant, or until `afterEach` (called after every action) says false. */
  runUntil(untilMs: number, afterEach?: () => boolean): void;
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function siftUp(heap: Entry[], start: number): void {
  const entry = heap[start]!;
  let index = start;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function siftDown(heap: Entry[], entry: Entry): void {
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, entry)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): Entry {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length > 0) siftDown(heap, last);
  return top;
}

/** A clock at zero with nothing planned. */
export function createScheduler(): Scheduler {
  const heap: Entry[] = [];
  let nowMs = 0;
  let order = 0;
  const at = (atMs: number, action: () => void): Timer => {
    const entry: Entry = {
      atMs: Math.max(atMs, nowMs),
      order: order++,
      action,
      cancel: () => {
        entry.action = null;
      },
    };
    heap.push(entry);
    siftUp(heap, heap.length - 1);
    return entry;
  };
  const runUntil = (untilMs: number, afterEach?: () => boolean): void => {
    while (heap.length > 0 && heap[0]!.atMs <= untilMs) {
      const { atMs, action } = pop(heap);
      if (action === null) continue;
      nowMs = atMs;
      action();
      if (afterEach !== undefined && !afterEach()) return;
    }
    nowMs = Math.max(nowMs, untilMs);
  };
  return {
    get nowMs() {
      return nowMs;
    },
    at,
    after: (delayMs, action) => at(nowMs + delayMs, action),
    runUntil,
  };
}
