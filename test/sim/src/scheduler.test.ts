import { expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { createScheduler } from './scheduler.ts';

it('runs actions by instant, and by order of planning within one instant', () => {
  const scheduler = createScheduler();
  const seen: string[] = [];
  scheduler.at(20, () => seen.push('late'));
  scheduler.at(10, () => seen.push('first'));
  scheduler.at(10, () => seen.push('second'));
  scheduler.after(5, () => scheduler.after(5, () => seen.push('third')));
  scheduler.at(15, () => seen.push('never')).cancel();
  scheduler.runUntil(20);
  expect(seen).toEqual(['first', 'second', 'third', 'late']);
  expect(scheduler.nowMs).toBe(20);
});

it('stops when told to, at the instant of the last action', () => {
  const scheduler = createScheduler();
  scheduler.at(10, () => {});
  scheduler.at(20, () => {});
  scheduler.runUntil(100, () => false);
  expect(scheduler.nowMs).toBe(10);
});

it('keeps its order over many random instants', () => {
  const scheduler = createScheduler();
  const random = createRandom(1);
  const seen: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const atMs = random.integer(0, 500);
    scheduler.at(atMs, () => seen.push(atMs));
  }
  scheduler.runUntil(1000);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen).toHaveLength(1000);
});
