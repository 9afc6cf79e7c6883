import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { PeerOptions } from './advertisement.ts';
import { checkPeer } from './options.ts';
import { listenerNeeds, md5Signature, optionCalls, socketAddress, socketOptionsOf } from './socket-options.ts';

const PEER: PeerOptions = { address: '192.0.2.254', as: 64501 };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const of = (over: Partial<PeerOptions>) => socketOptionsOf(checkPeer({ ...PEER, ...over }), 64500);
/** A number as the machine keeps it. */
const native = (value: number, bytes: number): string => {
  const text = value.toString(16).padStart(bytes * 2, '0');
  return endianness() === 'BE' ? text : Buffer.from(text, 'hex').reverse().toString('hex');
};

describe('what a peer needs of its sockets', () => {
  it('is nothing without password, TTL security and device, so node:net is enough', () => {
    expect([of({}), of({ multihop: 9, sendHoldTimeSeconds: 5 })]).toEqual([undefined, undefined]);
  });

  it('is the hops as TTL for an eBGP peer with a password, and the kernel’s TTL for an iBGP one', () => {
    const rest = { password: 'k', leastTtl: undefined, device: undefined, userTimeoutMs: 30_000 };
    expect([of({ password: 'k', multihop: 3 }), of({ password: 'k', as: 64500 })]).toEqual([
      { ...rest, ttl: 3 },
      { ...rest, ttl: undefined },
    ]);
  });

  it('is the full TTL and 256 less the hops with TTL security (RFC 5082)', () => {
    const rest = { password: undefined, device: undefined, ttl: 255 };
    expect([of({ ttlSecurity: true }), of({ ttlSecurity: true, multihop: 4, holdTimeSeconds: 90 })]).toEqual([
      { ...rest, leastTtl: 255, userTimeoutMs: 30_000 },
      { ...rest, leastTtl: 252, userTimeoutMs: 180_000 },
    ]);
  });

  it('is one key for each address on the listener, and the full TTL when anybody has TTL security', () => {
    const peers = [
      { ...PEER, password: 'k' },
      { ...PEER, port: 1179, password: 'k' },
      { address: '2001:db8::1', as: 64502, ttlSecurity: true },
    ];
    expect(listenerNeeds(peers.map(checkPeer))).toEqual({
      keys: [{ address: '192.0.2.254', password: 'k' }],
      fullTtl: true,
    });
  });
});

describe('the bytes for Linux', () => {
  const all = { password: 'k', ttl: 255, leastTtl: 254, device: 'eth0', userTimeoutMs: 30_000 };
  const spelled = (address: string, family: 'ipv4' | 'ipv6') =>
    optionCalls(all, address, family).map(({ level, name, value }) => [
      level,
      name,
      value.length,
      hex(value).slice(0, 8),
    ]);

  it('are the options of IPv4 for an IPv4 peer, also on a listener of both families', () => {
    const after = [
      [0, 2, 4, native(255, 4)],
      [0, 21, 4, native(254, 4)],
      [0, 1, 4, native(0xc0, 4)],
      [6, 18, 4, native(30_000, 4)],
    ];
    const device = [1, 25, 5, '65746830'];
    expect(spelled('192.0.2.254', 'ipv4')).toEqual([device, [6, 14, 216, `${native(2, 2)}0000`], ...after]);
    expect(spelled('192.0.2.254', 'ipv6')).toEqual([device, [6, 14, 216, `${native(10, 2)}0000`], ...after]);
  });

  it('are the options of IPv6 for an IPv6 peer', () => {
    expect(spelled('2001:db8::1', 'ipv6')).toEqual([
      [1, 25, 5, '65746830'],
      [6, 14, 216, `${native(10, 2)}0000`],
      [41, 16, 4, native(255, 4)],
      [41, 73, 4, native(254, 4)],
      [41, 67, 4, native(0xc0, 4)],
      [6, 18, 4, native(30_000, 4)],
    ]);
  });

  it('put a port and an address into a sockaddr, IPv4 mapped where the socket is of IPv6', () => {
    expect([
      hex(socketAddress('192.0.2.254', 179, 'ipv4')),
      hex(socketAddress('192.0.2.254', 179, 'ipv6')),
      hex(socketAddress('2001:db8::1', 179, 'ipv6')),
    ]).toEqual([
      `${native(2, 2)}00b3c00002fe0000000000000000`,
      `${native(10, 2)}00b30000000000000000000000000000ffffc00002fe00000000`,
      `${native(10, 2)}00b30000000020010db800000000000000000000000100000000`,
    ]);
  });

  it('put the key behind its length, whole at 80 bytes, and none to take it away', () => {
    const [whole, none] = ['x'.repeat(80), undefined].map(password =>
      md5Signature({ address: '192.0.2.254', password }, 'ipv4'),
    );
    expect(hex(whole!)).toBe(
      `${native(2, 2)}0000c00002fe${'00'.repeat(120)}0000${native(80, 2)}00000000${'78'.repeat(80)}`,
    );
    expect(hex(none!)).toBe(`${native(2, 2)}0000c00002fe${'00'.repeat(208)}`);
  });
});
