import { expect, it } from 'vitest';
import { Ledger } from './inside/ledger.ts';

const gap = { kind: 'gap', target: 'udp vip', number: 0 } as const;

it('tells who answers, once for each change', () => {
  const ledger = new Ledger('udp vip');
  for (const atMs of [0, 5, 10]) ledger.send(atMs);
  expect(ledger.answer(0, 'lb1', 1)).toEqual([
    { kind: 'by', target: 'udp vip', atMs: 1, by: 'lb1', before: undefined },
  ]);
  expect(ledger.answer(1, 'lb1', 6)).toEqual([]);
  expect(ledger.answer(2, 'lb2', 11)).toEqual([{ kind: 'by', target: 'udp vip', atMs: 11, by: 'lb2', before: 'lb1' }]);
  expect(ledger.settle(20)).toEqual([]);
});

it('counts a run of lost probes as one gap, from its first sending to its last', () => {
  const ledger = new Ledger('udp vip');
  for (const atMs of [0, 5, 10, 15, 20]) ledger.send(atMs);
  ledger.answer(0, 'lb1', 1);
  ledger.answer(4, 'lb1', 21);
  expect(ledger.settle(100)).toEqual([{ ...gap, fromMs: 5, toMs: 15, lost: 3, open: false }]);
});

it('tells of a gap that is still open, and again when it has grown and closed', () => {
  const ledger = new Ledger('udp vip');
  for (const atMs of [0, 5, 10]) ledger.send(atMs);
  ledger.answer(2, 'lb1', 11);
  expect(ledger.settle(4)).toEqual([{ ...gap, fromMs: 0, toMs: 0, lost: 1, open: true }]);
  expect(ledger.settle(100)).toEqual([{ ...gap, fromMs: 0, toMs: 5, lost: 2, open: false }]);
});

it('decides nothing that was sent at or after the moment', () => {
  const ledger = new Ledger('udp vip');
  ledger.send(5);
  expect(ledger.settle(5)).toEqual([]);
  ledger.answer(0, 'lb1', 6);
  expect(ledger.settle(6)).toEqual([]);
  expect({ sent: ledger.sent, answered: ledger.answered }).toEqual({ sent: 1, answered: 1 });
});

it('ignores an answer that comes twice or after its probe was given up', () => {
  const ledger = new Ledger('udp vip');
  for (const atMs of [0, 5]) ledger.send(atMs);
  ledger.settle(3);
  expect(ledger.answer(0, 'lb9', 8)).toEqual([]);
  ledger.answer(1, 'lb1', 8);
  expect(ledger.answer(1, 'lb2', 9)).toEqual([]);
  expect(ledger.answered).toBe(1);
});
