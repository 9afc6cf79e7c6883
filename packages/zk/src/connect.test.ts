import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { connect } from './connect.ts';
import { ZkError, type ZkOptions } from './session.ts';

const nowhere: ZkOptions = { servers: [{ host: '127.0.0.1', port: 1 }], sessionTimeoutMs: 1000 };

it.each<[string, Partial<ZkOptions>, string]>([
  ['no servers', { servers: [] }, 'Cannot connect to ZooKeeper: there are no servers'],
  ['port 0', { servers: [{ host: 'zk', port: 0 }] }, 'Cannot connect to ZooKeeper: port 0 of zk is not 1 to 65535'],
  ['no time', { sessionTimeoutMs: 0 }, 'Cannot connect to ZooKeeper: session timeout is 0 ms'],
  ['a bad chroot', { chroot: 'x' }, 'Cannot connect to ZooKeeper: chroot "x": it must start with "/"'],
])('refuses options that could never work: %s', (_, options, message) => {
  expect(() => connect({ ...nowhere, ...options })).toThrow(message);
});

it('refuses TLS material that cannot be read', () => {
  expect(() => connect({ ...nowhere, tls: { cert: 'not a certificate', key: 'nor a key' } })).toThrow(ZkError);
});

it('stays connecting, fails operations at once and closes at once where nobody answers', async () => {
  const session = connect(nowhere);
  expect([session.state.kind, session.sessionTimeoutMs, session.leaseUntilMs]).toEqual(['connecting', 1000, 0]);
  await expect(session.get('/a')).rejects.toEqual(
    new ZkError('connection-loss', '/a', 'Cannot get "/a": not connected (connecting)'),
  );
  await expect(session.ensurePath('no/slash')).rejects.toEqual(
    new ZkError('invalid', 'no/slash', 'Cannot ensure "no/slash": it must start with "/"'),
  );
  await session.close();
  expect(session.state.kind).toBe('closed');
  await expect(session.get('/a')).rejects.toMatchObject({ code: 'closed' });
});

it('tries the next server when one takes the connection and says nothing', async () => {
  const asked: string[] = [];
  const [silent, second] = [await listen(() => asked.push('silent')), await listen(() => asked.push('second'))];
  const servers = [silent, second].map(port => ({ host: '127.0.0.1', port }));
  const session = connect({ servers, sessionTimeoutMs: 1000, random: () => 0.99 });
  await expect.poll(() => asked.slice(0, 2)).toEqual(['silent', 'second']);
  await session.close();
});

/** A server that never answers; goes with the test's process. */
async function listen(onConnect: () => void): Promise<number> {
  const server = createServer(socket => {
    socket.unref();
    onConnect();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return (server.address() as AddressInfo).port;
}
