import { expect, it } from 'vitest';
import { formatServer, parseServer, parseServers } from './server-list.ts';

it.each([
  ['zk1', { host: 'zk1', port: 2181 }],
  ['zk1.example.org:2182', { host: 'zk1.example.org', port: 2182 }],
  ['10.0.0.1:2181', { host: '10.0.0.1', port: 2181 }],
  ['[::1]:22181', { host: '::1', port: 22181 }],
  ['[2001:db8::3]', { host: '2001:db8::3', port: 2181 }],
  ['2001:db8::3', { host: '2001:db8::3', port: 2181 }],
  [' zk1 ', { host: 'zk1', port: 2181 }],
])('reads %j', (text, server) => {
  expect(parseServer(text)).toEqual(server);
});

it.each(['', 'zk1:', 'zk1:0', 'zk1:65536', '[zk1]:1', '[::1', 'zk 1', '[::1]:x', 'a:b:c', '/x'])('refuses %j', text => {
  expect(() => parseServer(text)).toThrow(RangeError);
});

it('reads a list with a chroot at its end', () => {
  expect(parseServers('zk1,[::1]:2182/prod/lb')).toEqual({
    servers: [
      { host: 'zk1', port: 2181 },
      { host: '::1', port: 2182 },
    ],
    chroot: '/prod/lb',
  });
  expect(parseServers('zk1/')).toEqual({ servers: [{ host: 'zk1', port: 2181 }], chroot: '' });
});

it('writes an address the way it is read', () => {
  for (const text of ['zk1:2181', '[2001:db8::3]:2181', '10.0.0.1:1'])
    expect(formatServer(parseServer(text))).toBe(text);
});
