import { afterEach, beforeEach, expect, it } from 'vitest';
import { startWorld, type World } from './fixture.ts';
import { aclOf } from './init.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
});

it('init makes what is missing and keeps what is there', async () => {
  const runs = [
    await world.vipctl(['init']),
    await world.vipctl(['init', 'apex']),
    await world.vipctl(['init', 'apex']),
  ];
  expect(runs.map(({ exit, out }) => [exit, out])).toEqual([
    [0, '/vipkeeper is ready (made 3 of 3 folders).\n'],
    [0, '/vipkeeper is ready (made 6 of 9 folders).\n'],
    [0, '/vipkeeper is ready (nothing was missing).\n'],
  ]);
  expect((await world.vipctl(['status', 'apex'])).out).toBe('No VIPs.\n');
});

it('access lists carry digests as ZooKeeper makes them', () => {
  // The pair that ZooKeeper's own documentation gives for its super user.
  expect(aclOf({ users: ['super:test'], worldReads: true })).toEqual([
    {
      scheme: 'digest',
      id: 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=',
      permissions: ['read', 'write', 'create', 'delete', 'admin'],
    },
    { scheme: 'world', id: 'anyone', permissions: ['read'] },
  ]);
});

it('init --users shuts everybody else out: exit 9, with the cure', async () => {
  const files = { '/root/users': { text: 'ops:secret\nagents:other\n', mode: 0o600 } };
  const env = { VIPCTL_AUTH: 'ops:secret' };
  const made = await world.vipctl(['init', '--users', '/root/users', '--yes'], { files, env });
  const stranger = await world.vipctl(['init', 'apex']);
  const operator = await world.vipctl(['init', 'apex'], { env });
  expect([made.exit, stranger.exit, stranger.err.split('\n').at(-2), operator.exit]).toEqual([
    0,
    9,
    '        the tree has access control: give credentials with --auth-file FILE or $VIPCTL_AUTH',
    0,
  ]);
});

it('a secret that others can read is refused', async () => {
  const files = { '/root/users': { text: 'ops:secret\n', mode: 0o644 } };
  expect(await world.vipctl(['--auth-file', '/root/users', 'status'], { files })).toEqual({
    exit: 2,
    out: '',
    err: 'vipctl: Cannot use --auth-file from file "/root/users": mode is 0644, readable by everybody, expected 0600 or 0640\n',
  });
});

it('what is created with credentials is for that user to change and for all to read', async () => {
  const env = { VIPCTL_AUTH: 'ops:secret' };
  await world.vipctl(['init', 'apex'], {});
  await world.vipctl(['maintenance', 'on', 'apex', '--yes', '--no-wait'], { env });
  const stranger = await world.vipctl(['maintenance', 'on', 'apex', '--reason', 'mine', '--yes', '--no-wait']);
  const owner = await world.vipctl(['maintenance', 'on', 'apex', '--reason', 'mine', '--yes', '--no-wait'], { env });
  expect([stranger.exit, owner.exit]).toEqual([9, 0]);
});
