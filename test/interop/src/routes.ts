// What we say in the interop tests, and what a router must then have heard, in both kinds of session.
import type { Advertisement } from '@vipkeeper/bgp';
import type { Heard } from '@vipkeeper/lab';

/** Our side and the router's. */
export interface Ends {
  readonly localAs: number;
  readonly peerAs: number;
  readonly nextHop4: string;
  readonly nextHop6: string;
}

/** One route and what its hearer must know of it. */
export interface Case {
  readonly says: string;
  readonly advertisement: Advertisement;
  readonly heard: Heard;
}

const everything = {
  origin: 'incomplete',
  prepend: 2,
  med: 150,
  localPref: 321,
  communities: ['64512:7', '65000:65000', 'no-export'],
  largeCommunities: ['4200000000:1:2', '64512:3:4'],
} as const;

const plain: Omit<Heard, 'nextHop' | 'asPath' | 'localPref'> = {
  origin: 'igp',
  med: undefined,
  communities: [],
  largeCommunities: [],
};

/** An iBGP session carries LOCAL_PREF and an empty AS_PATH; an eBGP one our AS, prepended, and no LOCAL_PREF. */
export function cases({ localAs, peerAs, nextHop4, nextHop6 }: Ends): readonly Case[] {
  const isIbgp = localAs === peerAs;
  const path = (prepend: number): readonly number[] => (isIbgp ? [] : Array<number>(1 + prepend).fill(localAs));
  const preference = (value: number): number | undefined => (isIbgp ? value : undefined);
  const all: Omit<Heard, 'nextHop'> = {
    origin: 'incomplete',
    asPath: path(2),
    med: 150,
    localPref: preference(321),
    communities: ['64512:7', '65000:65000', '65535:65281'].sort(),
    largeCommunities: ['4200000000:1:2', '64512:3:4'],
  };
  const shutdown = { ...plain, asPath: path(0), localPref: preference(0), communities: ['65535:0'] };
  return [
    {
      says: 'a plain v4 route',
      advertisement: { prefix: '198.51.100.1/32', attributes: {} },
      heard: { ...plain, asPath: path(0), localPref: preference(100), nextHop: nextHop4 },
    },
    {
      says: 'a plain v6 route',
      advertisement: { prefix: '2001:db8:51::1/128', attributes: {} },
      heard: { ...plain, asPath: path(0), localPref: preference(100), nextHop: nextHop6 },
    },
    {
      says: 'every attribute on a v4 route',
      advertisement: { prefix: '198.51.100.2/32', attributes: everything },
      heard: { ...all, nextHop: nextHop4 },
    },
    {
      says: 'every attribute on a v6 route',
      advertisement: { prefix: '2001:db8:51::2/128', attributes: everything },
      heard: { ...all, nextHop: nextHop6 },
    },
    {
      says: 'graceful shutdown',
      advertisement: { prefix: '198.51.100.3/32', attributes: { communities: ['graceful-shutdown'], localPref: 0 } },
      heard: { ...shutdown, nextHop: nextHop4 },
    },
    {
      says: 'a next hop of another machine',
      advertisement: { prefix: '198.51.100.4/32', attributes: { origin: 'egp', med: 0, nextHop: `${nextHop4}77` } },
      heard: { ...plain, origin: 'egp', med: 0, asPath: path(0), localPref: preference(100), nextHop: `${nextHop4}77` },
    },
  ];
}
