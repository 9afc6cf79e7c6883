import { describe, expect, it } from 'vitest';
import { addLine, hostAddresses, labelOf, parseAddresses, removeLine } from './device-addresses.ts';

const FOREVER = 4_294_967_295;
const info = (changes: object): object => ({
  family: 'inet',
  local: '192.0.2.1',
  prefixlen: 32,
  label: 'lo:vipkeeper',
  valid_life_time: 30,
  preferred_life_time: 30,
  ...changes,
});
const v6 = { family: 'inet6', local: '2001:db8::1', prefixlen: 128, label: undefined, preferred_life_time: 0 };
const output = (...infos: readonly object[]): string => JSON.stringify([{ ifname: 'lo', addr_info: infos }]);

describe('the lines for ip', () => {
  it('add an address with a lease, labelled where there are labels and deprecated where there are none', () => {
    expect([addLine('192.0.2.1', 'lo', 30), addLine('2001:db8::1', 'lo', 30)]).toEqual([
      'address replace 192.0.2.1/32 dev lo label lo:vipkeeper valid_lft 30 preferred_lft 30',
      'address replace 2001:db8::1/128 dev lo valid_lft 30 preferred_lft 0 nodad',
    ]);
  });

  it('remove host addresses', () => {
    expect([removeLine('192.0.2.1', 'lo'), removeLine('2001:db8::1', 'lo')]).toEqual([
      'address delete 192.0.2.1/32 dev lo',
      'address delete 2001:db8::1/128 dev lo',
    ]);
  });

  it('keep a label within what the kernel takes', () => {
    expect([labelOf('lo'), labelOf('dummy-vips0')]).toEqual(['lo:vipkeeper', 'dummy-vips0:vip']);
  });
});

describe('parseAddresses', () => {
  it('tells ours from those of others', () => {
    const found = parseAddresses(
      output(
        info({}),
        info({ local: '192.0.2.2', label: 'lo' }),
        info({ local: '192.0.2.3', valid_life_time: FOREVER }),
        info(v6),
        info({ ...v6, local: '2001:db8::2', preferred_life_time: 30 }),
        info({ ...v6, local: '2001:db8::3', valid_life_time: FOREVER }),
        info({ local: '127.0.0.1', prefixlen: 8 }),
      ),
      'lo',
    );
    expect(found.map(({ vip, ours }) => `${vip} ${ours ? 'ours' : 'foreign'}`)).toEqual([
      '192.0.2.1 ours',
      '192.0.2.2 foreign',
      '192.0.2.3 foreign',
      '2001:db8::1 ours',
      '2001:db8::2 foreign',
      '2001:db8::3 foreign',
    ]);
  });

  it('refuses what is not the output of ip', () => {
    expect(() => parseAddresses('{}', 'lo')).toThrow('the output of ip is not a list');
    expect(parseAddresses('[{},{"addr_info":[null,{"family":"inet"}]}]', 'lo')).toEqual([]);
  });
});

describe('hostAddresses', () => {
  it('finds host addresses on the device under its name and its labels, and on no other', () => {
    const one = (address: string, cidr: string, family: 'IPv4' | 'IPv6') =>
      ({ address, cidr, family, netmask: '', mac: '', internal: true, scopeid: 0 }) as never;
    expect(
      hostAddresses(
        {
          lo: [one('127.0.0.1', '127.0.0.1/8', 'IPv4'), one('2001:db8::1', '2001:db8::1/128', 'IPv6')],
          'lo:vipkeeper': [one('192.0.2.1', '192.0.2.1/32', 'IPv4')],
          eth0: [one('192.0.2.9', '192.0.2.9/32', 'IPv4')],
        },
        'lo',
      ),
    ).toEqual(['192.0.2.1', '2001:db8::1']);
  });
});
