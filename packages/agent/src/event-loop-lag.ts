// How late the event loop runs: what the BGP timers, and so the routes, live on.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Lag } from './metrics.ts';

const RESOLUTION_MS = 50;

/** A gauge of lateness since it was last read. */
export interface LagMeter {
  read(): Lag;
  stop(): void;
}

/** Starts to measure. What is measured is the time between two beats; the beat itself is taken off. */
export function measureLag(): LagMeter {
  const beats = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  beats.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
  return {
    read: () => {
      const lag = beats.count === 0 ? { p99: 0, max: 0 } : { p99: late(beats.percentile(99)), max: late(beats.max) };
      beats.reset();
      return lag;
    },
    stop: () => {
      beats.disable();
    },
  };
}
