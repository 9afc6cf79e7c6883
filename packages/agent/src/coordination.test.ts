import type { Input, ZkRequest } from '@vipkeeper/core';
import { connect, type SessionState, type ZkSession } from '@vipkeeper/zk';
import { type DevelopmentServer, startDevelopmentServer } from '@vipkeeper/zk/development';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Coordinator, coordinationOf, createCoordinator } from './coordination.ts';

const clock = (): number => performance.now();
let server: DevelopmentServer;
let session: ZkSession;
let coordinator: Coordinator;
let inputs: Input[];
let operations: string[];
let wake: () => void;

const until = async (found: () => boolean): Promise<void> => {
  while (!found())
    await new Promise<void>(resolve => {
      wake = resolve;
    });
};
const isConnected = (input: Input): boolean => input.kind === 'coordination' && input.coordination.kind === 'connected';
const answerTo = async (request: ZkRequest): Promise<Extract<Input, { kind: 'answer' }>> => {
  const find = () => inputs.find(input => input.kind === 'answer' && input.id === request.id);
  coordinator.submit(request);
  await until(() => find() !== undefined);
  return find() as Extract<Input, { kind: 'answer' }>;
};

beforeEach(async () => {
  inputs = [];
  operations = [];
  wake = () => {};
  server = await startDevelopmentServer({ tickTimeMs: 200 });
  session = connect({ servers: [{ host: '127.0.0.1', port: server.port }], sessionTimeoutMs: 1000 });
  coordinator = createCoordinator({
    session,
    clock,
    batchLimitMs: 5000,
    onInput: input => {
      inputs.push(input);
      wake();
    },
    onOperation: (kind, outcome) => operations.push(`${kind} ${outcome}`),
  });
  await until(() => inputs.some(isConnected));
});
afterEach(async () => {
  coordinator.stop();
  await session.close();
  await server.close();
});

const stat = expect.objectContaining({ czxid: expect.any(String), version: 0 });

describe('a coordinator', () => {
  it('starts with the present state and passes on the next', () => {
    expect(inputs.map(input => input.kind === 'coordination' && input.coordination.kind)).toEqual([
      'connecting',
      'connected',
    ]);
  });

  it('answers a batch once, in order, with one result per operation', async () => {
    const { results, leaseUntilMs } = await answerTo({
      id: 7,
      ops: [
        { kind: 'ensure', path: '/v/out' },
        { kind: 'create', path: '/v/out/a', data: 'über', ephemeral: true },
        { kind: 'children', path: '/v/out' },
        { kind: 'get', path: '/v/out/a', watch: false },
        { kind: 'get', path: '/v/none', watch: true },
        { kind: 'set', path: '/v/out/a', data: 'x', version: 5 },
        { kind: 'children', path: '/v/none' },
        { kind: 'multi', steps: [{ kind: 'delete', path: '/v/out/a', version: 0 }] },
        { kind: 'delete', path: '/v/out/a', version: -1 },
      ],
    });
    expect(results.map(result => (result.kind === 'failed' ? result.code : result))).toEqual([
      { kind: 'done' },
      { kind: 'done' },
      { kind: 'names', names: ['a'], stat },
      { kind: 'node', data: 'über', stat },
      { kind: 'absent' },
      'bad-version',
      'no-node',
      { kind: 'done' },
      'no-node',
    ]);
    expect(leaseUntilMs).toBeGreaterThan(clock());
    expect(operations.slice(0, 3)).toEqual(['ensure done', 'create done', 'children done']);
    expect(inputs.filter(input => input.kind === 'answer').length).toBe(1);
  });

  it('reports a path dirty before an answer that was overtaken by a change', async () => {
    await answerTo({ id: 1, ops: [{ kind: 'ensure', path: '/v/out' }] });
    await answerTo({
      id: 2,
      ops: [
        { kind: 'children', path: '/v/out' },
        { kind: 'create', path: '/v/out/a', data: '', ephemeral: true },
      ],
    });
    const kinds = inputs.map(input => (input.kind === 'dirty' ? `dirty ${input.path}` : input.kind));
    expect(kinds.indexOf('dirty /v/out')).toBeGreaterThan(-1);
    expect(kinds.indexOf('dirty /v/out')).toBeLessThan(kinds.lastIndexOf('answer'));
  });

  it('passes a change by somebody else on as dirty', async () => {
    await answerTo({ id: 1, ops: [{ kind: 'ensure', path: '/v/out' }] });
    await answerTo({ id: 2, ops: [{ kind: 'children', path: '/v/out' }] });
    expect(inputs.at(-1)!.kind).toBe('answer');
    const other = connect({ servers: [{ host: '127.0.0.1', port: server.port }], sessionTimeoutMs: 1000 });
    await new Promise<void>(resolve => {
      other.onState(state => state.kind === 'connected' && resolve());
    });
    await other.create('/v/out/b', new Uint8Array(), { ephemeral: true });
    await until(() => inputs.at(-1)!.kind === 'dirty');
    expect(inputs.at(-1)).toEqual({ kind: 'dirty', path: '/v/out' });
    await other.close();
  });

  it('answers a batch that cannot reach anybody as unreachable', async () => {
    await session.close();
    const { results } = await answerTo({ id: 3, ops: [{ kind: 'children', path: '/v' }] });
    expect(results.map(result => result.kind === 'failed' && result.code)).toEqual(['unreachable']);
    expect(inputs.some(input => input.kind === 'coordination' && input.coordination.kind === 'lost')).toBe(true);
  });

  it('answers a batch for which a frozen server has no answer', async () => {
    server.pause();
    const { results } = await answerTo({
      id: 4,
      ops: [
        { kind: 'children', path: '/' },
        { kind: 'children', path: '/' },
      ],
    });
    expect(results.map(result => result.kind === 'failed' && result.code)).toEqual(['unreachable', 'unreachable']);
    server.resume();
  });

  it('says nothing more once it was stopped', async () => {
    coordinator.stop();
    const before = inputs.length;
    coordinator.submit({ id: 5, ops: [{ kind: 'children', path: '/' }] });
    await session.close();
    expect(inputs.length).toBe(before);
  });
});

describe('coordinationOf', () => {
  it('takes refused credentials for no session', () => {
    const refused: SessionState = { kind: 'auth-failed', sinceMs: 0, cause: 'no' };
    expect([coordinationOf(refused, false), coordinationOf(refused, true)]).toEqual([
      { kind: 'connecting' },
      { kind: 'lost' },
    ]);
  });
});
