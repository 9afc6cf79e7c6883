// The port: what the rest of the product may know of ZooKeeper. It speaks of paths, versions and sessions, never of VIPs.
//
// Three things are promised by every driver behind it, and nothing else is:
// - The state word is honest. `connected` means a server answered us lately; `suspended` means it may still think us alive;
//   `lost` means the lease ran out on our own monotonic clock, which is before the server can give our ephemerals away.
// - Nothing hangs. Each operation settles within its deadline; while not connected it fails at once.
// - A watched path is either fresh or dirty. Any watch event, and any disconnect or reconnect, marks it dirty synchronously,
//   in the socket callback, before anything later on the same connection is delivered. Reading it with a watch makes it
//   fresh again, unless it became dirty while the read was under way.

/** Where the session stands. Times are milliseconds of the driver's monotonic clock. */
export type SessionState =
  /** No session yet: the first connect is under way. */
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  /** `epoch` grows by one for each NEW session id, so a caller can tell a resumed session from a replaced one. */
  | { readonly kind: 'connected'; readonly sinceMs: number; readonly epoch: number; readonly sessionId: string }
  /** The connection is gone, the lease is not. */
  | { readonly kind: 'suspended'; readonly sinceMs: number; readonly cause: string }
  /** The lease ran out, or a server said the session expired. May still be followed by `connected` with the same id. */
  | { readonly kind: 'lost'; readonly sinceMs: number; readonly cause: string }
  /** Credentials were refused. The driver keeps trying, slowly. */
  | { readonly kind: 'auth-failed'; readonly sinceMs: number; readonly cause: string }
  /** Terminal: `close()` was called. */
  | { readonly kind: 'closed'; readonly sinceMs: number };

/** What ZooKeeper keeps about a node. `czxid`, `mzxid`, `pzxid` and `ephemeralOwner` are 64-bit: lower-case hex without 0x. */
export interface Stat {
  readonly czxid: string;
  readonly mzxid: string;
  readonly pzxid: string;
  /** Milliseconds since the Unix epoch, on the leader's clock. */
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly version: number;
  /** Creations plus deletions of children since the node was made. */
  readonly cversion: number;
  /** Session id of the owner, or `'0'` for a persistent node. */
  readonly ephemeralOwner: string;
  readonly numChildren: number;
}

/** Why an operation failed; the one list of codes. */
export type ZkErrorCode =
  | 'no-node'
  | 'node-exists'
  | 'bad-version'
  | 'not-empty'
  | 'no-auth'
  | 'no-children-for-ephemerals'
  | 'invalid'
  /** Not connected, or the connection broke before the answer: the operation may or may not have happened. */
  | 'connection-loss'
  | 'session-expired'
  /** No answer within the operation's deadline; the connection is dropped as well. */
  | 'timeout'
  /** The driver was closed. */
  | 'closed'
  /** Too many operations are waiting for answers; this one was not sent. */
  | 'overloaded'
  /** A server answered with a code this driver does not know; the number is in the message. */
  | 'unknown';

/** An operation's failure. The message says action, path and cause. */
export class ZkError extends Error {
  readonly code: ZkErrorCode;
  readonly path: string;
  /** For a failed `multi`: which operation failed, counted from 0. */
  readonly failedAt: number | undefined;
  constructor(code: ZkErrorCode, path: string, message: string, failedAt?: number) {
    super(message);
    this.name = 'ZkError';
    this.code = code;
    this.path = path;
    this.failedAt = failedAt;
  }
}

export type Permission = 'read' | 'write' | 'create' | 'delete' | 'admin';
/** One entry of an access control list, e.g. `{scheme: 'world', id: 'anyone', permissions: ['read']}`. */
export interface AclEntry {
  readonly scheme: string;
  readonly id: string;
  readonly permissions: readonly Permission[];
}

export interface CreateOptions {
  readonly ephemeral?: boolean;
  readonly sequential?: boolean;
  /** Default: open to everyone. */
  readonly acl?: readonly AclEntry[];
}

/** One step of a transaction. `version` must be given; -1 means any. */
export type MultiOp =
  | {
      readonly kind: 'create';
      readonly path: string;
      readonly data: Uint8Array;
      readonly ephemeral?: boolean;
      readonly acl?: readonly AclEntry[];
    }
  | { readonly kind: 'set'; readonly path: string; readonly data: Uint8Array; readonly version: number }
  | { readonly kind: 'delete'; readonly path: string; readonly version: number }
  | { readonly kind: 'check'; readonly path: string; readonly version: number };

export interface ReadOptions {
  /** Leave a watch, and count the path as watched (fresh or dirty) from now on. */
  readonly watch?: boolean;
}

/** Undoes a subscription. Idempotent. */
export type Unsubscribe = () => void;

/**
 * One ZooKeeper session that renews itself. Operations issued in order are sent in order on one connection, so a later
 * read is at least as new as an earlier one; a caller that wants a consistent round issues its reads without awaiting each.
 * All operations reject with {@link ZkError}. Paths are absolute within the configured chroot.
 */
export interface ZkSession {
  readonly state: SessionState;
  /** The timeout the server granted, or the wish before the first connect. Milliseconds. */
  readonly sessionTimeoutMs: number;
  /** Until when (monotonic, ms) our ephemerals are safe: send time of the last acknowledged request + session timeout. 0 before the first connect. */
  readonly leaseUntilMs: number;

  create(path: string, data: Uint8Array, options?: CreateOptions): Promise<string>;
  /** Creates the path and what is missing above it, as persistent nodes. Existing nodes are left alone. */
  ensurePath(path: string, options?: { readonly acl?: readonly AclEntry[] }): Promise<void>;
  /** Absent nodes are `null`; with `watch`, their creation is watched. */
  exists(path: string, options?: ReadOptions): Promise<Stat | null>;
  /** Absent nodes are `null`; with `watch` their creation is watched. */
  get(path: string, options?: ReadOptions): Promise<{ readonly data: Uint8Array; readonly stat: Stat } | null>;
  /** Rejects with `no-node` when the parent is absent (then nothing is watched). */
  children(path: string, options?: ReadOptions): Promise<{ readonly names: readonly string[]; readonly stat: Stat }>;
  set(path: string, data: Uint8Array, version: number): Promise<Stat>;
  delete(path: string, version: number): Promise<void>;
  /** All or nothing. Rejects with the first failing step's code and `failedAt`. */
  multi(ops: readonly MultiOp[]): Promise<void>;
  /** Sets the access control list. Version -1 means any. */
  setAcl(path: string, acl: readonly AclEntry[], version: number): Promise<Stat>;

  /** True when the path was read with a watch and nothing has happened to it since. */
  isFresh(path: string): boolean;
  /** Stop caring about a path: no more dirty notices for it. */
  forget(path: string): void;
  /** Called synchronously each time a watched path goes from fresh to dirty. */
  onDirty(listener: (path: string) => void): Unsubscribe;
  /** Called synchronously on each change of state, after the watched paths were marked dirty. */
  onState(listener: (state: SessionState, previous: SessionState) => void): Unsubscribe;

  /** Ends the session so that its ephemerals go at once; settles within 1 s whatever the servers do. Idempotent. */
  close(): Promise<void>;
}

/** How to reach an ensemble. */
export interface ZkOptions {
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** `''` or an absolute path put before every path. It is created on connect when missing. */
  readonly chroot?: string;
  /** The wish; the server clamps it to 2..20 of its ticks. Milliseconds. */
  readonly sessionTimeoutMs: number;
  /** Longest wait for one answer. Default: the session timeout. Milliseconds. */
  readonly operationTimeoutMs?: number;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
  readonly auth?: readonly { readonly scheme: string; readonly credentials: Uint8Array }[];
  /** The monotonic clock, milliseconds. Default `performance.now()`. */
  readonly clock?: () => number;
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Diagnostics for a log: constant message and fields. Default: dropped. */
  readonly log?: (level: 'debug' | 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void;
}
