// node-zookeeper-client as it comes, behind the port: what one gets by believing its events and its callbacks. It is here
// to be seen failing. Nothing is added but the words of the port; the lease is what its state seems to promise.
import { createRequire } from 'node:module';
import { formatServer } from '../../packages/zk/src/server-list.ts';
import {
  type MultiOp,
  type SessionState,
  type Stat,
  ZkError,
  type ZkErrorCode,
  type ZkOptions,
  type ZkSession,
} from '../../packages/zk/src/session.ts';
import { decodeStat, hexOfLong, OPEN_ACL, permissionBits, type WireStat } from '../../packages/zk/src/stat-codec.ts';

type Callback = (error: { code: number; message: string } | null, ...results: unknown[]) => void;
type LibraryClient = Record<string, (...args: unknown[]) => unknown> & {
  on(event: string, listener: () => void): void;
  getSessionId(): Buffer;
  getSessionTimeout(): number;
};
interface Library {
  createClient(servers: string, options: { sessionTimeout: number }): LibraryClient;
  ACL: new (permission: number, id: unknown) => unknown;
  Id: new (scheme: string, id: string) => unknown;
}
const library = createRequire(new URL('../../packages/zk/package.json', import.meta.url))(
  'node-zookeeper-client',
) as Library;

const CODES: Readonly<Record<number, ZkErrorCode>> = {
  [-101]: 'no-node',
  [-110]: 'node-exists',
  [-103]: 'bad-version',
  [-102]: 'no-auth',
  [-4]: 'connection-loss',
  [-112]: 'session-expired',
};

/** A session of the bare client. */
export function connectBare(options: ZkOptions): ZkSession {
  return new BareSession(options);
}

class BareSession implements ZkSession {
  readonly #client: LibraryClient;
  readonly #fresh = new Set<string>();
  readonly #dirtyListeners = new Set<(path: string) => void>();
  readonly #stateListeners = new Set<(state: SessionState, previous: SessionState) => void>();
  #state: SessionState = { kind: 'connecting', sinceMs: performance.now() };
  #sessionId = '';
  #epoch = 0;

  constructor(options: ZkOptions) {
    const servers = options.servers.map(formatServer).join(',') + (options.chroot ?? '');
    this.#client = library.createClient(servers, { sessionTimeout: options.sessionTimeoutMs });
    this.#client.on('connected', () => this.#onConnected());
    this.#client.on('disconnected', () => this.#become({ kind: 'suspended', sinceMs: performance.now(), cause: '' }));
    this.#client.on('expired', () => this.#become({ kind: 'lost', sinceMs: performance.now(), cause: 'expired' }));
    const refused = () => this.#become({ kind: 'auth-failed', sinceMs: performance.now(), cause: 'refused' });
    this.#client.on('authenticationFailed', refused);
    for (const { scheme, credentials } of options.auth ?? []) {
      this.#client.addAuthInfo!(scheme, Buffer.from(credentials));
    }
    this.#client.connect!();
  }

  get state(): SessionState {
    return this.#state;
  }

  get sessionTimeoutMs(): number {
    return this.#client.getSessionTimeout();
  }

  get leaseUntilMs(): number {
    if (this.#state.kind === 'connected') return performance.now() + this.sessionTimeoutMs;
    return this.#state.sinceMs + this.sessionTimeoutMs;
  }

  create(path: string, data: Uint8Array, options: Parameters<ZkSession['create']>[2] = {}): Promise<string> {
    const flags = (options.ephemeral === true ? 1 : 0) + (options.sequential === true ? 2 : 0);
    return this.#call('create', path, Buffer.from(data), wireAcl(options.acl), flags).then(([made]) => made as string);
  }

  async ensurePath(path: string): Promise<void> {
    await this.#call('mkdirp', path);
  }

  async exists(path: string, { watch = false } = {}): Promise<Stat | null> {
    const [stat] = await this.#call('exists', path, ...this.#watcher(path, watch));
    this.#freshen(path, watch);
    return stat === null ? null : decodeStat(stat as WireStat);
  }

  async get(path: string, { watch = false } = {}): Promise<{ data: Uint8Array; stat: Stat } | null> {
    try {
      const [data, stat] = await this.#call('getData', path, ...this.#watcher(path, watch));
      this.#freshen(path, watch);
      return { data: (data as Buffer | undefined) ?? new Uint8Array(), stat: decodeStat(stat as WireStat) };
    } catch (error) {
      if (!(error instanceof ZkError && error.code === 'no-node')) throw error;
      if (watch) await this.exists(path, { watch });
      return null;
    }
  }

  async children(path: string, { watch = false } = {}): Promise<{ names: readonly string[]; stat: Stat }> {
    const [names, stat] = await this.#call('getChildren', path, ...this.#watcher(path, watch));
    this.#freshen(path, watch);
    return { names: names as string[], stat: decodeStat(stat as WireStat) };
  }

  async set(path: string, data: Uint8Array, version: number): Promise<Stat> {
    const [stat] = await this.#call('setData', path, Buffer.from(data), version);
    return decodeStat(stat as WireStat);
  }

  async delete(path: string, version: number): Promise<void> {
    await this.#call('remove', path, version);
  }

  multi(ops: readonly MultiOp[]): Promise<void> {
    const transaction = this.#client.transaction!() as Record<string, (...args: unknown[]) => unknown>;
    for (const op of ops) addStep(transaction, op);
    return new Promise((resolve, reject) => {
      const settle: Callback = error => (error === null ? resolve() : reject(failure(error, ops[0]?.path ?? '/')));
      transaction.commit!(settle);
    });
  }

  async setAcl(path: string, acl: Parameters<ZkSession['setAcl']>[1], version: number): Promise<Stat> {
    const [stat] = await this.#call('setACL', path, wireAcl(acl), version);
    return decodeStat(stat as WireStat);
  }

  isFresh(path: string): boolean {
    return this.#fresh.has(path);
  }

  forget(path: string): void {
    this.#fresh.delete(path);
  }

  onDirty(listener: (path: string) => void): () => void {
    this.#dirtyListeners.add(listener);
    return () => this.#dirtyListeners.delete(listener);
  }

  onState(listener: (state: SessionState, previous: SessionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.#client.on('disconnected', resolve);
      this.#client.close!();
    });
  }

  #onConnected(): void {
    const sessionId = hexOfLong(this.#client.getSessionId());
    if (sessionId !== this.#sessionId) this.#epoch += 1;
    this.#sessionId = sessionId;
    this.#become({ kind: 'connected', sinceMs: performance.now(), epoch: this.#epoch, sessionId });
  }

  #become(state: SessionState): void {
    const previous = this.#state;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state, previous);
  }

  #watcher(path: string, watch: boolean): readonly unknown[] {
    if (!watch) return [];
    const onEvent = () => {
      this.#fresh.delete(path);
      for (const listener of this.#dirtyListeners) listener(path);
    };
    return [onEvent];
  }

  #freshen(path: string, watch: boolean): void {
    if (watch) this.#fresh.add(path);
  }

  #call(method: string, path: string, ...args: readonly unknown[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const settle: Callback = (error, ...results) => (error ? reject(failure(error, path)) : resolve(results));
      this.#client[method]!(path, ...args, settle);
    });
  }
}

function failure(error: { code: number; message: string }, path: string): ZkError {
  return new ZkError(CODES[error.code] ?? 'unknown', path, error.message);
}

function wireAcl(acl = OPEN_ACL): unknown[] {
  return acl.map(
    ({ scheme, id, permissions }) => new library.ACL(permissionBits(permissions), new library.Id(scheme, id)),
  );
}

function addStep(transaction: Record<string, (...args: unknown[]) => unknown>, op: MultiOp): void {
  if (op.kind === 'create') {
    transaction.create!(op.path, Buffer.from(op.data), wireAcl(op.acl), op.ephemeral === true ? 1 : 0);
  } else if (op.kind === 'set') transaction.setData!(op.path, Buffer.from(op.data), op.version);
  else if (op.kind === 'delete') transaction.remove!(op.path, op.version);
  else transaction.check!(op.path, op.version);
}
