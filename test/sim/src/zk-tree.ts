// The tree that every server of the simulated ensemble holds, and what an operation does to it. An operation is first
// planned against the leader's tree (`plan`: the answer, and a list of changes), then the changes are applied by each
// server in the same order at its own pace (`applyChange`). A plan of several steps is all or nothing.
import type { MultiStep, NodeStat, ZkFailure, ZkOp, ZkResult } from '@vipkeeper/core';

/** One znode. */
export interface Znode {
  data: string;
  czxid: number;
  version: number;
  cversion: number;
  /** Session id, or '0'. */
  owner: string;
  readonly children: Set<string>;
}

/** Path to znode; the root is the empty string. */
export type Tree = Map<string, Znode>;

/** What one committed transaction does to one node. */
export type Change =
  | { readonly kind: 'create'; readonly path: string; readonly data: string; readonly owner: string }
  | { readonly kind: 'set'; readonly path: string; readonly data: string }
  | { readonly kind: 'delete'; readonly path: string };

/** An answer and the changes that make it true. */
export interface Plan {
  readonly result: ZkResult;
  readonly changes: readonly Change[];
}

/** A write, as the leader gets it. */
export type WriteOp = Exclude<ZkOp, { kind: 'children' | 'get' }>;

/** `/a/b` → `/a`; `/a` → ``. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** A tree with nothing but its root. */
export function emptyTree(): Tree {
  return new Map([['', { data: '', czxid: 0, version: 0, cversion: 0, owner: '0', children: new Set() }]]);
}

/** The stat as the coordinator sees it. */
export function statOf(node: Znode): NodeStat {
  return {
    czxid: node.czxid.toString(16),
    version: node.version,
    cversion: node.cversion,
    ephemeralOwner: node.owner,
  };
}

function create(tree: Tree, change: Extract<Change, { kind: 'create' }>, zxid: number): void {
  const parent = tree.get(parentOf(change.path))!;
  parent.children.add(change.path.slice(change.path.lastIndexOf('/') + 1));
  parent.cversion += 1;
  const { data, owner } = change;
  tree.set(change.path, { data, czxid: zxid, version: 0, cversion: 0, owner, children: new Set() });
}

function remove(tree: Tree, path: string): void {
  const parent = tree.get(parentOf(path))!;
  parent.children.delete(path.slice(path.lastIndexOf('/') + 1));
  parent.cversion += 1;
  tree.delete(path);
}

function replace(tree: Tree, change: Extract<Change, { kind: 'set' }>): void {
  const node = tree.get(change.path)!;
  node.data = change.data;
  node.version += 1;
}

/** Apply one change of the transaction `zxid`. */
export function applyChange(tree: Tree, change: Change, zxid: number): void {
  if (change.kind === 'create') create(tree, change, zxid);
  else if (change.kind === 'delete') remove(tree, change.path);
  else replace(tree, change);
}

/** A tree as it would be after some steps: what differs from the base. */
interface Draft {
  readonly base: Tree;
  readonly versions: Map<string, number | null>;
  readonly childDelta: Map<string, number>;
  readonly changes: Change[];
}

function versionIn(draft: Draft, path: string): number | null {
  const drafted = draft.versions.get(path);
  return drafted !== undefined ? drafted : (draft.base.get(path)?.version ?? null);
}

function childCount(draft: Draft, path: string): number {
  return (draft.base.get(path)?.children.size ?? 0) + (draft.childDelta.get(path) ?? 0);
}

function note(draft: Draft, change: Change, version: number | null, delta: number): void {
  const parent = parentOf(change.path);
  draft.versions.set(change.path, version);
  draft.childDelta.set(parent, (draft.childDelta.get(parent) ?? 0) + delta);
  draft.changes.push(change);
}

function step(draft: Draft, op: MultiStep, session: string): ZkFailure | null {
  const version = versionIn(draft, op.path);
  if (op.kind === 'create') {
    if (versionIn(draft, parentOf(op.path)) === null) return 'no-node';
    if (version !== null) return 'node-exists';
    note(draft, { kind: 'create', path: op.path, data: op.data, owner: op.ephemeral ? session : '0' }, 0, 1);
    return null;
  }
  if (version === null) return 'no-node';
  if (op.version !== -1 && op.version !== version) return 'bad-version';
  if (op.kind === 'set') {
    note(draft, { kind: 'set', path: op.path, data: op.data }, version + 1, 0);
    return null;
  }
  if (childCount(draft, op.path) > 0) return 'not-empty';
  note(draft, { kind: 'delete', path: op.path }, null, -1);
  return null;
}

function missingAbove(tree: Tree, path: string): string[] {
  const missing: string[] = [];
  for (let at = path; at !== '' && !tree.has(at); at = parentOf(at)) missing.unshift(at);
  return missing;
}

/** What a write would do to this tree, and its answer. */
export function plan(tree: Tree, op: WriteOp, session: string): Plan {
  const draft: Draft = { base: tree, versions: new Map(), childDelta: new Map(), changes: [] };
  if (op.kind === 'ensure') {
    const changes = missingAbove(tree, op.path).map(path => ({ kind: 'create', path, data: '', owner: '0' }) as const);
    return { result: { kind: 'done' }, changes };
  }
  for (const one of op.kind === 'multi' ? op.steps : [op]) {
    const code = step(draft, one, session);
    if (code !== null) return { result: { kind: 'failed', code, message: `${one.kind} ${one.path}` }, changes: [] };
  }
  return { result: { kind: 'done' }, changes: draft.changes };
}

/** The answer to a read. */
export function read(tree: Tree, op: Extract<ZkOp, { kind: 'children' | 'get' }>): ZkResult {
  const node = tree.get(op.path);
  if (op.kind === 'get') {
    return node === undefined ? { kind: 'absent' } : { kind: 'node', data: node.data, stat: statOf(node) };
  }
  if (node === undefined) return { kind: 'failed', code: 'no-node', message: `children ${op.path}` };
  return { kind: 'names', names: [...node.children], stat: statOf(node) };
}

/** Every node below (and with) a path, deepest first. */
export function subtree(tree: Tree, path: string): string[] {
  return [...tree.keys()].filter(at => at === path || at.startsWith(`${path}/`)).sort((a, b) => b.length - a.length);
}
