import { describe, expect, it } from 'vitest';
import { DecodeError } from './decode-error.ts';
import { HEADER_LENGTH } from './header.ts';
import type { AttributeContext } from './path-attribute.ts';
import { decodeUpdate, encodeUpdate, endOfRib, endOfRibFamily, treatAsWithdraw, updateOf } from './update.ts';

const EBGP: AttributeContext = { fourOctetAs: true, ibgp: false };
const IBGP: AttributeContext = { fourOctetAs: true, ibgp: true };
const NLRI = '20 c0000201';
const ORIGIN = '40 01 01 00';
const AS_PATH = '40 02 06 0201 0000fde8';
const NEXT_HOP = '40 03 04 0a000001';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

/** An UPDATE body around these attributes. */
function body(attributes: string, nlri = NLRI): Uint8Array {
  const list = hex(attributes);
  return Uint8Array.of(0, 0, list.length >> 8, list.length & 0xff, ...list, ...hex(nlri));
}

/** Problems as `grade attribute`, or the NOTIFICATION as `reset code/subcode`. */
function grade(bytes: Uint8Array, context = EBGP): string[] {
  try {
    return decodeUpdate(bytes, context).problems.map(problem => `${problem.grade} ${problem.attribute}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return [`reset ${error.code}/${error.subcode}`];
  }
}

describe('UPDATE', () => {
  it('is laid out as RFC 4271 §4.3 draws it', () => {
    const update = updateOf({
      withdrawn: ['198.51.100.0/24'],
      attributes: {
        origin: 'igp',
        asPath: [{ kind: 'sequence', ases: [65000] }],
        nextHop: '10.0.0.1',
        med: 100,
        communities: [0xffff0000],
        largeCommunities: [[65000, 1, 2]],
      },
      nlri: ['192.0.2.1/32'],
    });
    const wanted = [
      `0004 18 c63364  0031 ${ORIGIN} ${AS_PATH} ${NEXT_HOP}`,
      '80 04 04 00000064  c0 08 04 ffff0000  c0 20 0c 0000fde8 00000001 00000002',
      NLRI,
    ].join(' ');
    expect(Buffer.from(encodeUpdate(update, EBGP).slice(HEADER_LENGTH))).toEqual(Buffer.from(hex(wanted)));
  });

  it('carries IPv6 in MP_REACH_NLRI, as the first attribute', () => {
    const mpReach = { family: 'ipv6', nextHop: '2001:db8::1', nlri: ['2001:db8:5::1/128', '2001:db8::/33'] } as const;
    const bytes = encodeUpdate(updateOf({ attributes: { origin: 'igp', mpReach } }), EBGP);
    const value = `0002 01 10 20010db8${'0'.repeat(23)}1 00 80 20010db80005${'0'.repeat(19)}1 21 20010db800`;
    expect(Buffer.from(bytes.slice(HEADER_LENGTH))).toEqual(Buffer.from(hex(`0000 0033 80 0e 2c ${value} ${ORIGIN}`)));
  });

  it('has an End-of-RIB of each family, and nothing else is taken for one', () => {
    const decoded = (['ipv4', 'ipv6'] as const).map(family => {
      return endOfRibFamily(decodeUpdate(encodeUpdate(endOfRib(family), EBGP).slice(HEADER_LENGTH), EBGP));
    });
    expect(decoded).toEqual(['ipv4', 'ipv6']);
    expect(endOfRibFamily(updateOf({ withdrawn: ['192.0.2.1/32'] }))).toBeUndefined();
    expect(endOfRibFamily(updateOf({ attributes: { mpUnreach: { family: 'ipv6', nlri: ['::/0'] } } }))).toBeUndefined();
  });

  it('clears bits behind the prefix length', () => {
    expect(decodeUpdate(body(`${ORIGIN} ${AS_PATH} ${NEXT_HOP}`, '09 ffff'), EBGP).nlri).toEqual(['255.128.0.0/9']);
  });

  it('keeps attributes that it does not understand', () => {
    const { attributes } = decodeUpdate(body(`${ORIGIN} ${AS_PATH} ${NEXT_HOP} e0 63 02 beef`), EBGP);
    expect(attributes.opaque).toEqual([{ flags: 0xe0, type: 0x63, value: Uint8Array.of(0xbe, 0xef) }]);
  });

  it('gives the true path of a speaker without four-octet AS numbers', () => {
    const path = '40 02 0a 0204 fde8 5ba0 5ba0 fde9  c0 11 0e 0203 fa56ea01 fa56ea02 0000fde9';
    const update = decodeUpdate(body(`${ORIGIN} ${path} ${NEXT_HOP}`), { ...EBGP, fourOctetAs: false });
    expect(update.attributes.asPath).toEqual([{ kind: 'sequence', ases: [65000, 4200000001, 4200000002, 65001] }]);
  });

  it('ignores an AS4_PATH that is longer than the AS_PATH (RFC 6793 §4.2.3)', () => {
    const path = '40 02 04 0201 fde8  c0 11 0a 0202 fa56ea01 fa56ea02';
    const update = decodeUpdate(body(`${ORIGIN} ${path} ${NEXT_HOP}`), { ...EBGP, fourOctetAs: false });
    expect(update.attributes.asPath).toEqual([{ kind: 'sequence', ases: [65000] }]);
  });
});

describe('a malformed UPDATE, after RFC 7606', () => {
  const rest = `${AS_PATH} ${NEXT_HOP}`;
  const most = `${ORIGIN} ${rest}`;

  it.each([
    ['nothing wrong', most, []],
    ['ORIGIN undefined', `40 01 01 03 ${rest}`, ['treat-as-withdraw 1']],
    ['ORIGIN too long', `40 01 02 0000 ${rest}`, ['treat-as-withdraw 1']],
    ['ORIGIN missing', rest, ['treat-as-withdraw 1']],
    ['ORIGIN with wrong flags', `c0 01 01 00 ${rest}`, ['treat-as-withdraw 1']],
    ['ORIGIN twice', `${ORIGIN} ${most}`, ['attribute-discard 1']],
    ['AS_PATH with an unknown segment', `${ORIGIN} 40 02 06 0901 0000fde8 ${NEXT_HOP}`, ['treat-as-withdraw 2']],
    ['AS_PATH with an empty segment', `${ORIGIN} 40 02 02 0200 ${NEXT_HOP}`, ['treat-as-withdraw 2']],
    ['AS_PATH cut short', `${ORIGIN} 40 02 05 0202 0000fd ${NEXT_HOP}`, ['treat-as-withdraw 2']],
    ['AS 0 in AS_PATH (RFC 7607)', `${ORIGIN} 40 02 06 0201 00000000 ${NEXT_HOP}`, ['treat-as-withdraw 2']],
    ['NEXT_HOP too short', `${ORIGIN} ${AS_PATH} 40 03 03 0a0000`, ['treat-as-withdraw 3']],
    ['NEXT_HOP missing', `${ORIGIN} ${AS_PATH}`, ['treat-as-withdraw 3']],
    ['MED too short', `${most} 80 04 03 000000`, ['treat-as-withdraw 4']],
    ['LOCAL_PREF from eBGP', `${most} 40 05 04 00000064`, ['attribute-discard 5']],
    ['ATOMIC_AGGREGATE with a value', `${most} 40 06 01 00`, ['attribute-discard 6']],
    ['AGGREGATOR too short', `${most} c0 07 06 fde8 0a000001`, ['attribute-discard 7']],
    ['communities of no multiple of 4', `${most} c0 08 05 0000000000`, ['treat-as-withdraw 8']],
    ['empty communities', `${most} c0 08 00`, ['treat-as-withdraw 8']],
    ['large communities of no multiple of 12', `${most} c0 20 08 0000000000000000`, ['treat-as-withdraw 32']],
    ['extended communities of no multiple of 8', `${most} c0 10 04 00000000`, ['treat-as-withdraw 16']],
    ['a list that runs past its end', `${most} 80 04 40 00`, ['treat-as-withdraw 0']],
    ['an unknown family in MP_REACH', `${most} 80 0e 05 4004 47 00 00`, ['attribute-discard 14']],
    ['an unknown well-known attribute', `${most} 40 63 00`, ['reset 3/2']],
    ['MP_UNREACH twice', `80 0f 03 000201 80 0f 03 000201 ${most}`, ['reset 3/1']],
    ['MP_REACH with a next hop of 5 bytes', `80 0e 0a 000201 05 0000000000 00 ${most}`, ['reset 3/9']],
    ['MP_REACH with a prefix of 129 bits', `80 0e 16 000201 10 ${'00'.repeat(16)} 00 81 ${most}`, ['reset 3/10']],
  ])('%s', (_what, attributes, wanted) => {
    expect(grade(body(attributes))).toEqual(wanted);
  });

  it.each([
    ['LOCAL_PREF missing', most, ['treat-as-withdraw 5']],
    ['LOCAL_PREF too short', `${most} 40 05 03 000064`, ['treat-as-withdraw 5']],
    ['ORIGINATOR_ID too short', `${most} 40 05 04 00000064 80 09 02 0000`, ['treat-as-withdraw 9']],
  ])('%s, from iBGP', (_what, attributes, wanted) => {
    expect(grade(body(attributes), IBGP)).toEqual(wanted);
  });

  it.each([
    ['an IPv4 prefix of 33 bits', body(most, '21 c000020100'), ['reset 3/10']],
    ['NLRI cut short', body(most, '20 c000'), ['reset 3/10']],
    ['withdrawn routes past the end', hex('0009 0000'), ['reset 3/1']],
    ['attributes past the end', hex('0000 0009 40'), ['reset 3/1']],
  ])('%s', (_what, bytes, wanted) => {
    expect(grade(bytes)).toEqual(wanted);
  });

  it('loses its routes only by faults that may have changed them', () => {
    const withdraw = decodeUpdate(body(rest), EBGP);
    const discard = decodeUpdate(body(`${most} 40 06 01 00`), EBGP);
    expect([treatAsWithdraw(withdraw), treatAsWithdraw(discard)]).toEqual([true, false]);
  });
});
