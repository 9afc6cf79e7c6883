import { describe, expect, it } from 'vitest';
import type { PeerOptions } from './advertisement.ts';
import { createListener } from './listener.ts';
import { checkPeer, checkPeers } from './options.ts';
import { createSpeaker } from './speaker.ts';

const PEER: PeerOptions = { address: '192.0.2.254', as: 64501 };

describe('options of a peer', () => {
  it('have their defaults in one place', () => {
    expect(checkPeer(PEER)).toEqual({
      key: '192.0.2.254',
      address: '192.0.2.254',
      as: 64501,
      port: 179,
      localAddress: undefined,
      localAddress4: undefined,
      localAddress6: undefined,
      passive: false,
      multihop: 1,
      password: undefined,
      ttlSecurity: false,
      device: undefined,
      holdTimeSeconds: 9,
      connectRetrySeconds: 5,
      sendHoldTimeSeconds: undefined,
      families: ['ipv4', 'ipv6'],
    });
  });

  it('are known by the address, and by the port where it is not 179', () => {
    const keys = [
      checkPeer({ ...PEER, address: '2001:DB8:0::1' }).key,
      checkPeer({ ...PEER, address: '2001:db8::1', port: 1179 }).key,
      checkPeer({ ...PEER, port: 1179 }).key,
    ];
    expect(keys).toEqual(['2001:db8::1', '[2001:db8::1]:1179', '192.0.2.254:1179']);
  });

  it.each([
    [{ as: 0 }, 'AS must be 1..4294967295: current value is 0'],
    [{ as: 4294967296 }, 'AS must be 1..4294967295: current value is 4294967296'],
    [{ as: 23456 }, 'AS 23456 is reserved as AS_TRANS: current value is 23456'],
    [{ holdTimeSeconds: 1 }, 'holdTimeSeconds must be 0 or 3..65535: current value is 1'],
    [{ holdTimeSeconds: 4.5 }, 'holdTimeSeconds must be 0 or 3..65535: current value is 4.5'],
    [{ port: 0 }, 'port must be 1..65535: current value is 0'],
    [{ connectRetrySeconds: 0 }, 'connectRetrySeconds must be above 0 and at most 65535: current value is 0'],
    [{ localAddress: '::1' }, 'localAddress must be an ipv4 address: current value is ::1'],
    [{ localAddress6: '192.0.2.1' }, 'localAddress6 must be an ipv6 address: current value is 192.0.2.1'],
    [{ localAddress4: '010.1.1.1' }, 'localAddress4 must be an IP address without zone: current value is 010.1.1.1'],
    [{ password: '' }, 'password must have 1..80 bytes: current value is 0 bytes'],
    [{ password: 'ä'.repeat(41) }, 'password must have 1..80 bytes: current value is 82 bytes'],
    [{ device: 'eth0/1' }, 'device must be a device name: current value is eth0/1'],
    [{ multihop: 0 }, 'multihop must be 1..255: current value is 0'],
    [{ families: [] }, 'families must be ipv4, ipv6 or both: current value is '],
  ])('that cannot be used are refused by name: %j', (over, message) => {
    expect(() => checkPeer({ ...PEER, ...over } as PeerOptions)).toThrow(
      new RangeError(`Cannot use peer 192.0.2.254: ${message}`),
    );
  });

  it('are refused for an address with a zone, and for a peer that is there twice', () => {
    expect(() => checkPeer({ ...PEER, address: 'fe80::1%eth0' })).toThrow('address must be an IP address without zone');
    expect(() => checkPeers([PEER, PEER])).toThrow('Cannot use peer 192.0.2.254: it is there twice');
  });

  it('are refused for two passwords at one address, which the kernel could not tell apart, and neither is shown', () => {
    const twice = [
      { ...PEER, password: 'one' },
      { ...PEER, port: 1179, password: 'other' },
    ];
    expect(() => checkPeers(twice)).toThrow(
      new RangeError(
        'Cannot use peer 192.0.2.254:1179: its password must be that of the other peer there: current value is (hidden)',
      ),
    );
  });
});

describe('options of a speaker and of a listener', () => {
  it.each([
    [{ localAs: 0, routerId: '192.0.2.1' }, 'AS must be 1..4294967295: current value is 0'],
    [
      { localAs: 1, routerId: '0.0.0.0' },
      'routerId must be an IPv4 address other than 0.0.0.0: current value is 0.0.0.0',
    ],
    [{ localAs: 1, routerId: '::1' }, 'routerId must be an IPv4 address other than 0.0.0.0: current value is ::1'],
  ])('are refused: %j', (options, message) => {
    expect(() => createSpeaker({ ...options, peers: [] })).toThrow(`Cannot use this speaker: ${message}`);
    const listen = { address: '127.0.0.1', port: 0 };
    expect(() => createListener({ ...options, ...listen })).toThrow(`Cannot use this listener: ${message}`);
  });

  it('a port that is taken is said at the start, with address and port', async () => {
    const first = createListener({ address: '127.0.0.1', port: 0, localAs: 64501, routerId: '192.0.2.254' });
    await first.start();
    const listen = { address: '127.0.0.1', port: first.port };
    const speaker = createSpeaker({ localAs: 64500, routerId: '192.0.2.1', listen, peers: [] });
    await expect(speaker.start()).rejects.toThrow(
      `Cannot listen for BGP on 127.0.0.1 port ${first.port}: listen EADDRINUSE`,
    );
    await first.close();
  });
});
