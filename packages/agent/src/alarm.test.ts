import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAlarm } from './alarm.ts';

let rung: number[];
let nowMs: number;
beforeEach(() => {
  vi.useFakeTimers();
  rung = [];
  nowMs = 0;
});
afterEach(() => vi.useRealTimers());
const pass = (ms: number): void => {
  nowMs += ms;
  vi.advanceTimersByTime(ms);
};
const alarm = () =>
  createAlarm(
    () => rung.push(nowMs),
    () => nowMs,
  );

describe('an alarm', () => {
  it('rings once at its instant, and again when it is set again', () => {
    const one = alarm();
    one.set(100);
    one.set(100);
    pass(100);
    pass(1000);
    one.set(1500);
    pass(400);
    expect(rung).toEqual([100, 1500]);
  });

  it('is replaced by a later set and silenced by null', () => {
    const one = alarm();
    one.set(100);
    one.set(50);
    pass(200);
    one.set(300);
    one.set(null);
    pass(500);
    expect(rung).toEqual([200]);
  });

  it('rings soon for an instant that has passed, and does not overflow on one far away', () => {
    const one = alarm();
    one.set(-5);
    pass(1);
    one.set(1e15);
    pass(60_000);
    expect(rung).toEqual([1]);
  });
});
