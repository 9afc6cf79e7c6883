import { expect, it } from 'vitest';
import {
  replacesLiveSession,
  type SessionEvent,
  type SessionMachine,
  startMachine,
  stepMachine,
} from './connection-state.ts';

const T = 4000;
const established = (sessionId: string, sentAtMs: number): SessionEvent => ({
  kind: 'established',
  sessionId,
  sessionTimeoutMs: T,
  sentAtMs,
});
const run = (...events: readonly (readonly [number, SessionEvent])[]): SessionMachine =>
  events.reduce((machine, [nowMs, event]) => stepMachine(machine, event, nowMs), startMachine(6000, 0));

it('is connecting, without a lease, until the first session', () => {
  expect(run([100, { kind: 'disconnected', cause: 'refused' }], [9000, { kind: 'clock' }])).toEqual({
    state: { kind: 'connecting', sinceMs: 0 },
    epoch: 0,
    sessionId: '',
    sessionTimeoutMs: 6000,
    leaseUntilMs: 0,
  });
});

it('takes the granted timeout and counts the lease from when the round trip was begun', () => {
  expect(run([120, established('a1', 100)])).toEqual({
    state: { kind: 'connected', sinceMs: 120, epoch: 1, sessionId: 'a1' },
    epoch: 1,
    sessionId: 'a1',
    sessionTimeoutMs: T,
    leaseUntilMs: 4100,
  });
});

it('extends the lease by what was acknowledged, never shortens it', () => {
  const extended = run([120, established('a1', 100)], [2000, { kind: 'acknowledged', sentAtMs: 1900 }]);
  expect(extended.leaseUntilMs).toBe(5900);
  expect(stepMachine(extended, { kind: 'acknowledged', sentAtMs: 1500 }, 2001).leaseUntilMs).toBe(5900);
});

it('is suspended while the connection is gone and lost when the lease runs out', () => {
  const suspended = run([120, established('a1', 100)], [1000, { kind: 'disconnected', cause: 'reset' }]);
  expect(suspended.state).toEqual({ kind: 'suspended', sinceMs: 1000, cause: 'reset' });
  expect(stepMachine(suspended, { kind: 'clock' }, 4099).state).toBe(suspended.state);
  expect(stepMachine(suspended, { kind: 'clock' }, 4100).state).toEqual({
    kind: 'lost',
    sinceMs: 4100,
    cause: 'the lease ran out',
  });
});

it('is lost straight from connected when the process slept through its lease', () => {
  expect(run([120, established('a1', 100)], [9000, { kind: 'clock' }]).state).toEqual({
    kind: 'lost',
    sinceMs: 9000,
    cause: 'the lease ran out',
  });
  expect(run([120, established('a1', 100)], [9000, { kind: 'disconnected', cause: 'reset' }]).state.kind).toBe('lost');
});

it('keeps the epoch when the same session comes back, even after it was lost', () => {
  const back = run(
    [120, established('a1', 100)],
    [200, { kind: 'disconnected', cause: 'reset' }],
    [9000, { kind: 'clock' }],
    [9500, established('a1', 9400)],
  );
  expect(back.state).toEqual({ kind: 'connected', sinceMs: 9500, epoch: 1, sessionId: 'a1' });
});

it('begins a new epoch with a new session id', () => {
  const renewed = run(
    [120, established('a1', 100)],
    [200, { kind: 'disconnected', cause: 'reset' }],
    [300, { kind: 'expired', cause: 'the session expired' }],
    [400, established('b2', 350)],
  );
  expect(renewed.state).toEqual({ kind: 'connected', sinceMs: 400, epoch: 2, sessionId: 'b2' });
});

it('gives up the lease at once when a server says the session expired', () => {
  const expired = run(
    [120, established('a1', 100)],
    [200, { kind: 'disconnected', cause: 'reset' }],
    [300, { kind: 'expired', cause: 'the session expired' }],
  );
  expect(expired.state).toEqual({ kind: 'lost', sinceMs: 300, cause: 'the session expired' });
  expect(expired.leaseUntilMs).toBe(300);
});

it('says that another session id would replace a session that nobody gave up', () => {
  const suspended = run([120, established('a1', 100)], [1000, { kind: 'disconnected', cause: 'reset' }]);
  const lost = stepMachine(suspended, { kind: 'clock' }, 9000);
  expect([suspended, lost, startMachine(T, 0)].map(machine => replacesLiveSession(machine, 'b2'))).toEqual([
    true,
    false,
    false,
  ]);
  expect(replacesLiveSession(suspended, 'a1')).toBe(false);
});

it('says auth-failed once for as long as credentials are refused', () => {
  const refused = run([50, { kind: 'refused', cause: 'no' }], [900, { kind: 'refused', cause: 'no' }]);
  expect(refused.state).toEqual({ kind: 'auth-failed', sinceMs: 50, cause: 'no' });
  expect(stepMachine(refused, established('a1', 950), 960).state.kind).toBe('connected');
});

it('never leaves closed', () => {
  const closed = run([120, established('a1', 100)], [500, { kind: 'close' }]);
  expect(closed).toEqual({ ...closed, state: { kind: 'closed', sinceMs: 500 }, leaseUntilMs: 500 });
  for (const event of [established('b2', 600), { kind: 'clock' }, { kind: 'expired', cause: 'x' }] as const) {
    expect(stepMachine(closed, event, 700)).toBe(closed);
  }
});
