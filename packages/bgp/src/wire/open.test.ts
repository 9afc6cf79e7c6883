import { describe, expect, it } from 'vitest';
import type { Capability } from './capability.ts';
import { DecodeError } from './decode-error.ts';
import { HEADER_LENGTH } from './header.ts';
import { decodeOpen, encodeOpen } from './open.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

function errorOf(body: Uint8Array): unknown {
  try {
    return decodeOpen(body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { code, subcode, data } = error;
    return { code, subcode, data: [...data] };
  }
}

describe('OPEN', () => {
  it('is laid out as RFC 4271 §4.2 draws it', () => {
    const capabilities: Capability[] = [
      { kind: 'multiprotocol', afi: 2, safi: 1 },
      { kind: 'fourOctetAs', as: 4200000001 },
      { kind: 'routeRefresh' },
    ];
    const bytes = encodeOpen({ type: 'open', myAs: 23456, holdTime: 9, identifier: '192.0.2.1', capabilities });
    const wanted = '04 5ba0 0009 c0000201  10 02 0e  0104 00020001  4104 fa56ea01  0200';
    expect(Buffer.from(bytes.slice(HEADER_LENGTH))).toEqual(Buffer.from(hex(wanted)));
  });

  it('is read with capabilities in one parameter each, as some routers send them', () => {
    const body = hex('04 fdea 00b4 0a630002 10  02 06 0104 00010001  02 02 0200  02 02 4600');
    expect(decodeOpen(body)).toEqual({
      type: 'open',
      myAs: 65002,
      holdTime: 180,
      identifier: '10.99.0.2',
      capabilities: [
        { kind: 'multiprotocol', afi: 1, safi: 1 },
        { kind: 'routeRefresh' },
        { kind: 'enhancedRouteRefresh' },
      ],
    });
  });

  it('is read in the extended form of RFC 9072', () => {
    const body = hex('04 fdea 00b4 0a630002 ff ff 0009  02 0006 0104 00010001');
    expect(decodeOpen(body).capabilities).toEqual([{ kind: 'multiprotocol', afi: 1, safi: 1 }]);
  });

  it('grows into the extended form when its capabilities need it', () => {
    const capabilities: Capability[] = Array.from({ length: 4 }, () => {
      return { kind: 'unknown', code: 200, value: new Uint8Array(100) };
    });
    const open = { type: 'open', myAs: 1, holdTime: 9, identifier: '192.0.2.1', capabilities } as const;
    expect(decodeOpen(encodeOpen(open).slice(HEADER_LENGTH))).toEqual(open);
  });

  it.each([
    ['another version', '03 fdea 00b4 0a630002 00', { code: 2, subcode: 1, data: [0, 4] }],
    ['an unknown parameter', '04 fdea 00b4 0a630002 04 01 02 0000', { code: 2, subcode: 4, data: [] }],
    ['a parameter past the end', '04 fdea 00b4 0a630002 04 02 09 0000', { code: 2, subcode: 0, data: [] }],
    ['a capability past the end', '04 fdea 00b4 0a630002 04 02 02 0104', { code: 2, subcode: 0, data: [] }],
    [
      'a length that is not that of its parameters',
      '04 fdea 00b4 0a630002 05 02 02 0200',
      { code: 2, subcode: 0, data: [] },
    ],
  ])('is refused with %s', (_what, body, wanted) => {
    expect(errorOf(hex(body))).toEqual(wanted);
  });

  it('keeps a capability of a wrong length as an unknown one', () => {
    expect(decodeOpen(hex('04 fdea 00b4 0a630002 05 02 03 410100')).capabilities).toEqual([
      { kind: 'unknown', code: 65, value: Uint8Array.of(0) },
    ]);
  });
});
