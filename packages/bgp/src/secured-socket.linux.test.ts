import { afterEach, describe, expect, it } from 'vitest';
import type { PeerOptions, Speaker } from './advertisement.ts';
import { createSpeaker } from './speaker.ts';

// Linux alone has these options; elsewhere the refusal is what there is to test.

const FAMILIES = [
  { family: 'ipv4', active: '127.0.0.2', passive: '127.0.0.1' },
  { family: 'ipv6', active: '::1', passive: '::1' },
] as const;

const speakers: Speaker[] = [];

afterEach(async () => {
  const limitMs = 500;
  await Promise.all(speakers.splice(0).map(each => each.close({ subcode: 'administrative-shutdown', limitMs })));
});

async function started(as: number, peer: PeerOptions, listen?: { address: string; port: number }): Promise<Speaker> {
  const options = { localAs: as, routerId: `192.0.2.${as % 256}`, peers: [peer] };
  const speaker = createSpeaker(listen === undefined ? options : { ...options, listen });
  speakers.push(speaker);
  await speaker.start();
  return speaker;
}

let lastPort = 20_000 + (process.pid % 20_000);

/** Two speakers, one connecting to the other. */
async function pair(ends: { active: string; passive: string }, ours: Partial<PeerOptions>, theirs = ours) {
  lastPort += 1;
  const port = lastPort;
  const base = { connectRetrySeconds: 0.5, holdTimeSeconds: 9 };
  const toPassive: PeerOptions = {
    ...base,
    address: ends.passive,
    as: 64502,
    port,
    localAddress: ends.active,
    ...ours,
  };
  const toActive: PeerOptions = { ...base, address: ends.active, as: 64501, passive: true, ...theirs };
  const passive = await started(64502, toActive, { address: ends.passive, port });
  const active = await started(64501, toPassive);
  return { active, passive, toActive, toPassive, port };
}

async function until(condition: () => boolean, limitMs = 5000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('waited too long');
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

const isUp = (speaker: Speaker): boolean => speaker.status()[0]?.state === 'Established';

describe.each(FAMILIES)('a session over $family', ends => {
  it('comes up with the same password on both ends, one connecting, one listening', async () => {
    const { active, passive } = await pair(ends, { password: 'rack-7 sesame' });
    await until(() => isUp(active) && isUp(passive));
  });

  it('does not come up with another password, and says what is likely', async () => {
    const { active, passive } = await pair(ends, { password: 'one' }, { password: 'other' });
    await until(() => active.status()[0]?.lastError !== undefined);
    const { state, lastError } = active.status()[0]!;
    expect({ up: state === 'Established', lastError }).toEqual({
      up: false,
      lastError: 'connection attempt timed out (likely: the password differs or is missing there)',
    });
    expect(isUp(passive)).toBe(false);
  });

  it('does not come up when only the listening end has a password', async () => {
    const { active, passive } = await pair(ends, {}, { password: 'only here' });
    await until(() => active.status()[0]?.lastError !== undefined);
    expect([isUp(active), isUp(passive)]).toEqual([false, false]);
  });

  it('does not come up when only the connecting end has a password', async () => {
    const { active, passive } = await pair(ends, { password: 'only here' }, {});
    await until(() => active.status()[0]?.lastError !== undefined);
    expect([isUp(active), isUp(passive)]).toEqual([false, false]);
  });

  it('outlives a change of the password on both ends', async () => {
    const { active, passive, toActive, toPassive } = await pair(ends, { password: 'old' });
    await until(() => isUp(active) && isUp(passive));
    await passive.setPeers([{ ...toActive, password: 'new' }]);
    await active.setPeers([{ ...toPassive, password: 'new' }]);
    active.set([{ prefix: '198.51.100.1/32', attributes: { nextHop: '192.0.2.9' } }]);
    const heard = passive.status()[0]!.counters.messagesReceived;
    await until(() => passive.status()[0]!.counters.messagesReceived > heard);
    expect([active, passive].map(each => each.status()[0]!.counters.established)).toEqual([1, 1]);
  });

  it('ends when only one end changes its password, and comes back when the other follows', async () => {
    const { active, passive, toActive, toPassive } = await pair(ends, { password: 'old', holdTimeSeconds: 3 });
    await until(() => isUp(active) && isUp(passive));
    await passive.setPeers([{ ...toActive, password: 'new' }]);
    await until(() => !isUp(active), 10_000);
    await active.setPeers([{ ...toPassive, password: 'new' }]);
    await until(() => isUp(active) && isUp(passive), 10_000);
  }, 30_000);

  it('ends at once when a password is added or taken away', async () => {
    const { active, passive, toActive, toPassive } = await pair(ends, {});
    await until(() => isUp(active) && isUp(passive));
    await passive.setPeers([{ ...toActive, password: 'new' }]);
    await active.setPeers([{ ...toPassive, password: 'new' }]);
    await until(() => isUp(active) && isUp(passive));
    await passive.setPeers([toActive]);
    await active.setPeers([toPassive]);
    await until(() => isUp(active) && isUp(passive));
    expect(active.status()[0]!.counters.established).toBe(1);
  });

  it('comes up with TTL security on both ends and on a device', async () => {
    const { active, passive } = await pair(ends, { ttlSecurity: true, device: 'lo', password: 'all three' });
    await until(() => isUp(active) && isUp(passive));
  });

  it('does not come up when the other end has no TTL security, and says what is likely', async () => {
    const { active, passive } = await pair(ends, { ttlSecurity: true }, {});
    await until(() => active.status()[0]?.lastError !== undefined);
    expect(active.status()[0]?.lastError).toBe(
      'connection attempt timed out (likely: TTL security is off there or the peer is further away than multihop)',
    );
    expect(isUp(passive)).toBe(false);
  });
});

describe('a password', () => {
  it('is in no log, status or error', async () => {
    const told: unknown[] = [];
    const peer = { address: '127.0.0.1', as: 64502, port: 1, password: 'secret-one', connectRetrySeconds: 0.2 };
    const options = { localAs: 64501, routerId: '192.0.2.1', peers: [peer] };
    const speaker = createSpeaker({ ...options, log: (...line) => told.push(line) });
    speakers.push(speaker);
    await speaker.start();
    await until(() => speaker.status()[0]?.lastError !== undefined);
    await speaker.setPeers([{ ...peer, password: 'secret-two' }]);
    for (const wrong of [{ password: 'secret'.repeat(20) }, { device: 'no-such-device' }, { localAddress: 'x' }]) {
      await speaker.setPeers([{ ...peer, ...wrong }]).catch(error => told.push((error as Error).message));
    }
    expect(told.length).toBeGreaterThan(3);
    expect(JSON.stringify([told, speaker.status()])).not.toContain('secret');
  });
});

describe('what a machine cannot do', () => {
  const peer: PeerOptions = { address: '192.0.2.254', as: 64501, password: 'never shown' };
  const speakerWith = (options: Partial<PeerOptions>) => () =>
    createSpeaker({ localAs: 64500, routerId: '192.0.2.1', peers: [{ ...peer, ...options }] });

  it('is an error before anything starts', () => {
    expect(speakerWith({ device: 'no-such-device' })).toThrow(
      'Cannot use peer 192.0.2.254 with password, device: device no-such-device (SO_BINDTODEVICE) failed: ENODEV',
    );
  });

  it('changes nothing at a reload', async () => {
    const { active, passive, toPassive } = await pair(FAMILIES[0], { password: 'old' });
    await until(() => isUp(active) && isUp(passive));
    await expect(active.setPeers([{ ...toPassive, device: 'no-such-device' }])).rejects.toThrow('ENODEV');
    expect([isUp(active), isUp(passive)]).toEqual([true, true]);
  });
});
