// What an ensemble of three does to its clients when one of its servers freezes or dies. One after the other.
import { expect } from 'vitest';
import type { ZkSession } from '../../packages/zk/src/session.ts';
import type { RunningServer } from './ensemble.ts';
import {
  bytes,
  connectedState,
  declareCases,
  type FaultCase,
  kindsOf,
  recordStates,
  until,
  untilState,
  type World,
} from './fault-suite.ts';

const T = 4000;
const SLACK_MS = 1000;

interface Client {
  readonly session: ZkSession;
  readonly path: string;
  readonly sessionId: string;
  readonly states: ReturnType<typeof recordStates>;
}

// Dials its first server first: the shuffle leaves the order alone.
async function clientOn(world: World, first: RunningServer, path: string): Promise<Client> {
  const others = world.ensemble.servers.filter(server => server !== first);
  const session = world.connect({ servers: [first, ...others], sessionTimeoutMs: T, random: () => 0.99 });
  await untilState(session, 'connected', 15_000);
  await session.create(path, bytes(''), { ephemeral: true });
  await session.get(path, { watch: true });
  return { session, path, sessionId: connectedState(session).sessionId, states: recordStates(session) };
}

function clientsOn(world: World, servers: readonly RunningServer[]): Promise<Client[]> {
  return Promise.all(servers.map((server, index) => clientOn(world, server, `${world.path}-${index}`)));
}

// Same session, never lost, ephemeral alive and ours.
async function expectUnharmed(clients: readonly Client[]): Promise<void> {
  for (const { session, path, sessionId, states } of clients) {
    await untilState(session, 'connected', 15_000);
    expect(connectedState(session)).toMatchObject({ sessionId, epoch: 1 });
    expect(kindsOf(states)).not.toContain('lost');
    expect((await session.get(path))?.stat.ephemeralOwner).toBe(sessionId);
  }
}

// Whatever was read before is not believed any more once the connection was gone.
function expectSuspendedOnce(clients: readonly Client[], sinceMs: number, withinMs: number): void {
  for (const { session, path, states } of clients) {
    expect(kindsOf(states)).toEqual(['suspended', 'connected']);
    expect(states[0]!.atMs - sinceMs).toBeLessThanOrEqual(withinMs);
    expect(session.isFresh(path)).toBe(false);
  }
}

async function followers(world: World): Promise<readonly RunningServer[]> {
  const leader = await world.ensemble.leader();
  return world.ensemble.servers.filter(server => server !== leader);
}

const frozenFollower: FaultCase = {
  number: 1,
  name: 'clients of a frozen follower leave it in time and keep their sessions',
  redOn: 'bare',
  run: async world => {
    const [victim] = await followers(world);
    const clients = await clientsOn(world, [victim!, victim!, victim!]);
    const frozenAtMs = performance.now();
    await victim!.freeze();
    try {
      const suspended = () => clients.every(({ states }) => states.length > 0);
      await until(suspended, 2 * T, 'every client is suspended');
      await expectUnharmed(clients);
      expectSuspendedOnce(clients, frozenAtMs, 0.75 * T + SLACK_MS);
    } finally {
      await victim!.thaw();
      await world.ensemble.ready();
    }
  },
};

const frozenLeader: FaultCase = {
  number: 2,
  name: 'clients of an ensemble whose leader freezes keep their sessions',
  redOn: 'bare',
  limitMs: 60_000,
  run: async world => {
    const leader = await world.ensemble.leader();
    const clients = await clientsOn(world, [...world.ensemble.servers, ...world.ensemble.servers]);
    await leader.freeze();
    try {
      const back = () => clients.every(({ states }) => states.length > 1 && states.at(-1)!.state.kind === 'connected');
      await until(back, 20_000, 'every client is connected again');
      await expectUnharmed(clients);
    } finally {
      await leader.thaw();
      await world.ensemble.ready();
    }
  },
};

const killedLeader: FaultCase = {
  number: 3,
  name: 'clients of an ensemble whose leader is killed are suspended once, believe nothing, and keep their sessions',
  redOn: 'bare',
  limitMs: 60_000,
  run: async world => {
    const leader = await world.ensemble.leader();
    const clients = await clientsOn(world, [...world.ensemble.servers, ...world.ensemble.servers]);
    const killedAtMs = performance.now();
    await leader.kill();
    try {
      const suspended = () => clients.every(({ states }) => states.length > 0);
      await until(suspended, T, 'every client is suspended');
      await untilAllConnected(clients);
      expectSuspendedOnce(clients, killedAtMs, 0.75 * T + SLACK_MS);
      await expectUnharmed(clients);
    } finally {
      await leader.start();
      await world.ensemble.ready();
    }
  },
};

async function untilAllConnected(clients: readonly Client[]): Promise<void> {
  for (const { session } of clients) await untilState(session, 'connected', 15_000);
}

declareCases('an ensemble of three', [frozenFollower, frozenLeader, killedLeader], {
  size: 3,
  tickTimeMs: 500,
  sideBySide: false,
});
