// What a session owes its caller whatever the network does: credentials first, an end that ends, leases that are not
// believed after a sleep, nodes that are not taken from others, chroots and addresses that work.
import { expect } from 'vitest';
import type { AclEntry, ZkError } from '../../packages/zk/src/session.ts';
import { runClient } from './client-process.ts';
import {
  bytes,
  connectedState,
  declareCases,
  type FaultCase,
  kindsOf,
  pause,
  recordStates,
  SESSION_TIMEOUT_MS,
  text,
  until,
  untilState,
  within,
} from './fault-suite.ts';

const T = SESSION_TIMEOUT_MS;
const CLOSE_LIMIT_MS = 1000;
const SLACK_MS = 400;
const ALL = ['read', 'write', 'create', 'delete', 'admin'] as const;

const credentialsFirst: FaultCase = {
  number: 11,
  name: 'no operation ever overtakes the credentials',
  redOn: 'bare',
  run: async world => {
    const auth = [{ scheme: 'digest', credentials: bytes('agent:secret') }];
    const acl: AclEntry[] = [{ scheme: 'auth', id: '', permissions: ALL }];
    const owner = world.connect({ auth });
    await untilState(owner, 'connected', 10_000);
    await owner.create(world.path, bytes('secret'), { acl });

    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy], auth });
    const states = recordStates(session);
    const outcomes = new Set<string>();
    for (let connections = 0; connections < 3; connections += 1) {
      let found: string | undefined;
      while (found === undefined) {
        found = await session.get(world.path).then(
          each => text(each?.data),
          (error: ZkError) => void outcomes.add(error.code),
        );
        await pause(1);
      }
      expect(found).toBe('secret');
      const told = states.length;
      proxy.cut();
      await until(() => states.length > told, 3000, 'the cut is noticed');
    }
    expect([...outcomes]).toEqual(['connection-loss']);
  },
};

const closing: FaultCase = {
  number: 12,
  name: 'close() settles within a second in any state, ends the session at once where it can, and lets the process end',
  redOn: 'bare',
  run: async world => {
    const observer = await world.observe();
    const took: Record<string, number> = {};
    const timeClose = async (name: string, close: () => Promise<void>) => {
      const startedAtMs = performance.now();
      await within(close(), 5000, `close() while ${name} settles`);
      took[name] = performance.now() - startedAtMs;
    };

    const refused = world.connect({ servers: [{ host: '127.0.0.1', port: 1 }] });
    await pause(50);
    await timeClose('refused', () => refused.close());

    const silent = await world.proxy();
    silent.mute();
    const dialling = world.connect({ servers: [silent] });
    await pause(50);
    await timeClose('dialling', () => dialling.close());

    const connected = world.connect();
    await untilState(connected, 'connected', 10_000);
    await connected.create(world.path, bytes(''), { ephemeral: true });
    await timeClose('connected', () => connected.close());
    expect(await observer.exists(world.path)).toBeNull();

    for (const kind of ['connected', 'suspended', 'lost'] as const) {
      const proxy = await world.proxy();
      const session = world.connect({ servers: [proxy] });
      await untilState(session, 'connected', 10_000);
      proxy.mute();
      await untilState(session, kind, 2 * T);
      await timeClose(`${kind} and muted`, () => session.close());
      expect(session.state.kind).toBe('closed');
      await expect(session.exists(world.path)).rejects.toMatchObject({ code: 'closed' });
    }
    for (const tookMs of Object.values(took)) expect(tookMs).toBeLessThanOrEqual(CLOSE_LIMIT_MS + SLACK_MS);

    for (const port of [world.ensemble.servers[0]!.port, 1]) {
      const client = await runClient(world, 'close', port);
      expect(await within(client.exited, 15_000, 'the process ends by itself')).toBe(0);
    }
  },
};

const frozenClient: FaultCase = {
  number: 13,
  name: 'a process that slept through its lease does not believe in it when it wakes',
  redOn: 'bare',
  run: async world => {
    const observer = await world.observe();
    const client = await runClient(world, 'sleep', world.ensemble.servers[0]!.port);
    await until(() => client.lines.some(line => line.kind === 'registered'), 20_000, 'the client registers');
    client.signal('SIGSTOP');
    await until(async () => (await observer.exists(world.path)) === null, 3 * T, 'its ephemeral goes');
    await pause(300);
    client.signal('SIGCONT');
    await until(() => client.lines.some(line => line.kind === 'reconnected'), 15_000, 'it is connected again');
    const [, woke, ...later] = client.lines;
    expect([woke?.kind, woke?.leaseValid, woke?.connected, woke?.fresh]).toEqual(['woke', false, false, false]);
    expect(later.at(-1)).toEqual({ kind: 'reconnected', epoch: 2 });
  },
};

const leftover: FaultCase = {
  number: 14,
  name: 'a leftover is replaced in one transaction, and only the version that was seen',
  redOn: 'bare',
  run: async world => {
    const former = await world.observe();
    const session = world.connect();
    await untilState(session, 'connected', 10_000);
    await former.create(world.path, bytes('former life'), { ephemeral: true });
    await former.set(world.path, bytes('former life, still alive'), 0);
    const replace = (version: number) =>
      session.multi([
        { kind: 'delete', path: world.path, version },
        { kind: 'create', path: world.path, data: bytes('this life'), ephemeral: true },
      ]);
    await expect(replace(0)).rejects.toMatchObject({ code: 'bad-version', failedAt: 0, path: world.path });
    expect(text((await session.get(world.path))?.data)).toBe('former life, still alive');
    await expect(session.multi([{ kind: 'check', path: world.path, version: 0 }])).rejects.toMatchObject({
      code: 'bad-version',
    });
    await replace(1);
    await former.close();
    const found = await session.get(world.path);
    expect([text(found?.data), found?.stat.ephemeralOwner]).toEqual(['this life', connectedState(session).sessionId]);
  },
};

const conflict: FaultCase = {
  number: 15,
  name: "somebody else's node is reported with its owner and left alone",
  redOn: 'stealing',
  run: async world => {
    const other = await world.observe();
    await other.create(world.path, bytes('theirs'), { ephemeral: true });
    const session = world.connect();
    await untilState(session, 'connected', 10_000);
    await expect(session.create(world.path, bytes('mine'), { ephemeral: true })).rejects.toMatchObject({
      code: 'node-exists',
      path: world.path,
    });
    const found = await session.get(world.path);
    expect([text(found?.data), found?.stat.ephemeralOwner]).toEqual(['theirs', connectedState(other).sessionId]);
  },
};

const missingChroot: FaultCase = {
  number: 17,
  name: 'a chroot that is missing is made, and paths below it are told without it',
  redOn: 'bare',
  run: async world => {
    const observer = await world.observe();
    const session = world.connect({ chroot: `${world.path}/deep/root` });
    await untilState(session, 'connected', 10_000);
    const dirty: string[] = [];
    session.onDirty(path => dirty.push(path));
    expect(await session.get('/a', { watch: true })).toBeNull();
    expect((await session.children('/', { watch: true })).names).toEqual([]);
    expect(await session.create('/a', bytes('x'))).toBe('/a');
    expect(dirty.sort()).toEqual(['/', '/a']);
    expect(text((await observer.get(`${world.path}/deep/root/a`))?.data)).toBe('x');
  },
};

const ipv6: FaultCase = {
  number: 18,
  name: 'a server can be an IPv6 literal',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy('::1');
    const session = world.connect({ servers: [{ host: '::1', port: proxy.port }] });
    await untilState(session, 'connected', 5000);
    expect(await session.exists(world.path)).toBeNull();
  },
};

const refusedCredentials: FaultCase = {
  number: 23,
  name: 'refused credentials are said, and tried again slowly',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const auth = [{ scheme: 'nonsense', credentials: bytes('x') }];
    const session = world.connect({ servers: [proxy], auth });
    const states = recordStates(session);
    await untilState(session, 'auth-failed', 5000);
    const refusedAtMs = performance.now();
    // One to two session timeouts.
    const triedAgainAtMs = await until(() => proxy.attempts > 1, 2 * T + 5 * SLACK_MS, 'it tries again');
    expect(triedAgainAtMs - refusedAtMs).toBeGreaterThanOrEqual(T - SLACK_MS);
    await until(() => proxy.attempts > 2, 2 * T + 5 * SLACK_MS, 'it tries once more');
    expect(kindsOf(states)).toEqual(['auth-failed']);
  },
};

const cases = [credentialsFirst, closing, frozenClient, leftover, conflict, missingChroot, ipv6, refusedCredentials];
declareCases('one session', cases, { tickTimeMs: 200, sideBySide: true });
