// The whole receiving side fed with streams that are almost right. Nothing may throw, hang or leave an impossible state.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, HANDSHAKE } from './raw-peer.fixture.ts';
import { SessionDriver } from './session-driver.ts';
import type { Transport, TransportEvents } from './tcp.ts';
import { announcement, message } from './wire/messages.fixture.ts';
import { cease } from './wire/notification.ts';

/** A connection that only remembers what it was told. */
class MemoryTransport implements Transport {
  readonly localAddress = '192.0.2.1';
  readonly remoteAddress = '192.0.2.9';
  readonly pendingBytes = 0;
  readonly released: Promise<void>;
  readonly written: number[] = [];
  ended: 'finish' | 'abandon' | undefined;
  #release: () => void = () => {};

  constructor() {
    this.released = new Promise(resolve => {
      this.#release = resolve;
    });
  }

  write(bytes: Uint8Array, left: () => void): void {
    this.written.push(bytes[18] ?? 0);
    left();
  }

  finish(): void {
    this.ended ??= 'finish';
    this.#release();
  }

  secure(): void {}

  abandon(): void {
    this.ended ??= 'abandon';
    this.#release();
  }
}

function drive() {
  const lines: { transport: MemoryTransport; events: TransportEvents }[] = [];
  const told: string[] = [];
  const driver = new SessionDriver(
    {
      localAs: 64500,
      routerId: '192.0.2.1',
      peerAs: 64501,
      holdTimeSeconds: 90,
      families: ['ipv4', 'ipv6'],
      passive: false,
      connectRetryMs: 60_000,
      openLimitMs: 60_000,
      sendHoldMs: undefined,
    },
    {
      connect: events => {
        const transport = new MemoryTransport();
        lines.push({ transport, events });
        return transport;
      },
      established: () => told.push('up'),
      down: () => told.push('down'),
      update: () => told.push('update'),
      routeRefresh: family => told.push(`refresh ${family}`),
      transition: ({ to }) => told.push(to),
      changed: () => {},
    },
    { clock: () => 0, random: () => 0.5 },
  );
  driver.start();
  lines[0]?.events.connected();
  return { driver, lines, told };
}

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  value: fc.integer({ min: 0, max: 255 }),
  how: fc.constantFrom('set', 'cut', 'insert', 'double'),
});

function mutate(stream: Uint8Array, mutations: readonly { at: number; value: number; how: string }[]): Uint8Array {
  let bytes = [...stream];
  for (const { at, value, how } of mutations) {
    const i = Math.floor(at * bytes.length);
    if (how === 'set') bytes[i] = value;
    else if (how === 'cut') bytes.splice(i, value);
    else if (how === 'insert') bytes.splice(i, 0, value);
    else bytes = [...bytes.slice(0, i), ...bytes.slice(i, i + value), ...bytes.slice(i)];
  }
  return Uint8Array.from(bytes);
}

describe('a session fed with mutated streams', () => {
  it('never throws, answers with one NOTIFICATION at most, and ends a connection once', () => {
    const messages = fc.array(fc.oneof(announcement, message), { maxLength: 6 });
    const chunk = fc.integer({ min: 1, max: 500 });
    const seen = { up: 0, notified: 0 };
    fc.assert(
      fc.property(
        messages,
        fc.array(mutation, { maxLength: 3 }),
        chunk,
        fc.boolean(),
        (sent, mutations, size, sound) => {
          const { driver, lines, told } = drive();
          const rest = Uint8Array.from(sent.flatMap(one => [...bytesOf(one)]));
          const handshake = sound ? HANDSHAKE : new Uint8Array(0);
          const stream = Uint8Array.of(
            ...handshake,
            ...mutate(Uint8Array.of(...(sound ? [] : HANDSHAKE), ...rest), mutations),
          );
          const line = lines[0];
          for (let at = 0; at < stream.length && line?.transport.ended === undefined; at += size) {
            line?.events.data(stream.subarray(at, at + size));
          }
          const notifications = line?.transport.written.filter(type => type === 3).length ?? 0;
          expect(notifications).toBeLessThanOrEqual(1);
          if (notifications === 1) expect(line?.transport.ended).toBe('finish');
          expect(told.filter(word => word === 'up').length - told.filter(word => word === 'down').length).toBe(
            driver.session.state === 'Established' ? 1 : 0,
          );
          seen.up += told.includes('up') ? 1 : 0;
          seen.notified += notifications;
          driver.stop(cease(2));
          driver.abandon();
        },
      ),
      { numRuns: 1500 },
    );
    expect(Math.min(seen.up, seen.notified)).toBeGreaterThan(100);
  });

  it('takes no more from a stream after the message that ended the session', () => {
    const { driver, lines, told } = drive();
    const twice = Uint8Array.of(...HANDSHAKE, ...bytesOf(cease(2)), ...HANDSHAKE, ...bytesOf(cease(3)));
    lines[0]?.events.data(twice);
    expect(told).toEqual(['Connect', 'OpenSent', 'OpenConfirm', 'up', 'Established', 'down', 'Idle']);
    expect(driver.counters).toEqual({
      established: 1,
      updatesSent: 0,
      messagesReceived: 3,
      notificationsSent: 0,
      notificationsReceived: 1,
      malformedReceived: 0,
    });
    driver.stop(cease(2));
  });
});
