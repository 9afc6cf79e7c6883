import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalVip } from './address.ts';
import type { Drain } from './znodes.ts';
import {
  ableName,
  claimName,
  drainName,
  isDrained,
  isName,
  parseAbleName,
  parseClaim,
  parseDrainName,
  paths,
  placeOf,
} from './znodes.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/);
const vip = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(text => canonicalVip(text))
  .filter(result => result.kind === 'ok')
  .map(result => result.text);

describe('paths()', () => {
  it('spells the layout', () => {
    const tree = paths('/vipkeeper');
    const apex = tree.service('apex');
    expect([
      tree.root,
      tree.vip('192.0.2.1'),
      apex.path,
      apex.place('drain'),
      apex.registry('2001:db8::1'),
      apex.claim('192.0.2.1', 'lb-1'),
      apex.able('lb-1', 'k3v9'),
      apex.agent('lb-1'),
      apex.maintenance,
      apex.drain({ kind: 'vip', vip: '192.0.2.1', who: '*' }),
    ]).toEqual([
      '/vipkeeper',
      '/vipkeeper/vips/192.0.2.1',
      '/vipkeeper/services/apex',
      '/vipkeeper/services/apex/drain',
      '/vipkeeper/services/apex/registry/2001:db8::1',
      '/vipkeeper/services/apex/out/192.0.2.1@lb-1',
      '/vipkeeper/services/apex/able/lb-1@k3v9',
      '/vipkeeper/services/apex/agents/lb-1',
      '/vipkeeper/services/apex/maintenance',
      '/vipkeeper/services/apex/drain/vip:192.0.2.1@*',
    ]);
  });

  it('works when the root is the chroot itself', () => {
    const tree = paths('/');
    expect([tree.root, tree.vips, tree.service('apex').maintenance]).toEqual([
      '/',
      '/vips',
      '/services/apex/maintenance',
    ]);
  });

  it('finds the service and the place of a path again', () => {
    const tree = paths('/vipkeeper');
    const of = (path: string) => placeOf(tree, path);
    expect([
      of('/vipkeeper/services/apex/out'),
      of('/vipkeeper/services/apex/registry/192.0.2.1'),
      of('/vipkeeper/services/apex/maintenance'),
      of('/vipkeeper/services/apex/placement'),
      of('/vipkeeper/services/apex'),
      of('/vipkeeper/vips/192.0.2.1'),
      of('/other/services/apex/out'),
    ]).toEqual([
      { service: 'apex', place: 'out', name: null },
      { service: 'apex', place: 'registry', name: '192.0.2.1' },
      { service: 'apex', place: 'maintenance', name: null },
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('names', () => {
  it('of claims are read back', () => {
    fc.assert(
      fc.property(vip, name, (v, agent) => {
        expect(parseClaim(claimName(v, agent))).toEqual({ vip: v, agent });
      }),
    );
  });

  it('of the able are read back', () => {
    fc.assert(
      fc.property(name, name, (agent, life) => {
        expect(parseAbleName(ableName(agent, life))).toEqual({ agent, life });
      }),
    );
  });

  it('of drains are read back', () => {
    const drain: fc.Arbitrary<Drain> = fc.oneof(
      name.map(agent => ({ kind: 'agent' as const, agent })),
      name.map(site => ({ kind: 'site' as const, site })),
      fc.tuple(vip, fc.oneof(name, fc.constant('*'))).map(([v, who]) => ({ kind: 'vip' as const, vip: v, who })),
    );
    fc.assert(
      fc.property(drain, value => {
        expect(parseDrainName(drainName(value))).toEqual(value);
      }),
    );
  });

  it('that nobody of ours would write are no names, and nothing throws', () => {
    const foreign = ['', '@', '192.0.2.1', '192.0.2.1@', '@lb-1', '192.0.2.01@lb-1', '2001:DB8::1@lb-1', '1@2@3'];
    expect(foreign.map(text => parseClaim(text))).toEqual(foreign.map(() => null));
    expect(['lb-1', 'lb-1@', '@x', 'a b@c', 'a@b@c'].map(text => parseAbleName(text))).toEqual(Array(5).fill(null));
    const drains = ['', 'site:', 'vip:192.0.2.1', 'vip:nonsense@*', 'vip:192.0.2.1@a b', 'a@b', 'lock:x', '..'];
    expect(drains.map(text => parseDrainName(text))).toEqual(drains.map(() => null));
    fc.assert(
      fc.property(fc.string(), text => {
        const claim = parseClaim(text);
        if (claim !== null) expect(claimName(claim.vip, claim.agent)).toBe(text);
        const drain = parseDrainName(text);
        if (drain !== null) expect(drainName(drain)).toBe(text);
      }),
    );
  });

  it('are lawful when they start with a letter or digit and mean nothing in a path', () => {
    const texts = ['lb-1', 'lb-1.example.net', '-x', '.', '..', 'a/b', 'a@b', 'a:b', '*', '', 'x'.repeat(64)];
    expect(texts.map(isName)).toEqual([true, true, ...Array(9).fill(false)]);
  });
});

it('isDrained() knows the agent, the VIP by this agent and the VIP by all', () => {
  const me = (drains: readonly string[]) => isDrained(drains, 'lb-1', '192.0.2.1');
  expect([
    me([]),
    me(['lb-1']),
    me(['lb-2']),
    me(['vip:192.0.2.1@lb-1']),
    me(['vip:192.0.2.1@lb-2']),
    me(['vip:192.0.2.1@*']),
    me(['vip:192.0.2.2@*', 'site:rack-1', 'nonsense:']),
  ]).toEqual([false, true, false, true, false, true, false]);
});
