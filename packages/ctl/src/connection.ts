// Getting to ZooKeeper: where it is (flags, environment, an agent's configuration file), who we are to it, and a session that
// is connected or a clear failure within its time.
import type { Config, SecretSource } from '@vipkeeper/core';
import { DEFAULT_ROOT, isOpenToOthers, problemText, readEndpoint, secretError } from '@vipkeeper/core';
import type { AclEntry, SessionState, ZkOptions, ZkSession } from '@vipkeeper/zk';
import { ZkError } from '@vipkeeper/zk';
import { CtlError, EXIT } from './exit.ts';
import type { Io } from './io.ts';

/** What the command line says of the connection. */
export interface ConnectionFlags {
  readonly servers?: string | undefined;
  readonly root?: string | undefined;
  readonly config?: string | undefined;
  readonly authFile?: string | undefined;
  readonly connectTimeoutMs: number;
}

/** Where to go. */
export interface Target {
  readonly options: Omit<ZkOptions, 'sessionTimeoutMs'>;
  readonly root: string;
}

/** The file that is looked at when nothing else says where ZooKeeper is. */
export const DEFAULT_CONFIG_FILE = '/etc/vipkeeper/agent.yaml';
const SESSION_TIMEOUT_MS = 10_000;

/** Finds out where ZooKeeper is: `--servers`, `$VIPCTL_SERVERS`, `--config`, `$VIPCTL_CONFIG`, the agent's own file. */
export async function targetOf(flags: ConnectionFlags, io: Io): Promise<Target> {
  const servers = flags.servers ?? io.env.VIPCTL_SERVERS;
  const config = servers === undefined ? await configOf(flags, io) : null;
  if (servers === undefined && config === null) {
    throw new CtlError(
      EXIT.usage,
      'Where is ZooKeeper? Nothing says so',
      `give --servers HOST:PORT,… or $VIPCTL_SERVERS, or an agent's file with --config (${DEFAULT_CONFIG_FILE} was not there)`,
    );
  }
  const from = config?.zookeeper;
  const auth = await authOf(flags, from?.auth?.digest ?? null, io);
  const tls = from?.tls == null ? undefined : await tlsOf(from.tls, io);
  return {
    root: rootOf(flags.root ?? io.env.VIPCTL_ROOT ?? from?.root ?? DEFAULT_ROOT),
    options: {
      servers: from?.servers ?? (servers ?? '').split(',').map(serverOf),
      ...(tls === undefined ? {} : { tls }),
      ...(auth === null ? {} : { auth: [{ scheme: 'digest', credentials: new TextEncoder().encode(auth) }] }),
    },
  };
}

/** The access list of what is created: with credentials ours to change and for all to read, else open to everybody. */
export function accessOf({ options }: Target): { readonly acl?: readonly AclEntry[] } {
  if (options.auth === undefined) return {};
  return {
    acl: [
      { scheme: 'auth', id: '', permissions: ['read', 'write', 'create', 'delete', 'admin'] },
      { scheme: 'world', id: 'anyone', permissions: ['read'] },
    ],
  };
}

function serverOf(text: string): { readonly host: string; readonly port: number } {
  const read = readEndpoint(text.trim(), 2181);
  if (read.kind === 'bad') throw new CtlError(EXIT.usage, `Cannot read server "${text.trim()}": ${read.why}`);
  return read.value;
}

function rootOf(root: string): string {
  if (/^(\/[^/]+)+$/.test(root)) return root;
  throw new CtlError(
    EXIT.usage,
    `Cannot use root "${root}": expected a path such as ${DEFAULT_ROOT}, without a "/" at its end`,
  );
}

async function configOf(flags: ConnectionFlags, io: Io): Promise<Config | null> {
  const named = flags.config ?? io.env.VIPCTL_CONFIG;
  const path = named ?? DEFAULT_CONFIG_FILE;
  const file = await readText(io, path, named === undefined);
  if (file === null) return null;
  const { parseConfig } = await import('@vipkeeper/core');
  const parsed = parseConfig(file, path, { hostName: io.hostName });
  if (parsed.kind === 'ok') return parsed.config;
  const lines = parsed.problems.map(problem => `  ${problemText(problem)}`).join('\n');
  throw new CtlError(EXIT.usage, `Cannot use ${path}:\n${lines}`, 'or say --servers HOST:PORT,…');
}

async function readText(io: Io, path: string, mayBeAbsent: boolean): Promise<string | null> {
  try {
    return (await io.readFile(path)).text;
  } catch (error) {
    if (mayBeAbsent && codeOf(error) === 'ENOENT') return null;
    throw new CtlError(EXIT.usage, `Cannot read ${path}: ${reasonOf(error)}`);
  }
}

async function authOf(flags: ConnectionFlags, configured: SecretSource | null, io: Io): Promise<string | null> {
  if (flags.authFile !== undefined) return secretOf('--auth-file', { kind: 'file', path: flags.authFile }, io);
  if (io.env.VIPCTL_AUTH !== undefined) return secretOf('the credentials', { kind: 'env', name: 'VIPCTL_AUTH' }, io);
  return configured === null ? null : secretOf('zookeeper.auth.digest', configured, io);
}

/** Reads `USER:PASSWORD` from where it is kept. A secret that everybody can read is no secret, and is refused. */
export async function secretOf(key: string, source: SecretSource, io: Io): Promise<string> {
  const refuse = (failure: Parameters<typeof secretError>[2]) =>
    new CtlError(EXIT.usage, secretError(key, source, failure));
  if (source.kind === 'env') {
    const value = io.env[source.name];
    if (value === undefined) throw refuse({ kind: 'missing' });
    if (value === '') throw refuse({ kind: 'empty' });
    return value;
  }
  const file = await io.readFile(source.path).catch(error => {
    throw refuse(codeOf(error) === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', cause: reasonOf(error) });
  });
  if (isOpenToOthers(file.mode)) throw refuse({ kind: 'world-readable', mode: file.mode });
  const secret = file.text.trim();
  if (secret === '') throw refuse({ kind: 'empty' });
  return secret;
}

async function tlsOf(tls: NonNullable<Config['zookeeper']['tls']>, io: Io): Promise<NonNullable<ZkOptions['tls']>> {
  const read = async (path: string | null) =>
    path === null ? undefined : ((await readText(io, path, false)) ?? undefined);
  const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** How long ZooKeeper is waited for, and what ends that early. */
export interface Wait {
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Opens a session, and closes it whatever `use` does. Failures of ZooKeeper come out with their exit codes. */
export async function withSession<T>(target: Target, wait: Wait, use: (session: ZkSession) => Promise<T>): Promise<T> {
  const { connect } = await import('@vipkeeper/zk');
  let last = '';
  const session = connect({
    ...target.options,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    log: (_level, message, fields) => {
      last = causeText(message, fields);
    },
  });
  try {
    await connected(session, target, wait, () => last);
    return await use(session);
  } catch (error) {
    throw asCtlError(error);
  } finally {
    await session.close();
  }
}

function causeText(message: string, fields: Readonly<Record<string, unknown>>): string {
  const cause = fields.cause ?? fields.error ?? fields.reason;
  return typeof cause === 'string' ? `${message}: ${cause}` : message;
}

function connected(session: ZkSession, target: Target, { limitMs, signal }: Wait, last: () => string): Promise<void> {
  const servers = target.options.servers
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join(', ');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const cause = 'cause' in session.state ? session.state.cause : last();
      const because = cause === '' ? '' : ` (${cause})`;
      finish(
        new CtlError(EXIT.unreachable, `Cannot reach ZooKeeper at ${servers} within ${limitMs / 1000} s${because}`),
      );
    }, limitMs);
    const look = (state: SessionState) => {
      if (state.kind === 'connected') finish(null);
      if (state.kind === 'auth-failed')
        finish(new CtlError(EXIT.notPermitted, `ZooKeeper refused our credentials: ${state.cause}`));
    };
    const stop = session.onState(look);
    const interrupt = () => finish(new CtlError(EXIT.interrupted, 'Interrupted while waiting for ZooKeeper'));
    const finish = (error: CtlError | null) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupt);
      stop();
      if (error === null) resolve();
      else reject(error);
    };
    signal.addEventListener('abort', interrupt);
    if (signal.aborted) interrupt();
    look(session.state);
  });
}

/** A failure of ZooKeeper as a failure of vipctl. */
function asCtlError(error: unknown): unknown {
  if (!(error instanceof ZkError)) return error;
  const failed = (exit: CtlError['exit'], hint: string | null = null) =>
    new CtlError(exit, error.message, hint, { cause: error });
  switch (error.code) {
    case 'no-auth':
      return failed(
        EXIT.notPermitted,
        'the tree has access control: give credentials with --auth-file FILE or $VIPCTL_AUTH',
      );
    case 'connection-loss':
    case 'session-expired':
    case 'timeout':
    case 'closed':
      return failed(EXIT.unreachable, 'look with `vipctl status` whether it happened, then try again');
    case 'no-node':
      return failed(EXIT.notFound);
    case 'bad-version':
    case 'node-exists':
    case 'not-empty':
      return failed(EXIT.changed, 'somebody else changed it meanwhile: look with `vipctl status`');
    default:
      return failed(EXIT.failed);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
