import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attemptTimeoutMs, backoffMs, refusedBackoffMs, shuffled } from './dial-plan.ts';

it('fits the attempts of one round into half a session timeout', () => {
  expect([1, 2, 4].map(servers => attemptTimeoutMs(4000, servers, 0) * servers)).toEqual([2000, 2000, 2000]);
});

it('becomes more patient with servers after some failed rounds, up to one session timeout', () => {
  expect([0, 5, 6, 7, 8, 50].map(rounds => attemptTimeoutMs(4000, 4, rounds))).toEqual([
    500, 500, 500, 1000, 1500, 4000,
  ]);
});

it('waits longer after each failed round, up to a quarter of the session timeout', () => {
  const longest = [1, 2, 3, 4, 5, 6, 60].map(rounds => backoffMs(rounds, 4000, () => 1));
  expect(longest).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  expect(backoffMs(60, 4000, () => 0)).toBe(500);
});

it('waits one to two session timeouts, at least a second, after refused credentials', () => {
  expect([refusedBackoffMs(4000, () => 0), refusedBackoffMs(4000, () => 1), refusedBackoffMs(400, () => 0)]).toEqual([
    4000, 8000, 1000,
  ]);
});

it('shuffles without losing a server', () => {
  const servers = [1, 2, 3, 4, 5].map(port => ({ host: 'zk', port }));
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), stream => {
      const order = shuffled(servers, () => stream.next().value);
      expect([...order].sort((a, b) => a.port - b.port)).toEqual(servers);
    }),
  );
});
