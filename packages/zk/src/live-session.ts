// The port's operations, over whatever connection the keeper has at the moment.
//
// Two rules make reads trustworthy. News comes before answers: watch events mark their path in the socket's callback, so
// an answer that arrives later cannot hide them. And order is kept: operations go out in the order they are issued, each
// with all its requests at once, so a later read is at least as new as an earlier one.

import { ERROR } from './error-code.ts';
import { checkPath, pathAndAncestors, withChroot, withoutChroot } from './node-path.ts';
import type { Connection } from './node-zookeeper-client.ts';
import { type Answer, failure, type Operation, Operations, refusal } from './operations.ts';
import type {
  AclEntry,
  CreateOptions,
  MultiOp,
  ReadOptions,
  SessionState,
  Stat,
  Unsubscribe,
  ZkSession,
} from './session.ts';
import { ZkError } from './session.ts';
import { type KeeperOptions, SessionKeeper } from './session-keeper.ts';
import { decodeStat, OPEN_ACL } from './stat-codec.ts';
import { WatchedPaths, type WatchedRead, type WatchKind } from './watched-paths.ts';
import type { WireRequest } from './wire.ts';

type StateListener = (state: SessionState, previous: SessionState) => void;

// org.apache.zookeeper.Watcher.Event.EventType. A type we do not know spoils everything about its path.
const EVENT_KINDS: ReadonlyMap<number, readonly WatchKind[]> = new Map([
  [1, ['data']],
  [3, ['data']],
  [4, ['children']],
] as const);
const ALL_KINDS: readonly WatchKind[] = ['data', 'children'];

/** A session over node-zookeeper-client; made by `connect`. */
export class LiveSession implements ZkSession {
  readonly #options: KeeperOptions;
  readonly #keeper: SessionKeeper;
  readonly #operations: Operations;
  readonly #watched: WatchedPaths;
  readonly #stateListeners = new Set<StateListener>();
  #closing: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#watched = new WatchedPaths(error => this.#onListenerError(error));
    this.#operations = new Operations({
      clock: options.clock,
      acknowledge: sentAtMs => this.#keeper.acknowledge(sentAtMs),
      abandon: cause => this.#keeper.abandon(cause),
    });
    this.#keeper = new SessionKeeper(options, {
      changed: (state, previous) => this.#onState(state, previous),
      watchEvent: (type, path) => this.#watched.mark(this.#own(path), EVENT_KINDS.get(type) ?? ALL_KINDS),
      dropped: cause => this.#onDropped(cause),
    });
  }

  get state(): SessionState {
    return this.#keeper.machine.state;
  }

  get sessionTimeoutMs(): number {
    return this.#keeper.machine.sessionTimeoutMs;
  }

  get leaseUntilMs(): number {
    return this.#keeper.machine.leaseUntilMs;
  }

  create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<string> {
    const flags = (options.ephemeral === true ? 1 : 0) + (options.sequential === true ? 2 : 0);
    const request: WireRequest = { op: 'create', path: this.#wire(path), data, acl: options.acl ?? OPEN_ACL, flags };
    return this.#one('create', path, request, ({ answer }) => this.#own(answer.path ?? this.#wire(path)));
  }

  async ensurePath(path: string, options: { readonly acl?: readonly AclEntry[] } = {}): Promise<void> {
    checkPath('ensure', path);
    const paths = pathAndAncestors(path);
    // Looking first: a create below a node we may not write to is refused even where there is nothing to create.
    const found = await Promise.all(paths.map(each => this.exists(each)));
    const missing = paths.filter((_, index) => found[index] === null);
    for (const each of missing) await this.#createUnlessThere(each, options.acl ?? OPEN_ACL);
  }

  exists(path: string, { watch = false }: ReadOptions = {}): Promise<Stat | null> {
    const request: WireRequest = { op: 'exists', path: this.#wire(path), watch };
    return this.#read('exists', path, watch ? 'data' : undefined, [request], ([only]) => statUnlessAbsent(only!, path));
  }

  get(path: string, { watch = false }: ReadOptions = {}): Promise<{ data: Uint8Array; stat: Stat } | null> {
    const wirePath = this.#wire(path);
    const getData: WireRequest = { op: 'getData', path: wirePath, watch };
    // Reading an absent node leaves no watch, asking whether it exists does. Asked first and in one go, whatever happens
    // between the two is news about the path that arrives before the second answer.
    const requests: readonly WireRequest[] = watch ? [{ op: 'exists', path: wirePath, watch }, getData] : [getData];
    return this.#read('get', path, watch ? 'data' : undefined, requests, answers => {
      for (const each of answers.slice(0, -1)) statUnlessAbsent(each, path);
      return dataUnlessAbsent(answers.at(-1)!, path);
    });
  }

  children(path: string, { watch = false }: ReadOptions = {}): Promise<{ names: readonly string[]; stat: Stat }> {
    const request: WireRequest = { op: 'getChildren', path: this.#wire(path), watch };
    return this.#read('list the children of', path, watch ? 'children' : undefined, [request], ([only]) => {
      const { err, answer } = only!;
      if (err !== 0) throw refusal(err, 'list the children of', path);
      return { names: answer.children ?? [], stat: decodeStat(answer.stat!) };
    });
  }

  set(path: string, data: Uint8Array, version: number): Promise<Stat> {
    const request: WireRequest = { op: 'setData', path: this.#wire(path), data, version };
    return this.#one('set', path, request, ({ answer }) => decodeStat(answer.stat!));
  }

  delete(path: string, version: number): Promise<void> {
    return this.#one('delete', path, { op: 'delete', path: this.#wire(path), version }, () => undefined);
  }

  multi(ops: readonly MultiOp[]): Promise<void> {
    const path = ops[0]?.path ?? '/';
    const requests: WireRequest[] = [{ op: 'multi', ops: ops.map(op => this.#wireStep(op)) }];
    const decode = ([only]: readonly Answer[]) => checkMulti(only!, ops, path);
    return this.#run(
      { action: 'multi', path, requests, decode },
      ops.map(op => op.path),
    );
  }

  setAcl(path: string, acl: readonly AclEntry[], version: number): Promise<Stat> {
    const request: WireRequest = { op: 'setAcl', path: this.#wire(path), acl, version };
    return this.#one('set the access control list of', path, request, ({ answer }) => decodeStat(answer.stat!));
  }

  isFresh(path: string): boolean {
    return this.state.kind === 'connected' && this.#watched.isFresh(path);
  }

  forget(path: string): void {
    this.#watched.forget(path);
  }

  onDirty(listener: (path: string) => void): Unsubscribe {
    return this.#watched.onDirty(listener);
  }

  onState(listener: StateListener): Unsubscribe {
    const own: StateListener = (state, previous) => listener(state, previous);
    this.#stateListeners.add(own);
    return () => {
      this.#stateListeners.delete(own);
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#keeper.close().then(() => this.#operations.failAll('closed', 'the session was closed'));
    return this.#closing;
  }

  #one<T>(action: string, path: string, request: WireRequest, decode: (answer: Answer) => T): Promise<T> {
    const checked = ([only]: readonly Answer[]) => {
      if (only!.err !== 0) throw refusal(only!.err, action, path);
      return decode(only!);
    };
    return this.#run({ action, path, requests: [request], decode: checked }, [path]);
  }

  #read<T>(
    action: string,
    path: string,
    watched: WatchKind | undefined,
    requests: readonly WireRequest[],
    decode: (answers: readonly Answer[]) => T,
  ): Promise<T> {
    if (watched === undefined) return this.#run({ action, path, requests, decode }, [path]);
    let read: WatchedRead | undefined;
    const begin = () => {
      read = this.#watched.begin(path, watched);
    };
    const finishing = (answers: readonly Answer[]) => {
      try {
        const result = decode(answers);
        if (read !== undefined) this.#watched.finish(read, true);
        return result;
      } catch (error) {
        if (read !== undefined) this.#watched.finish(read, false);
        throw error;
      }
    };
    return this.#run({ action, path, requests, decode: finishing }, [path], begin);
  }

  #run<T>(operation: Operation<T>, paths: readonly string[], begin: () => void = () => undefined): Promise<T> {
    try {
      for (const path of paths) checkPath(operation.action, path);
      const connection = this.#connectionFor(operation);
      begin();
      const limitMs = this.#options.operationTimeoutMs ?? this.#keeper.machine.sessionTimeoutMs;
      return this.#operations.run(connection, operation, limitMs);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #connectionFor({ action, path }: { readonly action: string; readonly path: string }): Connection {
    const { connection } = this.#keeper;
    if (connection !== undefined) return connection;
    const { kind } = this.state;
    const code = kind === 'closed' ? 'closed' : 'connection-loss';
    throw failure(code, action, path, kind === 'closed' ? 'the session was closed' : `not connected (${kind})`);
  }

  async #createUnlessThere(path: string, acl: readonly AclEntry[]): Promise<void> {
    try {
      await this.create(path, new Uint8Array(), { acl });
    } catch (error) {
      if (!(error instanceof ZkError && error.code === 'node-exists')) throw error;
    }
  }

  #wireStep(op: MultiOp): WireRequest {
    const path = this.#wire(op.path);
    switch (op.kind) {
      case 'create':
        return { op: 'create', path, data: op.data, acl: op.acl ?? OPEN_ACL, flags: op.ephemeral === true ? 1 : 0 };
      case 'set':
        return { op: 'setData', path, data: op.data, version: op.version };
      case 'delete':
      case 'check':
        return { op: op.kind, path, version: op.version };
    }
  }

  #wire(path: string): string {
    return withChroot(this.#options.chroot, path);
  }

  #own(path: string): string {
    return withoutChroot(this.#options.chroot, path);
  }

  #onDropped(cause: string): void {
    const closed = this.#keeper.machine.state.kind === 'closed';
    if (closed) this.#operations.failAll('closed', 'the session was closed');
    else this.#operations.failAll('connection-loss', cause);
  }

  #onState(state: SessionState, previous: SessionState): void {
    this.#watched.markAll();
    for (const listener of [...this.#stateListeners]) {
      try {
        listener(state, previous);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  #onListenerError(error: unknown): void {
    this.#options.log('warn', 'a listener threw', { error });
  }
}

function statUnlessAbsent({ err, answer }: Answer, path: string): Stat | null {
  if (err === ERROR.noNode) return null;
  if (err !== 0) throw refusal(err, 'look up', path);
  return decodeStat(answer.stat!);
}

function dataUnlessAbsent({ err, answer }: Answer, path: string): { data: Uint8Array; stat: Stat } | null {
  if (err === ERROR.noNode) return null;
  if (err !== 0) throw refusal(err, 'get', path);
  return { data: answer.data ?? new Uint8Array(), stat: decodeStat(answer.stat!) };
}

// A failed multi answers 0 for itself and one error per step: 0 before the step that failed, and "inconsistency" after it.
function checkMulti({ err, answer }: Answer, ops: readonly MultiOp[], path: string): void {
  if (err !== 0) throw refusal(err, 'multi', path);
  const errors = (answer.results ?? []).map(result => result.err ?? 0);
  const failedAt = errors.findIndex(each => each !== 0 && each !== ERROR.runtimeInconsistency);
  if (failedAt < 0 && errors.every(each => each === 0)) return;
  const step = Math.max(failedAt, 0);
  const { kind, path: stepPath } = ops[step]!;
  throw refusal(errors[step]!, kind, stepPath, step);
}
