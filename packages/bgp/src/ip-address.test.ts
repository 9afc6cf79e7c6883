import { isIPv4, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIpAddress,
  formatPrefix,
  identifierNumber,
  parseIpAddress,
  parsePrefix,
  plainAddress,
} from './ip-address.ts';

describe('addresses', () => {
  it('come back from text as the bytes they were', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map(list => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, raw => {
        expect(parseIpAddress(formatIpAddress(raw))?.bytes).toEqual(raw);
      }),
      { numRuns: 500 },
    );
  });

  it('are told from other text just as node:net tells them', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789abcf:.'), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(digits, fc.ipV4(), fc.ipV6()), text => {
        expect(parseIpAddress(text)?.family).toBe(isIPv4(text) ? 'ipv4' : isIPv6(text) ? 'ipv6' : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('are written as RFC 5952 wants: %s', (text, canonical) => {
    expect(formatIpAddress(parseIpAddress(text)!.bytes)).toBe(canonical);
  });

  it.each(['010.1.1.1', '1.2.3', '1.2.3.4.5', '256.1.1.1', 'fe80::1%eth0', ':::', '1::2::3', '12345::', ''])(
    'are refused: "%s"',
    text => {
      expect(parseIpAddress(text)).toBeUndefined();
    },
  );

  it('of a dual-stack socket are shown as the IPv4 they are', () => {
    expect(
      ['::ffff:192.0.2.1', '::ffff:c000:201', '2001:DB8::1', 'fe80::1%eth0', '192.0.2.1'].map(plainAddress),
    ).toEqual(['192.0.2.1', '192.0.2.1', '2001:db8::1', 'fe80::1', '192.0.2.1']);
  });
});

describe('prefixes', () => {
  it.each(['192.0.2.0/24', '0.0.0.0/0', '192.0.2.1/32', '2001:db8::/32', '::/0', '2001:db8::1/128'])('%s', text => {
    expect(formatPrefix(parsePrefix(text)!)).toBe(text);
  });

  it.each(['192.0.2.1/24', '192.0.2.1', '192.0.2.1/33', '192.0.2.1/032', '192.0.2.1/', '::1/129', '/8', '::1/64'])(
    'are refused: "%s"',
    text => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );
});

it('BGP identifiers compare as unsigned numbers', () => {
  expect([identifierNumber('0.0.0.1'), identifierNumber('200.0.0.0'), identifierNumber('::1')]).toEqual([
    1,
    0xc8000000,
    undefined,
  ]);
});
