// Bytes that our speaker sends, read by two decoders that are not ours. Each case says what it wants said, the speaker
// says it on a real socket, and Wireshark and ExaBGP must both understand exactly that.

import { afterEach, describe, expect, it } from 'vitest';
import { type Advertisement, createSpeaker, type Speaker } from '../../packages/bgp/src/index.ts';
import { commandFor } from './decoders.ts';
import { decodeUpdate, type Receiver } from './exabgp.ts';
import type { Meaning } from './meaning.ts';
import { type PeerShape, RecordingPeer } from './recording-peer.ts';
import { all, dissect, updateMeaning } from './tshark.ts';

const open: { speaker: Speaker; peer: RecordingPeer }[] = [];

afterEach(async () => {
  for (const { speaker, peer } of open.splice(0)) {
    await speaker.close({ subcode: 'administrative-shutdown', limitMs: 100 });
    await peer.close();
  }
});

interface Case {
  readonly localAs: number;
  readonly peer: PeerShape;
}

const EBGP: Case = {
  localAs: 64500,
  peer: { as: 64501, fourOctetAs: true, extendedMessage: false, enhancedRouteRefresh: false },
};
const IBGP: Case = { ...EBGP, peer: { ...EBGP.peer, as: 64500 } };
const TWO_OCTETS: Case = { localAs: 4200000001, peer: { ...EBGP.peer, fourOctetAs: false } };
const RICH: Case = { localAs: 64500, peer: { ...EBGP.peer, extendedMessage: true, enhancedRouteRefresh: true } };

async function session({ localAs, peer: shape }: Case): Promise<{ speaker: Speaker; peer: RecordingPeer }> {
  const peer = new RecordingPeer(shape);
  await peer.start();
  const options = { address: '127.0.0.1', port: peer.port, as: shape.as, localAddress6: '2001:db8::a' };
  const speaker = createSpeaker({ localAs, routerId: '192.0.2.1', peers: [options] });
  open.push({ speaker, peer });
  await speaker.start();
  return { speaker, peer };
}

/** The empty table: the end of both families. */
const ENDS = 2;

async function sent(which: Case, ...sets: (readonly Advertisement[])[]): Promise<RecordingPeer> {
  const { speaker, peer } = await session(which);
  await peer.until(() => peer.updates.length === ENDS);
  for (const set of sets) {
    const before = peer.updates.length;
    speaker.set(set);
    await peer.until(() => peer.updates.length > before);
  }
  return peer;
}

function receiverOf({ localAs, peer }: Case): Receiver {
  return { localAs: peer.as, peerAs: localAs, asOctets: peer.fourOctetAs ? 4 : 2 };
}

/** What both decoders understand of everything after the first, empty table; they must agree. */
async function understood(which: Case, peer: RecordingPeer): Promise<Meaning[]> {
  const receiver = receiverOf(which);
  const { messages, complaints } = await dissect(peer.stream, receiver.asOctets);
  expect(complaints).toEqual([]);
  const byTshark = messages
    .filter(({ type }) => type === 'update')
    .slice(ENDS)
    .map(updateMeaning);
  const byExabgp = await Promise.all(peer.updates.slice(ENDS).map(update => decodeUpdate(update, receiver)));
  expect(byExabgp).toEqual(byTshark);
  return byTshark;
}

const VIP4 = '198.51.100.1/32';
const VIP6 = '2001:db8:1::1/128';

const hosts = (count: number): Advertisement[] =>
  Array.from({ length: count }, (_, i) => ({
    prefix: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`,
    attributes: {},
  }));

describe('tshark and exabgp read from our bytes', () => {
  it('an IPv4 route with every attribute, to eBGP', async () => {
    const attributes = {
      origin: 'incomplete',
      prepend: 2,
      med: 200,
      localPref: 300,
      communities: ['64500:7', 'graceful-shutdown', 'no-export'],
      largeCommunities: ['4200000000:1:2', '64500:0:4294967295'],
    } as const;
    const peer = await sent(EBGP, [{ prefix: VIP4, attributes }]);
    expect(await understood(EBGP, peer)).toEqual([
      {
        announce: [`${VIP4} via 127.0.0.1`],
        origin: 'incomplete',
        asPath: [64500, 64500, 64500],
        med: 200,
        communities: ['64500:7', '65535:0', '65535:65281'],
        largeCommunities: ['4200000000:1:2', '64500:0:4294967295'],
      },
    ]);
  });

  it('an IPv6 route over an IPv4 session, with the next hop given for it', async () => {
    const peer = await sent(EBGP, [{ prefix: VIP6, attributes: { med: 100, communities: ['64500:7'] } }]);
    expect(await understood(EBGP, peer)).toEqual([
      { announce: [`${VIP6} via 2001:db8::a`], origin: 'igp', asPath: [64500], med: 100, communities: ['64500:7'] },
    ]);
  });

  it('an iBGP route: an empty path whatever prepend says, and LOCAL_PREF', async () => {
    const peer = await sent(IBGP, [{ prefix: VIP4, attributes: { prepend: 3, med: 1, localPref: 200 } }]);
    expect(await understood(IBGP, peer)).toEqual([
      { announce: [`${VIP4} via 127.0.0.1`], origin: 'igp', asPath: [], med: 1, localPref: 200 },
    ]);
  });

  it('the true path of a four-octet AS towards a peer that has two octets', async () => {
    const peer = await sent(TWO_OCTETS, [{ prefix: VIP4, attributes: { prepend: 1 } }]);
    expect(await understood(TWO_OCTETS, peer)).toEqual([
      { announce: [`${VIP4} via 127.0.0.1`], origin: 'igp', asPath: [4200000001, 4200000001] },
    ]);
  });

  it('several routes of equal attributes in one UPDATE, and withdrawals', async () => {
    const prefixes = ['192.0.2.0/24', '198.51.100.128/25', '203.0.113.9/32'];
    const prefixes6 = ['2001:db8::/32', '2001:db8:8000::/33', '2001:db8::9/128'];
    const table = (list: readonly string[]) => list.map(prefix => ({ prefix, attributes: {} }));
    const peer = await sent(EBGP, table(prefixes), table(prefixes6));
    await peer.until(() => peer.updates.length === ENDS + 3);
    const common = { origin: 'igp', asPath: [64500] };
    expect(await understood(EBGP, peer)).toEqual([
      { announce: prefixes.map(prefix => `${prefix} via 127.0.0.1`), ...common },
      { announce: prefixes6.map(prefix => `${prefix} via 2001:db8::a`).sort(), ...common },
      { withdraw: prefixes },
    ]);
  });

  it('withdrawals of IPv6', async () => {
    const peer = await sent(EBGP, [{ prefix: VIP6, attributes: {} }], []);
    expect((await understood(EBGP, peer)).at(-1)).toEqual({ withdraw: [VIP6] });
  });
});

describe('tshark reads from our bytes', () => {
  it('the OPEN with its capabilities, and no graceful restart among them', async () => {
    const peer = await sent(TWO_OCTETS);
    const { messages, complaints } = await dissect(peer.stream, 4);
    const [first] = messages;
    const field = (key: string): unknown[] => all(first?.tree ?? null, key);
    expect({
      types: messages.map(({ type }) => type),
      complaints,
      version: field('bgp.open.version'),
      as: field('bgp.open.myas'),
      hold: field('bgp.open.holdtime'),
      identifier: field('bgp.open.identifier'),
      capabilities: field('bgp.cap.type'),
      as4: field('bgp.cap.4as'),
    }).toEqual({
      types: ['open', 'keepalive', 'update', 'update'],
      complaints: [],
      version: ['4'],
      as: ['23456'],
      hold: ['9'],
      identifier: ['192.0.2.1'],
      capabilities: ['1', '1', '2', '6', '65', '70'],
      as4: ['4200000001'],
    });
  });

  it('the End-of-RIB of both families as UPDATEs without a word', async () => {
    const peer = await sent(EBGP);
    const { messages } = await dissect(peer.stream, 4);
    const updates = messages.filter(({ type }) => type === 'update');
    expect(updates.map(update => [update.length, updateMeaning(update)])).toEqual([
      [23, {}],
      [29, {}],
    ]);
  });

  it('a bracketed table after ROUTE-REFRESH', async () => {
    const { speaker, peer } = await session(RICH);
    speaker.set([{ prefix: VIP6, attributes: {} }]);
    await peer.until(() => peer.updates.length === ENDS + 1);
    peer.askForIpv6();
    await peer.until(() => peer.messages.filter(message => message[18] === 5).length === 2);
    const { messages, complaints } = await dissect(peer.stream, 4);
    expect([messages.map(({ type }) => type).slice(-3), complaints]).toEqual([
      ['route-refresh', 'update', 'route-refresh'],
      [],
    ]);
  });

  it('the Cease with our words in it', async () => {
    const { speaker, peer } = await session(EBGP);
    await peer.until(() => peer.updates.length === ENDS);
    await speaker.close({ subcode: 'administrative-shutdown', message: 'lb-1 is drained', limitMs: 500 });
    const { messages, complaints } = await dissect(peer.stream, 4);
    const last = messages.at(-1);
    const field = (key: string): unknown[] => all(last?.tree ?? null, key);
    expect([last?.type, field('bgp.notify.major_error'), field('bgp.notify.minor_error_cease'), complaints]).toEqual([
      'notification',
      ['6'],
      ['2'],
      [],
    ]);
    expect(field('bgp.notify.communication')).toEqual(['lb-1 is drained']);
  });

  it('20 000 routes packed into full messages', async () => {
    const peer = await sent(EBGP, hosts(20_000));
    await peer.until(() => peer.updates.length === ENDS + 25);
    const { messages, complaints } = await dissect(peer.stream, 4);
    const updates = messages.filter(({ type }) => type === 'update').slice(ENDS);
    const heard = updates.flatMap(update => updateMeaning(update).announce ?? []);
    const full = updates.filter(({ length }) => length > 4090).length;
    expect([complaints, full, new Set(heard).size]).toEqual([[], 24, 20_000]);
  });
});

it('exabgp reads 7000 routes out of one extended message (RFC 8654; this tshark refuses more than 4096 bytes)', async () => {
  const peer = await sent(RICH, hosts(7000));
  const [update] = peer.updates.slice(ENDS);
  const { announce = [], ...rest } = await decodeUpdate(update!, receiverOf(RICH));
  expect([update?.length, new Set(announce).size, rest]).toEqual([35_043, 7000, { origin: 'igp', asPath: [64500] }]);
});

it('decoders run in their image when that is asked for', () => {
  expect(commandFor(['tshark', '-v'], 'docker').join(' ')).toBe(
    'docker run --rm -i --network none vipkeeper-test/decoders tshark -v',
  );
});
