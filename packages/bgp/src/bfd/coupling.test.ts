import { describe, expect, it } from 'vitest';
import { checkPeer } from '../options.ts';
import { createSession, step } from '../session.ts';
import { openFor } from '../session-open.ts';
import type { Session, SessionOptions } from '../session-types.ts';
import { isLoss } from './thread.ts';

const options: SessionOptions = {
  localAs: 64_501,
  routerId: '192.0.2.1',
  peerAs: 64_502,
  holdTimeSeconds: 9,
  families: ['ipv4'],
  passive: false,
  connectRetryMs: 5000,
  openLimitMs: 30_000,
  sendHoldMs: undefined,
};
const theirOpen = openFor({ ...options, localAs: 64_502, peerAs: 64_501, routerId: '192.0.2.2' });

function opened(): Session {
  const connection = 'out-1';
  let session = createSession(options, 1, 0);
  session = step(session, { kind: 'ManualStart' }, 0).session;
  session = step(session, { kind: 'TcpConnectionConfirmed', connection }, 1).session;
  return step(session, { kind: 'MessageReceived', connection, message: theirOpen }, 2).session;
}

describe('BFD Down', () => {
  it('ends an Established session with Cease/BFD Down, and the retry is the usual one', () => {
    const before = step(
      opened(),
      { kind: 'MessageReceived', connection: 'out-1', message: { type: 'keepalive' } },
      3,
    ).session;
    expect(before.state).toBe('Established');
    const { session, outputs } = step(before, { kind: 'BfdDown', reason: 'detection-time-expired' }, 10);
    const reason = 'we sent Cease/BFD Down: detection-time-expired';
    expect(outputs).toEqual([
      {
        kind: 'send',
        connection: 'out-1',
        message: { type: 'notification', code: 6, subcode: 10, data: new Uint8Array(0) },
      },
      { kind: 'finish', connection: 'out-1' },
      { kind: 'down', connection: 'out-1', reason },
      { kind: 'transition', from: 'Established', to: 'Idle', event: 'BfdDown', reason },
    ]);
    expect(session.idleHoldAt).toBeGreaterThanOrEqual(10 + 750);
    expect(session.idleHoldAt).toBeLessThanOrEqual(10 + 1000);
  });

  it('leaves a session that is only being opened alone', () => {
    const before = opened();
    expect(before.state).toBe('OpenConfirm');
    expect(step(before, { kind: 'BfdDown', reason: 'held' }, 10)).toEqual({ session: before, outputs: [] });
  });

  it('is a loss unless the neighbor says AdminDown, or it was never Up', () => {
    const causes = ['detection-time-expired', 'neighbor-down', 'held', 'neighbor-admin-down'] as const;
    expect(causes.map(cause => isLoss({ from: 'Up', to: 'Down', cause }))).toEqual([true, true, true, false]);
    expect(isLoss({ from: 'Init', to: 'Down', cause: 'detection-time-expired' })).toBe(false);
    expect(isLoss({ from: 'Up', to: 'AdminDown', cause: 'admin-down' })).toBe(false);
  });
});

describe('the option bfd of a peer', () => {
  it('fills in 300 ms x 3 and the hold time as the limit of a hang', () => {
    expect(checkPeer({ address: '192.0.2.2', as: 64_502, bfd: {} }).bfd).toEqual({
      address: '192.0.2.2',
      localAddress: undefined,
      intervalMs: 300,
      multiplier: 3,
      stallLimitMs: 9000,
    });
    expect(checkPeer({ address: '192.0.2.2', as: 64_502, holdTimeSeconds: 0, bfd: {} }).bfd?.stallLimitMs).toBe(9000);
    expect(checkPeer({ address: '192.0.2.2', as: 64_502 }).bfd).toBeUndefined();
  });

  it.each([
    [{ bfd: { intervalMs: 9 } }, 'bfd.intervalMs must be 10..60000: current value is 9'],
    [{ bfd: { multiplier: 256 } }, 'bfd.multiplier must be 1..255: current value is 256'],
    [{ bfd: { stallLimitMs: 499 } }, 'bfd.stallLimitMs must be 500..65535000: current value is 499'],
    [{ bfd: {}, multihop: 2 }, 'bfd is for peers one hop away: multihop is 2'],
  ])('refuses %j', (more, what) => {
    const make = (): unknown => checkPeer({ address: '192.0.2.2', as: 64_502, ...more });
    expect(make).toThrow(new RangeError(`Cannot use peer 192.0.2.2: ${what}`));
  });
});
