// What the coordinator asks of ZooKeeper, as plain data. A batch is sent in order on one session without waiting in
// between, so each answer is at least as new as the one before it: that is how maintenance and drain, read last, are
// never older than the claims they gate. One batch is under way at a time.

/** One operation of a batch. Reads always leave a watch. */
export type ZkOp =
  | { readonly kind: 'children'; readonly path: string }
  /** Data and stat, or null when absent (then its creation is watched). */
  | { readonly kind: 'get'; readonly path: string; readonly watch: boolean }
  | { readonly kind: 'create'; readonly path: string; readonly data: string; readonly ephemeral: boolean }
  /** Creates what is missing of the path as persistent nodes. */
  | { readonly kind: 'ensure'; readonly path: string }
  | { readonly kind: 'set'; readonly path: string; readonly data: string; readonly version: number }
  | { readonly kind: 'delete'; readonly path: string; readonly version: number }
  | { readonly kind: 'multi'; readonly steps: readonly MultiStep[] };

/** One step of a transaction. */
export type MultiStep =
  | { readonly kind: 'create'; readonly path: string; readonly data: string; readonly ephemeral: boolean }
  | { readonly kind: 'set'; readonly path: string; readonly data: string; readonly version: number }
  | { readonly kind: 'delete'; readonly path: string; readonly version: number };

/** What the coordinator keeps of a node's stat. */
export interface NodeStat {
  readonly czxid: string;
  readonly version: number;
  readonly cversion: number;
  readonly ephemeralOwner: string;
}

/** The answer to one operation. */
export type ZkResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'names'; readonly names: readonly string[]; readonly stat: NodeStat }
  | { readonly kind: 'node'; readonly data: string; readonly stat: NodeStat }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly code: ZkFailure; readonly message: string };

/** Failures the coordinator tells apart. `unreachable`: the outcome is unknown. */
export type ZkFailure = 'no-node' | 'node-exists' | 'bad-version' | 'not-empty' | 'no-auth' | 'unreachable' | 'other';

/** One batch. `id` comes back with the answer. */
export interface ZkRequest {
  readonly id: number;
  readonly ops: readonly ZkOp[];
}
