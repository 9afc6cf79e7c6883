// When a probe is asked: on a grid that does not drift, never twice at a time, more often while its verdict is unsettled.

import type { Probe } from './probe.ts';
import { type CheckVerdict, count, isUnsettled, NO_VERDICT, type ProbeResult, type Thresholds } from './verdict.ts';

/** A check's times, milliseconds. */
export interface Timing extends Thresholds {
  readonly intervalMs: number;
  /** Between probes while the last one disagrees with the verdict. */
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
}

/** A probe that is being asked. */
export interface Watch {
  readonly verdict: CheckVerdict;
  /** Other times from the next probe on; the verdict stays. */
  retime(timing: Timing): void;
  /** Ends at once, a probe under way included. */
  stop(): void;
}

/** What a watch works with. */
export interface WatchOptions {
  readonly probe: Probe;
  readonly timing: Timing;
  /** The monotonic clock, milliseconds. */
  readonly clock: () => number;
  /** After each probe. */
  readonly onResult: (verdict: CheckVerdict, result: ProbeResult, tookMs: number) => void;
}

/** Asks at once, then again and again. */
export function watch(options: WatchOptions): Watch {
  const abort = new AbortController();
  let { timing } = options;
  let verdict = NO_VERDICT;
  let dueMs = options.clock();
  let timer: NodeJS.Timeout | undefined;

  const ask = async (): Promise<void> => {
    const askedAtMs = options.clock();
    const result = await options.probe(timing.timeoutMs, abort.signal);
    if (abort.signal.aborted) return;
    const nowMs = options.clock();
    verdict = count(verdict, result, timing);
    dueMs = nextDue(dueMs, isUnsettled(verdict) ? timing.fastIntervalMs : timing.intervalMs, nowMs);
    timer = setTimeout(ask, dueMs - nowMs);
    options.onResult(verdict, result, nowMs - askedAtMs);
  };
  timer = setTimeout(ask, 0);

  return {
    get verdict() {
      return verdict;
    },
    retime: next => {
      timing = next;
    },
    stop: () => {
      abort.abort();
      clearTimeout(timer);
    },
  };
}

/** The first instant after `nowMs` that lies a whole number of intervals after the last one; missed ones are skipped. */
export function nextDue(lastDueMs: number, intervalMs: number, nowMs: number): number {
  const passed = Math.max(0, nowMs - lastDueMs);
  return lastDueMs + (Math.floor(passed / intervalMs) + 1) * intervalMs;
}
