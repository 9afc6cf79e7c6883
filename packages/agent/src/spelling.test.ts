import type { Announcement } from '@vipkeeper/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ROLES, type RoleSettings, roleProblems, spell } from './spelling.ts';

const announcement = (role: Announcement['role'], rank = 0): Announcement => ({
  service: 'apex',
  vip: '192.0.2.1',
  role,
  rank,
});

const bestToWorst = (ranks: number): readonly Announcement[] => [
  announcement('authority'),
  ...Array.from({ length: ranks }, (_, rank) => announcement('standby', rank)),
  announcement('draining'),
  announcement('last-resort'),
];

const someRoles = fc
  .record({
    authorityPrepend: fc.nat(3),
    standbyMore: fc.integer({ min: 1, max: 4 }),
    med: fc.nat(1000),
    medMore: fc.integer({ min: 1, max: 500 }),
    standbyLocalPref: fc.integer({ min: 50, max: 500 }),
    localPrefMore: fc.integer({ min: 1, max: 500 }),
    ranks: fc.integer({ min: 1, max: 16 }),
    fabricHops: fc.nat(8),
  })
  .map(
    (wish): RoleSettings => ({
      ...DEFAULT_ROLES,
      authority: {
        ...DEFAULT_ROLES.authority,
        prepend: wish.authorityPrepend,
        med: wish.med,
        localPref: wish.standbyLocalPref + wish.localPrefMore,
      },
      standby: {
        ...DEFAULT_ROLES.standby,
        prepend: wish.authorityPrepend + wish.standbyMore,
        med: wish.med + wish.medMore,
        localPref: wish.standbyLocalPref,
      },
      ranks: wish.ranks,
      fabricHops: wish.fabricHops,
    }),
  );

describe('spell', () => {
  it('spells the defaults for eBGP', () => {
    const peer = { kind: 'ebgp' } as const;
    expect([...bestToWorst(2)].map(one => spell(one, peer))).toEqual([
      { origin: 'igp', prepend: 0, med: 100, nextHop: 'self' },
      { origin: 'igp', prepend: 1, med: 200, nextHop: 'self' },
      { origin: 'igp', prepend: 2, med: 201, nextHop: 'self' },
      { origin: 'igp', prepend: 13, med: 307, communities: ['graceful-shutdown'], nextHop: 'self' },
      { origin: 'igp', prepend: 18, med: 407, nextHop: 'self' },
    ]);
  });

  it('spells the defaults for iBGP without a prepend or a MED', () => {
    const peer = { kind: 'ibgp' } as const;
    expect([...bestToWorst(2)].map(one => spell(one, peer))).toEqual([
      { origin: 'igp', localPref: 200, nextHop: 'self' },
      { origin: 'igp', localPref: 100, nextHop: 'self' },
      { origin: 'igp', localPref: 99, nextHop: 'self' },
      { origin: 'igp', localPref: 1, communities: ['graceful-shutdown'], nextHop: 'self' },
      { origin: 'igp', localPref: 0, nextHop: 'self' },
    ]);
  });

  it('leaves communities of every sort out where the peer has none', () => {
    const roles = { ...DEFAULT_ROLES, draining: { communities: ['graceful-shutdown'], largeCommunities: ['1:2:3'] } };
    expect(spell(announcement('draining'), { kind: 'ibgp', communities: 'none' }, roles)).toEqual({
      origin: 'igp',
      localPref: 1,
      nextHop: 'self',
    });
  });

  it('gives the peer its own next hop', () => {
    expect(spell(announcement('authority'), { kind: 'ibgp', nextHop: '192.0.2.9' })).toEqual({
      origin: 'igp',
      localPref: 200,
      nextHop: '192.0.2.9',
    });
  });

  it('orders all roles and ranks strictly on eBGP, even when the better path has crossed the whole fabric', () => {
    fc.assert(
      fc.property(someRoles, roles => {
        fc.pre(roleProblems(roles).length === 0);
        const spelled = bestToWorst(roles.ranks).map(one => spell(one, { kind: 'ebgp' }, roles));
        for (let i = 1; i < spelled.length; i++) {
          expect(spelled[i]!.prepend).toBeGreaterThan(spelled[i - 1]!.prepend!);
          expect(spelled[i]!.med).toBeGreaterThan(spelled[i - 1]!.med!);
        }
        const [lastStandby, draining, lastResort] = spelled.slice(-3);
        expect(draining!.prepend).toBeGreaterThan(lastStandby!.prepend! + roles.fabricHops);
        expect(lastResort!.prepend).toBeGreaterThan(draining!.prepend! + roles.fabricHops);
      }),
    );
  });

  it('orders all roles and ranks strictly on iBGP', () => {
    fc.assert(
      fc.property(someRoles, roles => {
        fc.pre(roleProblems(roles).length === 0);
        const preferences = bestToWorst(roles.ranks).map(one => spell(one, { kind: 'ibgp' }, roles).localPref!);
        expect(preferences).toEqual([...new Set(preferences)].sort((a, b) => b - a));
      }),
    );
  });

  it('spells a rank beyond the last one as the last one, never worse than draining', () => {
    for (const kind of ['ebgp', 'ibgp'] as const)
      expect(spell(announcement('standby', 500), { kind })).toEqual(spell(announcement('standby', 7), { kind }));
  });
});

describe('roleProblems', () => {
  it('finds nothing wrong with the defaults', () => {
    expect(roleProblems(DEFAULT_ROLES)).toEqual([]);
  });

  it('names every order that does not hold', () => {
    const roles = {
      ...DEFAULT_ROLES,
      standby: { ...DEFAULT_ROLES.standby, prepend: 0, med: 100, localPref: 5 },
      authority: { ...DEFAULT_ROLES.authority, localPref: 5 },
    };
    expect(roleProblems(roles)).toEqual([
      'standby.prepend is 0, expected more than authority.prepend (0)',
      'standby.med is 100, expected more than authority.med (100)',
      'authority.localPref is 5, expected more than standby.localPref (5)',
      'standby.localPref is 5, expected at least 9, above draining for every rank',
    ]);
  });

  it('names what the speaker could not send', () => {
    const communities = Array.from({ length: 65 }, (_, index) => `64500:${index}`);
    const roles = {
      ...DEFAULT_ROLES,
      standby: { ...DEFAULT_ROLES.standby, med: 0xffffffff },
      draining: { ...DEFAULT_ROLES.draining, communities },
    };
    expect(roleProblems(roles)).toEqual([
      "the last resort's MED would be 4294967502, expected at most 4294967295: lower standby.med",
      'draining.communities has 65, expected at most 64',
    ]);
  });
});
