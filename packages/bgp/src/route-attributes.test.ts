import { describe, expect, it } from 'vitest';
import type { PathAttributes } from './advertisement.ts';
import { formatCommunity, formatLargeCommunity, parseCommunity, parseLargeCommunity } from './community.ts';
import { checkAttributes, spellAttributes } from './route-attributes.ts';

const EBGP = { localAs: 64500, ibgp: false, nextHopSelf: { ipv4: '10.0.0.1', ipv6: '2001:db8::1' } };

describe('attributes of a route', () => {
  it.each([
    [{ prepend: -1 }, 'prepend must be a whole number from 0 to 64: current value is -1'],
    [{ prepend: 65 }, 'prepend must be a whole number from 0 to 64: current value is 65'],
    [{ med: 4294967296 }, 'med must be a whole number from 0 to 4294967295: current value is 4294967296'],
    [{ localPref: 1.5 }, 'localPref must be a whole number from 0 to 4294967295: current value is 1.5'],
    [{ communities: ['no-such-name'] }, 'not one of communities: "no-such-name"'],
    [{ largeCommunities: ['1:2'] }, 'not one of large communities: "1:2"'],
    [{ communities: Array(65).fill('1:1') }, 'at most 64 communities: 65 given'],
    [{ nextHop: 'here' }, 'bad next hop: "here"'],
    [{ origin: 'rip' }, 'unknown origin: "rip"'],
  ])('are refused by name: %j', (attributes, message) => {
    expect(() => checkAttributes(attributes as PathAttributes)).toThrow(new RangeError(message));
  });

  it('take a next hop that is given instead of self, in its family only', () => {
    const nextHop = (of: string, family: 'ipv4' | 'ipv6') => spellAttributes({ nextHop: of }, family, EBGP)?.nextHop;
    expect([nextHop('10.9.9.9', 'ipv4'), nextHop('10.9.9.9', 'ipv6'), nextHop('self', 'ipv6')]).toEqual([
      '10.9.9.9',
      undefined,
      '2001:db8::1',
    ]);
  });
});

describe('communities', () => {
  it.each(['64500:1', '65535:65534', '0:0', 'graceful-shutdown', 'blackhole', 'no-export'])('%s', text => {
    expect(formatCommunity(parseCommunity(text)!)).toBe(text);
  });

  it.each(['65536:1', '1:65536', '1', '1:2:3', '-1:1', ':', ''])('are refused: "%s"', text => {
    expect(parseCommunity(text)).toBeUndefined();
  });

  it('are large with three parts', () => {
    expect(formatLargeCommunity(parseLargeCommunity('4294967295:0:7')!)).toBe('4294967295:0:7');
    expect(parseLargeCommunity('4294967296:0:7')).toBeUndefined();
  });
});
