import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalAddress,
  canonicalVip,
  compareAddresses,
  isCanonicalVip,
  parsePrefix,
  prefixContains,
} from './address.ts';

const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 });

/** RFC 5952 section 4, written out on its own: lower case, no leading zeros, the longest run of two or more zero groups shortened, the first of equals. */
function rfc5952(values: readonly number[]): string {
  const text = values.map(value => value.toString(16));
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from += 1) {
    let length = 0;
    while (from + length < 8 && values[from + length] === 0) length += 1;
    if (length > best.length) best = { from, length };
  }
  if (best.length < 2) return text.join(':');
  return `${text.slice(0, best.from).join(':')}::${text.slice(best.from + best.length).join(':')}`;
}

describe('canonicalAddress()', () => {
  it('gives plain IPv4 back unchanged', () => {
    fc.assert(
      fc.property(octets, parts => {
        const text = parts.join('.');
        expect(canonicalAddress(text)).toEqual({ kind: 'ok', text, family: 'ipv4' });
      }),
    );
  });

  it('writes any spelling of an IPv6 address as RFC 5952 does', () => {
    fc.assert(
      fc.property(groups, fc.boolean(), (values, upper) => {
        const mapped = values.slice(0, 5).every(value => value === 0) && values[5] === 0xffff;
        fc.pre(!mapped);
        const long = values.map(value => value.toString(16).padStart(4, '0')).join(':');
        const text = rfc5952(values);
        expect(canonicalAddress(upper ? long.toUpperCase() : long)).toEqual({ kind: 'ok', text, family: 'ipv6' });
        expect(canonicalAddress(text)).toEqual({ kind: 'ok', text, family: 'ipv6' });
      }),
    );
  });

  it('never throws, and gives only what it would give again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/)), text => {
        const result = canonicalAddress(text);
        if (result.kind === 'ok') expect(canonicalAddress(result.text)).toEqual(result);
      }),
    );
  });

  it.each([
    ['010.1.1.1', '"010" has a leading zero, which some programs read as octal'],
    ['10.1', 'an IPv4 address has four octets'],
    ['10.1.1.256', '"256" is not an octet (0 to 255)'],
    ['0x7f.0.0.1', 'it is not an IP address'],
    ['167772161', 'an IPv4 address has four octets'],
    ['', 'it is not an IP address'],
    [' 10.1.1.1', 'it is not an IP address'],
    ['10.1.1.1/32', 'an address is wanted here, without a prefix length'],
    ['fe80::1%eth0', 'a zone id has no meaning here'],
    ['[2001:db8::1]', 'it is not an IP address'],
    ['2001:db8::1::2', '"::" may stand only once'],
    ['2001:db8:1', 'an IPv6 address has eight groups'],
    ['1:2:3:4:5:6:7:8::', 'an IPv6 address has eight groups'],
    [':2001:db8::1', '"" is not a group of one to four hexadecimal digits'],
    ['2001:db8::12345', '"12345" is not a group of one to four hexadecimal digits'],
    ['::ffff:192.0.2.1', 'it is IPv4-mapped: write the IPv4 address itself'],
    ['64:ff9b::192.0.2.01', '"01" has a leading zero, which some programs read as octal'],
  ])('refuses %j', (text, why) => {
    expect(canonicalAddress(text)).toEqual({ kind: 'bad', why });
  });
});

describe('canonicalVip()', () => {
  it.each([
    ['0.0.0.0', 'it is the unspecified address'],
    ['0.1.2.3', 'it is the unspecified address'],
    ['127.0.0.1', 'it is a loopback address'],
    ['224.0.0.1', 'it is a multicast address'],
    ['255.255.255.255', 'it is the broadcast address'],
    ['169.254.1.1', 'it is link-local and cannot be routed'],
    ['::', 'it is the unspecified address'],
    ['::1', 'it is a loopback address'],
    ['ff02::1', 'it is a multicast address'],
    ['fe80::1', 'it is link-local and cannot be routed'],
  ])('refuses %s', (text, why) => {
    expect(canonicalVip(text)).toEqual({ kind: 'bad', why });
  });

  it('takes private, public, documentation and unique local addresses', () => {
    const texts = ['10.0.0.1', '91.238.131.166', '192.0.2.1', '2001:DB8:0:1::a6', 'fd00::1'];
    expect(texts.map(text => canonicalVip(text))).toEqual([
      { kind: 'ok', text: '10.0.0.1', family: 'ipv4' },
      { kind: 'ok', text: '91.238.131.166', family: 'ipv4' },
      { kind: 'ok', text: '192.0.2.1', family: 'ipv4' },
      { kind: 'ok', text: '2001:db8:0:1::a6', family: 'ipv6' },
      { kind: 'ok', text: 'fd00::1', family: 'ipv6' },
    ]);
  });

  it('tells a canonical text from another spelling of the same address', () => {
    expect([isCanonicalVip('2001:db8::1'), isCanonicalVip('2001:DB8::1'), isCanonicalVip('2001:db8:0::1')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('prefixes', () => {
  it('are read and hold the addresses that share their bits', () => {
    const v4 = parsePrefix('91.238.131.160/28');
    const v6 = parsePrefix('2001:DB8:0:1::/64');
    expect([v4, v6]).toEqual([
      { kind: 'ok', prefix: { text: '91.238.131.160/28', family: 'ipv4', length: 28 } },
      { kind: 'ok', prefix: { text: '2001:db8:0:1::/64', family: 'ipv6', length: 64 } },
    ]);
    if (v4.kind !== 'ok' || v6.kind !== 'ok') return;
    const inside = ['91.238.131.160', '91.238.131.175', '91.238.131.176', '2001:db8:0:1::a6', '2001:db8:0:2::a6'];
    expect(inside.map(text => prefixContains(v4.prefix, text))).toEqual([true, true, false, false, false]);
    expect(inside.map(text => prefixContains(v6.prefix, text))).toEqual([false, false, false, true, false]);
  });

  it('of length 0 hold their whole family, of full length one address', () => {
    fc.assert(
      fc.property(octets, parts => {
        const all = parsePrefix('0.0.0.0/0');
        const one = parsePrefix(`${parts.join('.')}/32`);
        expect([all, one].map(p => p.kind === 'ok' && prefixContains(p.prefix, parts.join('.')))).toEqual([true, true]);
      }),
    );
  });

  it.each([
    ['192.0.2.0', 'a prefix is wanted here, such as 192.0.2.0/24 or 2001:db8::/64'],
    ['192.0.2.1/24', 'bits are set beyond the length: 192.0.2.0/24 is meant?'],
    ['192.0.2.0/33', 'the length must be a number from 0 to 32'],
    ['192.0.2.0/024', 'the length must be a number from 0 to 32'],
    ['2001:db8::/129', 'the length must be a number from 0 to 128'],
    ['192.0.2.0/24/24', 'the length must be a number from 0 to 32'],
    ['010.0.0.0/8', '"010" has a leading zero, which some programs read as octal'],
  ])('refuse %s', (text, why) => {
    expect(parsePrefix(text)).toEqual({ kind: 'bad', why });
  });
});

it('compareAddresses() orders as numbers, IPv4 first', () => {
  const shuffled = ['2001:db8::1', '192.0.2.10', '192.0.2.9', '2001:db8::', '10.0.0.1'];
  expect(shuffled.sort(compareAddresses)).toEqual(['10.0.0.1', '192.0.2.9', '192.0.2.10', '2001:db8::', '2001:db8::1']);
});
