// Faults of one connection: silence, hang-ups, torn and strange answers. One server, a proxy per session.
import { expect } from 'vitest';
import { ZkError } from '../../packages/zk/src/session.ts';
import type { FaultProxy } from './fault-proxy.ts';
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
// What a busy machine may add to any deadline.
const SLACK_MS = 700;

const tornAnswer: FaultCase = {
  number: 4,
  name: 'an answer that is cut in two fails its operation and spoils nothing of the next connection',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    const { sessionId } = connectedState(session);
    await session.create(world.path, bytes('one'), { ephemeral: true });
    for (const damage of [() => 'tear' as const, () => Buffer.from('7fffffff00000000', 'hex'), shortAnswer]) {
      damageNextReply(proxy, damage);
      await expect(within(session.get(world.path), T + SLACK_MS, 'settles')).rejects.toMatchObject({
        code: 'connection-loss',
      });
      await untilState(session, 'connected', 10_000);
      expect(connectedState(session).sessionId).toBe(sessionId);
      expect(text((await session.get(world.path))?.data)).toBe('one');
    }
  },
};

const unknownError: FaultCase = {
  number: 5,
  name: 'an error number nobody knows fails its operation and nothing else',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    const states = recordStates(session);
    // -125 is what a server with enforced quotas answers; -999 is nobody's.
    for (const err of [-125, -999]) {
      damageNextReply(proxy, frame => withError(frame, err));
      const failure: unknown = await within(session.create(world.path, bytes('')), 5000, 'settles').catch(
        error => error,
      );
      expect(failure).toBeInstanceOf(ZkError);
      expect(failure).toMatchObject({ code: 'unknown', path: world.path, message: expect.stringContaining(`${err}`) });
    }
    await session.delete(world.path, -1);
    expect(kindsOf(states)).toEqual([]);
  },
};

const hangUps: FaultCase = {
  number: 6,
  name: 'servers that hang up at once are asked at a bounded rate and leave nothing in a queue',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const auth = [{ scheme: 'digest', credentials: bytes('agent:secret') }];
    const session = world.connect({ servers: [proxy], auth, sessionTimeoutMs: 2 * T });
    await untilState(session, 'connected', 10_000);
    await session.get(world.path, { watch: true });
    const states = recordStates(session);
    proxy.hangUp(true);
    await pause(T);
    proxy.hangUp(false);
    await until(() => states.at(-1)?.state.kind === 'connected', 10_000, 'it is connected again');
    await pause(200);
    // Connect request, credentials, the first question, and a ping at the most.
    expect(proxy.requests).toBeLessThanOrEqual(4);

    proxy.hangUp(true);
    proxy.attempts = 0;
    await pause(12_000);
    // A wait is at least an eighth of the session timeout once it has grown.
    expect(proxy.attempts).toBeLessThanOrEqual(8 + 12_000 / ((2 * T) / 8));
    proxy.hangUp(false);
    await untilState(session, 'connected', 10_000);
  },
};

const blackHole: FaultCase = {
  number: 7,
  name: 'in a black hole the session is lost before the server gives its ephemerals away',
  redOn: 'bare',
  run: async world => {
    const observer = await world.observe();
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    const states = recordStates(session);
    await session.create(world.path, bytes(''), { ephemeral: true });
    await pause(300);
    const mutedAtMs = performance.now();
    proxy.mute();
    const hanging = session.get(world.path);
    const settled = hanging.then(() => 'answered').catch((error: ZkError) => error.code);
    expect(await within(settled, 0.75 * T + SLACK_MS, 'the operation settles')).toBe('connection-loss');
    const goneAtMs = await until(async () => (await observer.exists(world.path)) === null, 3 * T, 'the ephemeral goes');
    expect(kindsOf(states)).toEqual(['suspended', 'lost']);
    expect(states[0]!.atMs - mutedAtMs).toBeLessThanOrEqual(0.75 * T + SLACK_MS);
    expect(states[1]!.atMs).toBeLessThan(goneAtMs);
  },
};

const expiry: FaultCase = {
  number: 9,
  name: 'after expiry there is a new session in a new epoch, with everything to be read again',
  redOn: 'bare',
  run: async world => {
    const observer = await world.observe();
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    const first = connectedState(session);
    const states = recordStates(session);
    await session.create(world.path, bytes('first life'), { ephemeral: true });
    await session.get(world.path, { watch: true });
    expect(session.isFresh(world.path)).toBe(true);
    proxy.mute();
    await until(async () => (await observer.exists(world.path)) === null, 3 * T, 'the ephemeral goes');
    proxy.unmute();
    await untilState(session, 'connected', 10_000);
    expect(kindsOf(states)).toEqual(['suspended', 'lost', 'connected']);
    const second = connectedState(session);
    expect([second.epoch, second.sessionId === first.sessionId]).toEqual([first.epoch + 1, false]);
    expect(session.isFresh(world.path)).toBe(false);
    await session.create(world.path, bytes('second life'), { ephemeral: true });
    const found = await session.get(world.path, { watch: true });
    expect([text(found?.data), found?.stat.ephemeralOwner]).toEqual(['second life', second.sessionId]);
    await observer.delete(world.path, -1);
    await until(() => !session.isFresh(world.path), 3000, 'the new watch tells');
  },
};

const missedEvents: FaultCase = {
  number: 10,
  name: 'what happened while it was not connected is not believed, and news always comes before later answers',
  redOn: 'forgetful',
  run: async world => {
    const observer = await world.observe();
    const other = `${world.path}-other`;
    for (const path of [world.path, other]) await observer.create(path, bytes('old'));
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    const dirty: string[] = [];
    session.onDirty(path => dirty.push(path));
    await session.get(world.path, { watch: true });

    proxy.hangUp(true);
    await untilState(session, 'suspended', 5000);
    expect([dirty, session.isFresh(world.path)]).toEqual([[world.path], false]);
    await observer.set(world.path, bytes('new'), 0);
    proxy.hangUp(false);
    await untilState(session, 'connected', 10_000);
    expect(session.isFresh(world.path)).toBe(false);
    expect(text((await session.get(world.path, { watch: true }))?.data)).toBe('new');
    expect(session.isFresh(world.path)).toBe(true);

    // Two changes in this order: whoever sees the second must know of the first.
    for (let round = 1; round <= 20; round += 1) {
      await observer.set(world.path, bytes(`${round}`), -1);
      await observer.set(other, bytes(`${round}`), -1);
      await until(async () => text((await session.get(other))?.data) === `${round}`, 3000, 'the second change is seen');
      expect(session.isFresh(world.path)).toBe(false);
      await session.get(world.path, { watch: true });
    }
  },
};

const killLoop: FaultCase = {
  number: 19,
  name: 'twenty seconds of connections cut at random leave the session as it was',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy], sessionTimeoutMs: 4000 });
    await untilState(session, 'connected', 10_000);
    const { sessionId } = connectedState(session);
    await session.create(world.path, bytes('0'), { ephemeral: true });
    const outcomes: Promise<string>[] = [];
    const endAtMs = performance.now() + 20_000;
    for (let turn = 0; performance.now() < endAtMs; turn += 1) {
      if (turn % 3 === 0) damageNextReply(proxy, () => 'tear');
      else if (turn % 3 === 1) proxy.cut();
      for (let each = 0; each < 20; each += 1) {
        outcomes.push(
          session.set(world.path, bytes(`${turn}`), -1).then(
            () => 'done',
            (error: ZkError) => error.code,
          ),
        );
      }
      await pause(50 + Math.random() * 250);
    }
    await untilState(session, 'connected', 10_000);
    expect(connectedState(session)).toMatchObject({ sessionId, epoch: 1 });
    const codes = new Set(await within(Promise.all(outcomes), 6000, 'every operation settles'));
    expect([...codes].sort()).toEqual(['connection-loss', 'done']);
    expect((await session.exists(world.path))?.ephemeralOwner).toBe(sessionId);
  },
};

const swappedSession: FaultCase = {
  number: 20,
  name: 'a server that silently hands out another session is noticed: lost, then a new epoch',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    const first = connectedState(session);
    const states = recordStates(session);
    // length(4) version(4) zxid(8) timeout(4) session id(8) password(4 + 16): without the last two it is a first visit.
    proxy.onRequest = (frame, index) => {
      if (index === 0) frame.fill(0, 20, 28).fill(0, 32, 48);
      return frame;
    };
    proxy.cut();
    await until(() => states.some(({ state }) => state.kind === 'connected'), 10_000, 'it is connected again');
    expect(kindsOf(states)).toEqual(['suspended', 'lost', 'connected']);
    const second = connectedState(session);
    expect([second.epoch, second.sessionId === first.sessionId]).toEqual([2, false]);
  },
};

const unanswered: FaultCase = {
  number: 22,
  name: 'an operation that is never answered settles within its deadline, and its connection is given up',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy], operationTimeoutMs: 1000 });
    await untilState(session, 'connected', 10_000);
    const states = recordStates(session);
    damageNextReply(proxy, () => 'drop');
    const startedAtMs = performance.now();
    const outcome = session.get(world.path).then(
      () => 'answered',
      (error: ZkError) => error.code,
    );
    expect(await within(outcome, 1000 + SLACK_MS, 'the operation settles')).toBe('timeout');
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
    await until(() => states.at(-1)?.state.kind === 'connected', 10_000, 'it is connected again');
    expect(kindsOf(states)).toEqual(['suspended', 'connected']);
    expect(await session.get(world.path)).toBeNull();
  },
};

const disowned: FaultCase = {
  number: 25,
  name: 'a server that answers that the session is not with it is left, and the session asked for elsewhere',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    const { sessionId } = connectedState(session);
    for (const [err, code] of [
      [-118, 'connection-loss'],
      [-112, 'session-expired'],
    ] as const) {
      const states = recordStates(session);
      damageNextReply(proxy, frame => withError(frame, err));
      await expect(within(session.get(world.path), 3000, 'settles')).rejects.toMatchObject({ code });
      await until(() => states.at(-1)?.state.kind === 'connected', 10_000, 'it is connected again');
      expect(kindsOf(states)).toEqual(['suspended', 'connected']);
      expect(connectedState(session).sessionId).toBe(sessionId);
    }
  },
};

const overload: FaultCase = {
  number: 24,
  name: 'more operations than can be waited for are refused at once',
  redOn: 'bare',
  run: async world => {
    const proxy = await world.proxy();
    const session = world.connect({ servers: [proxy] });
    await untilState(session, 'connected', 10_000);
    proxy.mute();
    const codes: string[] = [];
    for (let each = 0; each < 3000; each += 1) {
      void session.exists(world.path).catch((error: ZkError) => codes.push(error.code));
    }
    await pause(0);
    expect(codes.filter(code => code === 'overloaded')).toHaveLength(2000);
    await until(() => codes.length === 3000, T + SLACK_MS, 'the rest settles');
    expect(codes.filter(code => code === 'connection-loss')).toHaveLength(1000);
  },
};

// The answer to a request, not a heartbeat's or a watch event: xid(4) stands after the length.
function damageNextReply(proxy: FaultProxy, damage: (frame: Buffer) => Buffer | 'tear' | 'drop'): void {
  proxy.onAnswer = (frame, index) => {
    if (index === 0 || frame.readInt32BE(4) < 0) return frame;
    proxy.onAnswer = each => each;
    return damage(frame);
  };
}

function withError(frame: Buffer, err: number): Buffer {
  const changed = Buffer.from(frame.subarray(0, 20));
  changed.writeInt32BE(16, 0);
  changed.writeInt32BE(err, 16);
  return changed;
}

// A whole frame that is too short to be an answer.
function shortAnswer(): Buffer {
  return Buffer.from('0000000300000000'.slice(0, 14), 'hex');
}

const cases = [
  tornAnswer,
  unknownError,
  hangUps,
  blackHole,
  expiry,
  missedEvents,
  killLoop,
  swappedSession,
  unanswered,
  disowned,
  overload,
];
declareCases('one connection', cases, { tickTimeMs: 200, sideBySide: true });
