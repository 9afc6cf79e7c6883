import type { Advertisement, PeerIdentity, PeerStatus } from '@vipkeeper/bgp';
import type { Announcement, PeerConfig } from '@vipkeeper/core';
import { describe, expect, it } from 'vitest';
import { advertisementsOf, type RoutePolicy, speakerInput } from './routes.ts';
import { DEFAULT_ROLES } from './spelling.ts';

const tor: PeerConfig = {
  address: '192.0.2.254',
  as: 64001,
  port: 179,
  localAddress: null,
  device: null,
  password: null,
  ttlSecurity: false,
  passive: false,
  multihop: 1,
  holdTimeMs: 9000,
  connectRetryMs: 5000,
  families: ['ipv4', 'ipv6'],
  nextHop: { ipv4: 'self', ipv6: '2001:db8::9' },
  bfd: null,
  maxPrefixes: null,
  communities: 'keep',
};
const rr: PeerConfig = {
  ...tor,
  address: '2001:db8::1',
  as: 64100,
  port: 1179,
  families: ['ipv6'],
  communities: 'none',
};
const policy: RoutePolicy = { peers: [tor, rr], roles: DEFAULT_ROLES, allows: vip => vip !== '203.0.113.1' };
const torPeer: PeerIdentity = { key: '192.0.2.254', address: '192.0.2.254', as: 64001, kind: 'ebgp' };
const rrPeer: PeerIdentity = { key: '[2001:db8::1]:1179', address: '2001:db8::1', as: 64100, kind: 'ibgp' };

const announcement = (vip: string, role: Announcement['role'] = 'authority'): Announcement => ({
  service: 'apex',
  vip,
  role,
  rank: 0,
});
const spelled = ({ prefix, attributes }: Advertisement): unknown =>
  typeof attributes === 'function' ? [prefix, attributes(torPeer), attributes(rrPeer)] : [prefix];

describe('advertisementsOf', () => {
  it('spells each route for each peer, and keeps a family from a peer that has not got it', () => {
    expect(
      advertisementsOf([announcement('192.0.2.1'), announcement('2001:db8::a', 'draining')], policy).map(spelled),
    ).toEqual([
      ['192.0.2.1/32', { origin: 'igp', prepend: 0, med: 100, nextHop: 'self' }, null],
      [
        '2001:db8::a/128',
        { origin: 'igp', prepend: 13, med: 307, communities: ['graceful-shutdown'], nextHop: '2001:db8::9' },
        { origin: 'igp', localPref: 1, nextHop: '2001:db8::9' },
      ],
    ]);
  });

  it('never lets a VIP outside the allow-list through', () => {
    expect(advertisementsOf([announcement('203.0.113.1')], policy)).toEqual([]);
  });

  it('gives the speaker a prefix once, whatever comes from above', () => {
    const twice = [announcement('192.0.2.1'), { ...announcement('192.0.2.1'), service: 'other' }];
    expect(advertisementsOf(twice, policy).map(({ prefix }) => prefix)).toEqual(['192.0.2.1/32']);
  });

  it('keeps routes from a peer it does not know', () => {
    const [one] = advertisementsOf([announcement('192.0.2.1')], policy);
    const { attributes } = one!;
    expect(typeof attributes === 'function' && attributes({ ...torPeer, key: '192.0.2.254:180' })).toBe(null);
  });
});

describe('speakerInput', () => {
  it('counts a route as out on Established sessions only', () => {
    const status = [
      { key: 'a', state: 'Established', families: ['ipv4'] },
      { key: 'b', state: 'OpenSent', families: [] },
    ] as unknown as readonly PeerStatus[];
    const speaker = {
      status: () => status,
      outOn: (prefix: string) => (prefix === '192.0.2.1/32' ? ['a', 'b'] : ['b']),
    };
    expect(speakerInput(speaker, ['192.0.2.1', '192.0.2.2'])).toEqual({
      kind: 'speaker',
      peers: [
        { key: 'a', established: true, families: ['ipv4'] },
        { key: 'b', established: false, families: [] },
      ],
      out: new Map([['192.0.2.1', 1]]),
    });
  });
});
