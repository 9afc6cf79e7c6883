import { expect, it } from 'vitest';
import { Sessions } from './sessions.ts';

const start = () =>
  new Sessions({ tickTimeMs: 500, firstId: 10n, randomBytes: length => new Uint8Array(length).fill(7) });
const PASSWORD = new Uint8Array(16).fill(7);

it('clamps the wished timeout to 2..20 ticks', () => {
  const sessions = start();
  expect([1, 4321, 999_999].map(wishMs => sessions.open(wishMs, 0).timeoutMs)).toEqual([1000, 4321, 10_000]);
});

it('lets a session live between its timeout and one tick more', () => {
  const sessions = start();
  const { id } = sessions.open(1000, 100);
  expect(sessions.overdue(1499)).toEqual([]);
  expect(sessions.overdue(1500).map(session => session.id)).toEqual([id]);
});

it('renews a session when somebody was heard, and only while it lives', () => {
  const sessions = start();
  const { id } = sessions.open(1000, 0);
  expect(sessions.touch(id, 1400)).toBe(true);
  expect(sessions.overdue(2499)).toEqual([]);
  sessions.end(id);
  expect(sessions.touch(id, 1500)).toBe(false);
});

it('gives a session back only for its password', () => {
  const sessions = start();
  const { id } = sessions.open(1000, 0);
  expect(sessions.resume(id, new Uint8Array(16), 1000, 0)).toBeUndefined();
  expect(sessions.resume(99n, PASSWORD, 1000, 0)).toBeUndefined();
  expect(sessions.resume(id, PASSWORD, 3000, 0)).toEqual({
    id,
    password: PASSWORD,
    timeoutMs: 3000,
    expiresAtMs: 3500,
  });
});
