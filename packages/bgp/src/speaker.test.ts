import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { PeerOptions, Speaker, SpeakerOptions } from './advertisement.ts';
import { createSpeaker } from './speaker.ts';

const speakers: Speaker[] = [];

afterEach(async () => {
  const closing = speakers.splice(0).map(speaker => {
    return speaker.close({ subcode: 'administrative-shutdown', limitMs: 1000 });
  });
  await Promise.all(closing);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function speakerOf(localAs: number, routerId: string, peer: PeerOptions, listenPort?: number): Speaker {
  const listen = listenPort === undefined ? {} : { listen: { address: '127.0.0.1', port: listenPort } };
  const speaker = createSpeaker({ localAs, routerId, peers: [peer], ...listen });
  speakers.push(speaker);
  return speaker;
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

async function pair(over: Partial<PeerOptions> = {}): Promise<{ active: Speaker; passive: Speaker; port: number }> {
  const port = await freePort();
  const active = speakerOf(64500, '192.0.2.1', { address: '127.0.0.1', as: 64501, port, ...over });
  const passive = speakerOf(64501, '192.0.2.2', { address: '127.0.0.1', as: 64500, passive: true }, port);
  await passive.start();
  await active.start();
  return { active, passive, port };
}

const established = (speaker: Speaker) => (): boolean => speaker.status()[0]?.state === 'Established';

describe('a speaker', () => {
  it('remembers what is set before the session stands, and says it is out once the bytes have left', async () => {
    const { active, port } = await pair();
    active.set([{ prefix: '198.51.100.1/32', attributes: { med: 100 } }]);
    expect(active.outOn('198.51.100.1/32')).toEqual([]);
    await until(active, () => active.outOn('198.51.100.1/32').length > 0);
    expect(active.outOn('198.51.100.1/32')).toEqual([`127.0.0.1:${port}`]);
    expect(active.status()[0]?.routesOut).toBe(1);
  });

  it('calls a changed announcement out only when the new bytes have left', async () => {
    const { active } = await pair();
    active.set([{ prefix: '198.51.100.1/32', attributes: { med: 100 } }]);
    await until(active, () => active.outOn('198.51.100.1/32').length > 0);
    active.set([{ prefix: '198.51.100.1/32', attributes: { med: 200 } }]);
    expect(active.outOn('198.51.100.1/32')).toEqual([]);
    await until(active, () => active.outOn('198.51.100.1/32').length > 0);
  });

  it('tells the peer why it closes', async () => {
    const { active, passive } = await pair();
    await until(passive, established(passive));
    const closed = until(passive, () => !established(passive)());
    await active.close({ subcode: 'administrative-shutdown', message: 'maintenance of lb-1', limitMs: 2000 });
    await closed;
    expect(passive.status()[0]?.lastError).toBe('the peer sent Cease/Administrative Shutdown ("maintenance of lb-1")');
  });

  it('says why a family without a next hop is not announced, and warns once there is a route of it', async () => {
    const port = await freePort();
    const warned: unknown[] = [];
    const log: SpeakerOptions['log'] = (level, message, fields) => {
      if (level === 'warn') warned.push([message, fields.peer]);
    };
    const passive = speakerOf(64501, '192.0.2.2', { address: '127.0.0.1', as: 64500, passive: true }, port);
    const peers = [{ address: '127.0.0.1', as: 64501, port }];
    const active = createSpeaker({ localAs: 64500, routerId: '192.0.2.1', peers, log });
    speakers.push(active);
    await passive.start();
    await active.start();
    await until(active, established(active));
    expect(warned).toEqual([]);
    for (const med of [1, 2]) active.set([{ prefix: '2001:db8::1/128', attributes: { med } }]);
    expect(warned).toEqual([['family not announced', `127.0.0.1:${port}`]]);
    const [status] = active.status();
    expect(status?.families).toEqual(['ipv4']);
    expect(status?.notes).toEqual([
      "ipv6 is not announced: the session's address 127.0.0.1 is no next hop for it and localAddress6 is not set",
    ]);
    expect(active.outOn('2001:db8::1/128')).toEqual([]);
  });

  it('drops a removed peer with Peer De-configured and keeps an unchanged one', async () => {
    const { active, passive, port } = await pair();
    await until(active, established(active));
    const [before] = active.status();
    await active.setPeers([{ address: '127.0.0.1', as: 64501, port }]);
    expect(active.status()[0]?.sinceMs).toBe(before?.sinceMs);
    const gone = until(passive, () => !established(passive)());
    await active.setPeers([]);
    await gone;
    expect(passive.status()[0]?.lastError).toBe('the peer sent Cease/Peer De-configured');
  });

  it('refuses a peer in another AS than configured, in words', async () => {
    const { active } = await pair({ as: 64999 });
    await until(active, () => active.status()[0]?.lastError !== undefined);
    expect(active.status()[0]?.lastError).toBe(
      'we sent OPEN Message Error/Bad Peer AS: the peer says it is in AS 64501, configured is AS 64999',
    );
  });

  it('throws on a prefix or a community that is none, and changes nothing', () => {
    const speaker = speakerOf(64500, '192.0.2.1', { address: '127.0.0.1', as: 64501 });
    expect(() => speaker.set([{ prefix: '10.0.0.1/24', attributes: {} }])).toThrow(
      'not a canonical prefix: "10.0.0.1/24"',
    );
    expect(() => speaker.set([{ prefix: '10.0.0.1/32', attributes: { communities: ['70000:1'] } }])).toThrow(
      'not one of communities: "70000:1"',
    );
  });
});
