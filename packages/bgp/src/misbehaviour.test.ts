// What a speaker does when its peer does what no peer should. Real sockets; the peer is bytes written by hand.

import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { PeerOptions, Speaker } from './advertisement.ts';
import { bytesOf, HANDSHAKE, OPEN, RawPeer } from './raw-peer.fixture.ts';
import { createSpeaker } from './speaker.ts';
import { updateOf } from './wire/update.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function speakTo(port: number, over: Partial<PeerOptions> = {}): { speaker: Speaker; logged: Logged[] } {
  const logged: Logged[] = [];
  const speaker = createSpeaker({
    localAs: 64500,
    routerId: '192.0.2.1',
    peers: [{ address: '127.0.0.1', as: 64501, port, ...over }],
    log: (level, message, fields) => logged.push({ level, message, fields }),
  });
  cleanups.push(() => speaker.close({ subcode: 'administrative-shutdown', limitMs: 200 }));
  return { speaker, logged };
}

async function against(onConnection: (socket: Socket) => void, over: Partial<PeerOptions> = {}, read = true) {
  const peer = await new RawPeer(onConnection, read).start();
  cleanups.push(() => peer.close());
  const { speaker, logged } = speakTo(peer.port, over);
  await speaker.start();
  return { peer, speaker, logged };
}

function until(speaker: Speaker, holds: () => boolean): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      if (!holds()) return;
      stop();
      resolve();
    };
    const stop = speaker.onChange(check);
    check();
  });
}

const failed = (speaker: Speaker) => until(speaker, () => speaker.status()[0]?.lastError !== undefined);
const established = (speaker: Speaker) => until(speaker, () => speaker.status()[0]?.state === 'Established');

describe('a speaker tells its peer and its owner what is wrong with', () => {
  it('a web server', async () => {
    const { speaker, peer, logged } = await against(socket => {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    await failed(speaker);
    const reason = 'we sent Message Header Error/Connection Not Synchronized: marker is not all ones';
    expect(speaker.status()[0]).toMatchObject({ state: 'Idle', lastError: reason });
    expect(logged.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'BGP session state',
        fields: { peer: `127.0.0.1:${peer.port}`, from: 'OpenSent', to: 'Idle', event: 'DecodeFailed', reason },
      },
    ]);
  });

  it('an unsupported version', async () => {
    const open = bytesOf(OPEN);
    open[19] = 3;
    const { speaker, peer } = await against(socket => socket.write(open));
    await failed(speaker);
    await peer.notified;
    expect(speaker.status()[0]?.lastError).toBe(
      'we sent OPEN Message Error/Unsupported Version Number: version is 3, we speak 4',
    );
    expect(peer.notifications()).toEqual(['2/1 0004']);
  });

  it('an UPDATE before anything else', async () => {
    const { speaker } = await against(socket => socket.write(bytesOf(updateOf({}))));
    await failed(speaker);
    expect(speaker.status()[0]?.lastError).toBe(
      'we sent Finite State Machine Error/Unexpected Message in OpenSent: UPDATE in OpenSent',
    );
  });

  it('nobody there', async () => {
    const { speaker } = speakTo(await unusedPort());
    await speaker.start();
    await failed(speaker);
    expect(speaker.status()[0]).toMatchObject({ state: 'Active', lastError: 'cannot connect: ECONNREFUSED' });
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a speaker bears', () => {
  it('a peer that writes one byte at a time', async () => {
    const { speaker } = await against(async socket => {
      for (const byte of HANDSHAKE) await new Promise(resolve => socket.write(Uint8Array.of(byte), resolve));
    });
    await established(speaker);
    expect(speaker.status()[0]?.remoteRouterId).toBe('192.0.2.9');
  });

  it('routes from a peer: it counts the messages and keeps nothing', async () => {
    const nlri = ['203.0.113.0/24'];
    const attributes = { origin: 'igp', asPath: [{ kind: 'sequence', ases: [64501] }], nextHop: '192.0.2.9' } as const;
    const { speaker } = await against(socket => {
      socket.write(HANDSHAKE);
      for (let i = 0; i < 500; i++) socket.write(bytesOf(updateOf({ attributes, nlri })));
    });
    await until(speaker, () => (speaker.status()[0]?.counters.messagesReceived ?? 0) >= 502);
    expect(speaker.status()[0]).toMatchObject({
      state: 'Established',
      routesOut: 0,
      counters: { malformedReceived: 0 },
    });
  });

  it('a malformed UPDATE: the session stands, the fault is counted and told (RFC 7606)', async () => {
    const { speaker, logged } = await against(socket => {
      socket.write(HANDSHAKE);
      socket.write(bytesOf(updateOf({ attributes: { origin: 'igp' }, nlri: ['203.0.113.0/24'] })));
    });
    await until(speaker, () => speaker.status()[0]?.counters.malformedReceived === 1);
    expect(speaker.status()[0]?.state).toBe('Established');
    expect(logged.find(({ message }) => message === 'malformed UPDATE ignored')?.fields).toMatchObject({
      grade: 'treat-as-withdraw',
      attribute: 2,
      detail: 'missing',
    });
  });
});

describe('a peer that accepts and never reads', () => {
  const ROUTES = 3000;
  const FLOODS = 300;
  const prefixOf = (i: number): string => `2001:db8::${(i + 1).toString(16)}/128`;

  /** Changes every route again and again: far more bytes than the kernel takes for a peer that does not read. */
  function flood(speaker: Speaker): void {
    for (let med = 0; med < FLOODS; med++) {
      const attributes = { med };
      speaker.set(Array.from({ length: ROUTES }, (_, i) => ({ prefix: prefixOf(i), attributes })));
    }
  }

  it('costs a bounded queue, is never said to have the routes, and is given up (RFC 9687)', async () => {
    const options = { sendHoldTimeSeconds: 1, localAddress6: '2001:db8::a' };
    const { speaker } = await against(socket => socket.write(HANDSHAKE), options, false);
    await established(speaker);
    flood(speaker);
    const [blocked] = speaker.status();
    expect(blocked?.state).toBe('Established');
    expect(blocked?.routesOut).toBeLessThan(ROUTES);
    expect(blocked?.counters.updatesSent).toBeLessThan(FLOODS);
    expect(speaker.outOn(prefixOf(ROUTES - 1))).toEqual([]);
    await until(speaker, () => speaker.status()[0]?.state !== 'Established');
    expect(speaker.status()[0]?.lastError).toBe('Send Hold Timer Expired: the peer has stopped reading');
  });

  it('does not hold up the end', async () => {
    const options = { localAddress6: '2001:db8::a' };
    const { speaker } = await against(socket => socket.write(HANDSHAKE), options, false);
    await established(speaker);
    flood(speaker);
    const before = performance.now();
    await speaker.close({ subcode: 'administrative-shutdown', limitMs: 300 });
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe('two speakers that both connect and both listen', () => {
  it.each([
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.2', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
  ])('end with one session: %s and %s', async (id1, id2) => {
    const ports = [await unusedPort(), await unusedPort()] as const;
    const speaker = (own: 0 | 1, routerId: string): Speaker => {
      const made = createSpeaker({
        localAs: 64500 + own,
        routerId,
        listen: { address: '127.0.0.1', port: ports[own] },
        peers: [{ address: '127.0.0.1', as: 64501 - own, port: ports[1 - own] ?? 0, connectRetrySeconds: 1 }],
      });
      cleanups.push(() => made.close({ subcode: 'administrative-shutdown', limitMs: 500 }));
      return made;
    };
    const both = [speaker(0, id1), speaker(1, id2)] as const;
    await Promise.all(both.map(one => one.start()));
    const up = (): boolean => both.every(one => one.status()[0]?.state === 'Established');
    both[0].set([{ prefix: '198.51.100.1/32', attributes: {} }]);
    await Promise.all(both.map(one => until(one, up)));
    await until(both[0], () => both[0].outOn('198.51.100.1/32').length === 1);
    expect(both.map(one => one.status()[0]?.counters.established)).toEqual([1, 1]);
  });
});
