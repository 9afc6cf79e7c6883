// Between the core's ZooKeeper requests and a ZooKeeper session: batches go out in order, answers and notices come back
// as inputs. Nothing is decided here.
//
// Two orders matter and are kept. The operations of a batch are issued without waiting for each other, so the session
// sends them in order and each answer is at least as new as the one before it. And a dirty notice is passed on in the very
// socket callback that brought it, so no decision can be made on a folder that is known to have changed.
//
// A read may come back while its path is already dirty again by an older watch, which gives no second notice: such paths
// are reported dirty right before the answer, so that nobody takes the old answer for fresh.
import type { Coordination, Input, MultiStep, NodeStat, ZkFailure, ZkOp, ZkRequest, ZkResult } from '@vipkeeper/core';
import { type AclEntry, type MultiOp, type SessionState, type Stat, ZkError, type ZkSession } from '@vipkeeper/zk';

/** What the wiring needs of a coordinator. */
export interface Coordinator {
  /** Sends one batch; exactly one `answer` input follows, whatever happens. */
  submit(request: ZkRequest): void;
  /** Stops passing anything on. The session is left to its owner. */
  stop(): void;
}

/** Told of each finished operation, for metrics. */
export type OperationListener = (kind: ZkOp['kind'], outcome: 'done' | ZkFailure, tookMs: number) => void;

/** What a coordinator works with. */
export interface CoordinatorOptions {
  readonly session: ZkSession;
  readonly onInput: (input: Input) => void;
  readonly onOperation?: OperationListener;
  /** The monotonic clock, milliseconds. */
  readonly clock: () => number;
  /** Longest wait for a whole batch before it is answered as unreachable, milliseconds. */
  readonly batchLimitMs: number;
  /** Access control of what is created. Default: open to everyone. */
  readonly acl?: readonly AclEntry[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Passes on the session's present state at once, and each later one. */
export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const { session, onInput } = options;
  let stopped = false;
  let wasConnected = false;

  const onState = (state: SessionState): void => {
    wasConnected ||= state.kind === 'connected';
    onInput({
      kind: 'coordination',
      coordination: coordinationOf(state, wasConnected),
      leaseUntilMs: session.leaseUntilMs,
    });
  };
  const unsubscribe = [session.onDirty(path => onInput({ kind: 'dirty', path })), session.onState(onState)];
  onState(session.state);

  const answer = (request: ZkRequest, results: readonly ZkResult[]): void => {
    if (stopped) return;
    for (const path of staleReads(request, results, session)) onInput({ kind: 'dirty', path });
    onInput({ kind: 'answer', id: request.id, results, leaseUntilMs: session.leaseUntilMs });
  };

  return {
    submit: request => {
      const issued = issue(request.ops, op => timed(op, session, options));
      void withinLimit(issued, request, options.batchLimitMs).then(results => answer(request, results));
    },
    stop: () => {
      stopped = true;
      for (const undo of unsubscribe) undo();
    },
  };
}

/** A session's state in the core's words. Refused credentials are as good as no session. */
export function coordinationOf(state: SessionState, wasConnected: boolean): Coordination {
  switch (state.kind) {
    case 'connected':
      return { kind: 'connected', epoch: state.epoch, sessionId: state.sessionId };
    case 'connecting':
      return { kind: 'connecting' };
    case 'suspended':
      return { kind: 'suspended' };
    case 'auth-failed':
      return wasConnected ? { kind: 'lost' } : { kind: 'connecting' };
    case 'lost':
    case 'closed':
      return { kind: 'lost' };
  }
}

function staleReads(request: ZkRequest, results: readonly ZkResult[], session: ZkSession): readonly string[] {
  return request.ops.flatMap((op, index) => {
    const watched = op.kind === 'children' || (op.kind === 'get' && op.watch);
    const read = results[index]!.kind !== 'failed';
    return watched && read && !session.isFresh(op.path) ? [op.path] : [];
  });
}

// Making a path takes several requests, each waiting for the one before: what comes after it has to wait as well.
async function issue(ops: readonly ZkOp[], send: (op: ZkOp) => Promise<ZkResult>): Promise<readonly ZkResult[]> {
  const underWay: Promise<ZkResult>[] = [];
  for (const op of ops) {
    const sent = send(op);
    underWay.push(sent);
    if (op.kind === 'ensure') await sent;
  }
  return Promise.all(underWay);
}

async function withinLimit(
  issued: Promise<readonly ZkResult[]>,
  request: ZkRequest,
  limitMs: number,
): Promise<readonly ZkResult[]> {
  const late: ZkResult = { kind: 'failed', code: 'unreachable', message: `no answer within ${limitMs} ms` };
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<readonly ZkResult[]>(resolve => {
    timer = setTimeout(() => resolve(request.ops.map(() => late)), limitMs);
  });
  const results = await Promise.race([issued, limit]);
  clearTimeout(timer);
  return results;
}

async function timed(op: ZkOp, session: ZkSession, options: CoordinatorOptions): Promise<ZkResult> {
  const sentAtMs = options.clock();
  const result = await run(op, session, options.acl).catch(failureOf);
  options.onOperation?.(op.kind, result.kind === 'failed' ? result.code : 'done', options.clock() - sentAtMs);
  return result;
}

// An async function runs up to its first `await` at once: calling `run` for each operation in turn keeps their order.
async function run(op: ZkOp, session: ZkSession, acl: readonly AclEntry[] | undefined): Promise<ZkResult> {
  const access = acl === undefined ? {} : { acl };
  switch (op.kind) {
    case 'children': {
      const { names, stat } = await session.children(op.path, { watch: true });
      return { kind: 'names', names, stat: statOf(stat) };
    }
    case 'get': {
      const node = await session.get(op.path, { watch: op.watch });
      return node === null
        ? { kind: 'absent' }
        : { kind: 'node', data: decoder.decode(node.data), stat: statOf(node.stat) };
    }
    case 'create':
      await session.create(op.path, encoder.encode(op.data), { ephemeral: op.ephemeral, ...access });
      return { kind: 'done' };
    case 'ensure':
      await session.ensurePath(op.path, access);
      return { kind: 'done' };
    case 'set':
      await session.set(op.path, encoder.encode(op.data), op.version);
      return { kind: 'done' };
    case 'delete':
      await session.delete(op.path, op.version);
      return { kind: 'done' };
    case 'multi':
      await session.multi(op.steps.map(step => multiOp(step, access)));
      return { kind: 'done' };
  }
}

function multiOp(step: MultiStep, access: { readonly acl?: readonly AclEntry[] }): MultiOp {
  if (step.kind === 'delete') return step;
  const data = encoder.encode(step.data);
  return step.kind === 'create' ? { ...step, data, ...access } : { ...step, data };
}

function statOf(stat: Stat): NodeStat {
  const { czxid, version, cversion, ephemeralOwner } = stat;
  return { czxid, version, cversion, ephemeralOwner };
}

function failureOf(error: unknown): ZkResult {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', code: error instanceof ZkError ? failureCode(error) : 'other', message };
}

function failureCode(error: ZkError): ZkFailure {
  switch (error.code) {
    case 'no-node':
    case 'node-exists':
    case 'bad-version':
    case 'not-empty':
    case 'no-auth':
      return error.code;
    case 'connection-loss':
    case 'session-expired':
    case 'timeout':
    case 'closed':
      return 'unreachable';
    default:
      return 'other';
  }
}
