// The data tree: plain memory, no clock, no sockets, no sessions. A change is first judged, then performed; so a step
// that is refused has touched nothing. A transaction performs its steps one by one, each seeing the ones before it, and
// puts everything back when one of them is refused.
//
// Every performed change says what happened as a list of events in the order in which ZooKeeper fires them: first the
// node, then its parent's children. Who watches is somebody else's business.

import { isAllowed, resolveAcl } from './access.ts';
import { Code, type EventKind, Permission } from './codes.ts';
import { isValidPath, nameOf, parentOf } from './paths.ts';
import { type Acl, type Identity, OPEN_ACL, type WireStat } from './records.ts';
import type { StepResult } from './replies.ts';
import type { Step } from './requests.ts';

/** One node. Replaced or changed only by {@link Tree}. */
export interface TreeNode {
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly pzxid: bigint;
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly version: number;
  readonly aversion: number;
  /** Children ever created: the number a sequential child gets. Deletions do not lower it. */
  readonly created: number;
  /** 0n for a persistent node. */
  readonly ephemeralOwner: bigint;
  readonly children: ReadonlySet<string>;
}

/** Something watches may be waiting for. */
export interface TreeEvent {
  readonly kind: EventKind;
  readonly path: string;
}

/** Under which id, when and for whom a change happens. */
export interface Transaction {
  readonly zxid: bigint;
  readonly nowMs: number;
  readonly sessionId: bigint;
  readonly identities: readonly Identity[];
}

/** What a change came to, and what it set off. */
export interface Outcome {
  readonly result: StepResult;
  readonly events: readonly TreeEvent[];
}

const EPHEMERAL = 1;
const SEQUENTIAL = 2;
/** Nodes that ZooKeeper makes for itself and lets nobody delete. */
const BUILT_IN = ['/', '/zookeeper', '/zookeeper/config', '/zookeeper/quota'];
const READ_ONLY: readonly Acl[] = [{ permissions: 1, identity: { scheme: 'world', id: 'anyone' } }];

type CreateStep = Extract<Step, { readonly op: 'create' | 'create2' }>;

/** The whole tree of one development server. */
export class Tree {
  readonly #nodes = new Map<string, TreeNode>();
  readonly #ephemerals = new Map<bigint, Set<string>>();
  /** While a transaction runs: how to put each touched node back, newest last. */
  #undo: (() => void)[] | null = null;

  constructor() {
    for (const path of BUILT_IN) {
      const below = BUILT_IN.filter(other => other !== path && parentOf(other) === path).map(nameOf);
      this.#put(path, { ...emptyNode(OPEN_ACL), children: new Set(below) });
    }
    this.#put('/zookeeper/config', { ...emptyNode(READ_ONLY), aversion: -1 });
  }

  /** The node, or undefined. The empty path is the root, as in ZooKeeper. */
  node(path: string): TreeNode | undefined {
    return this.#nodes.get(path === '' ? '/' : path);
  }

  /** One change, judged and performed. */
  apply(step: Step, transaction: Transaction): Outcome {
    const code = this.#judge(step, transaction);
    return code === Code.ok ? this.#perform(step, transaction) : refused(code);
  }

  /** All the steps or none. On refusal: 0 before the guilty step, its code, and "runtime inconsistency" after it. */
  applyAll(steps: readonly Step[], transaction: Transaction): { results: StepResult[]; events: TreeEvent[] } {
    const outcomes: Outcome[] = [];
    this.#undo = [];
    for (const step of steps) {
      const outcome = this.apply(step, transaction);
      if (outcome.result.kind === 'error') return this.#rollBack(outcomes.length, outcome.result.code, steps.length);
      outcomes.push(outcome);
    }
    this.#undo = null;
    return { results: outcomes.map(each => each.result), events: outcomes.flatMap(each => [...each.events]) };
  }

  /** A session ended: its ephemeral nodes go, oldest first. */
  endSession(sessionId: bigint, zxid: bigint): readonly TreeEvent[] {
    const paths = [...(this.#ephemerals.get(sessionId) ?? [])];
    return paths.flatMap(path => this.#remove(path, zxid));
  }

  #rollBack(failedAt: number, code: number, count: number): { results: StepResult[]; events: TreeEvent[] } {
    for (const restore of (this.#undo ?? []).toReversed()) restore();
    this.#undo = null;
    const codeAt = (index: number) =>
      index < failedAt ? Code.ok : index === failedAt ? code : Code.runtimeInconsistency;
    const results = Array.from({ length: count }, (_, index) => ({ kind: 'error' as const, code: codeAt(index) }));
    return { results, events: [] };
  }

  #judge(step: Step, transaction: Transaction): number {
    switch (step.op) {
      case 'create':
      case 'create2':
        return this.#judgeCreate(step, transaction);
      case 'delete':
        return this.#judgeDelete(step.path, step.version, transaction);
      case 'setData':
        return this.#judgeChange(step.path, Permission.write, step.version, 'version', transaction);
      case 'check':
        return this.#judgeChange(step.path, Permission.read, step.version, 'version', transaction);
      case 'setAcl':
        if (!isValidPath(step.path)) return Code.badArguments;
        if (resolveAcl(step.acl, transaction.identities) === null) return Code.invalidAcl;
        return this.#judgeChange(step.path, Permission.admin, step.version, 'aversion', transaction);
    }
  }

  #judgeCreate(step: CreateStep, transaction: Transaction): number {
    if (step.flags < 0 || step.flags > 6) return Code.badArguments;
    if (step.flags > 3) return Code.unimplemented;
    const parentPath = parentOf(step.path);
    if (parentPath === undefined || step.path.includes('\0')) return Code.badArguments;
    if (resolveAcl(step.acl, transaction.identities) === null) return Code.invalidAcl;
    const parent = this.node(parentPath);
    if (parent === undefined) return Code.noNode;
    if (!isAllowed(parent.acl, Permission.create, transaction.identities)) return Code.noAuth;
    const path = createdPath(step, parent);
    if (!isValidPath(path)) return Code.badArguments;
    if (this.node(path) !== undefined) return Code.nodeExists;
    return parent.ephemeralOwner === 0n ? Code.ok : Code.noChildrenForEphemerals;
  }

  #judgeDelete(path: string, version: number, transaction: Transaction): number {
    const parentPath = parentOf(path);
    if (parentPath === undefined || path.includes('\0') || BUILT_IN.includes(path)) return Code.badArguments;
    const parent = this.node(parentPath);
    if (parent === undefined) return Code.noNode;
    if (!isAllowed(parent.acl, Permission.delete, transaction.identities)) return Code.noAuth;
    const node = this.node(path);
    if (node === undefined) return Code.noNode;
    if (version !== -1 && version !== node.version) return Code.badVersion;
    return node.children.size === 0 ? Code.ok : Code.notEmpty;
  }

  #judgeChange(
    path: string,
    permission: number,
    version: number,
    of: 'version' | 'aversion',
    transaction: Transaction,
  ): number {
    if (!isValidPath(path)) return Code.badArguments;
    const node = this.node(path);
    if (node === undefined) return Code.noNode;
    if (!isAllowed(node.acl, permission, transaction.identities)) return Code.noAuth;
    return version === -1 || version === node[of] ? Code.ok : Code.badVersion;
  }

  #perform(step: Step, transaction: Transaction): Outcome {
    switch (step.op) {
      case 'create':
      case 'create2':
        return this.#create(step, transaction);
      case 'delete':
        return { result: { kind: 'deleted' }, events: this.#remove(step.path, transaction.zxid) };
      case 'setData':
        return this.#setData(step.path, step.data, transaction);
      case 'setAcl':
        return this.#setAcl(step.path, resolveAcl(step.acl, transaction.identities) ?? []);
      case 'check':
        return { result: { kind: 'checked' }, events: [] };
    }
  }

  #create(step: CreateStep, transaction: Transaction): Outcome {
    const parentPath = parentOf(step.path) ?? '/';
    const parent = this.#nodeAt(parentPath);
    const path = createdPath(step, parent);
    const node = bornNode(step, transaction);
    const children = new Set(parent.children).add(nameOf(path));
    this.#put(parentPath, { ...parent, children, created: parent.created + 1, pzxid: transaction.zxid });
    this.#put(path, node);
    const stat = step.op === 'create2' ? statOf(node) : null;
    return {
      result: { kind: 'created', path, stat },
      events: [
        { kind: 'created', path },
        { kind: 'children', path: parentPath },
      ],
    };
  }

  #remove(path: string, zxid: bigint): readonly TreeEvent[] {
    const parentPath = parentOf(path) ?? '/';
    const parent = this.#nodeAt(parentPath);
    const children = new Set(parent.children);
    children.delete(nameOf(path));
    this.#put(parentPath, { ...parent, children, pzxid: zxid });
    this.#put(path, undefined);
    return [
      { kind: 'deleted', path },
      { kind: 'children', path: parentPath },
    ];
  }

  #setData(path: string, data: Uint8Array | null, transaction: Transaction): Outcome {
    const before = this.#nodeAt(path);
    const { zxid: mzxid, nowMs: mtimeMs } = transaction;
    const node = { ...before, data, mzxid, mtimeMs, version: before.version + 1 };
    this.#put(path, node);
    return { result: { kind: 'stat', stat: statOf(node) }, events: [{ kind: 'changed', path }] };
  }

  #setAcl(path: string, acl: readonly Acl[]): Outcome {
    const before = this.#nodeAt(path);
    const node = { ...before, acl, aversion: before.aversion + 1 };
    this.#put(path, node);
    return { result: { kind: 'stat', stat: statOf(node) }, events: [] };
  }

  /** For paths that were judged to exist. */
  #nodeAt(path: string): TreeNode {
    const node = this.node(path);
    if (node === undefined) throw new Error(`no node ${path}, although it was judged to exist`);
    return node;
  }

  /** The only place that writes: keeps the index of ephemeral nodes true, and the way back while a transaction runs. */
  #put(path: string, node: TreeNode | undefined): void {
    const before = this.#nodes.get(path);
    this.#undo?.push(() => this.#write(path, before));
    this.#write(path, node);
  }

  #write(path: string, node: TreeNode | undefined): void {
    const before = this.#nodes.get(path);
    if (before !== undefined && before.ephemeralOwner !== 0n) this.#ephemeralsOf(before.ephemeralOwner).delete(path);
    if (node === undefined) this.#nodes.delete(path);
    else this.#nodes.set(path, node);
    if (node !== undefined && node.ephemeralOwner !== 0n) this.#ephemeralsOf(node.ephemeralOwner).add(path);
  }

  #ephemeralsOf(sessionId: bigint): Set<string> {
    const paths = this.#ephemerals.get(sessionId) ?? new Set();
    this.#ephemerals.set(sessionId, paths);
    return paths;
  }
}

/** The node's statistics. `cversion` counts creations and deletions; a node keeps only the creations. */
export function statOf(node: TreeNode): WireStat {
  const { czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, aversion, ephemeralOwner } = node;
  const numChildren = node.children.size;
  const cversion = node.created * 2 - numChildren;
  const dataLength = node.data?.length ?? 0;
  return {
    czxid,
    mzxid,
    pzxid,
    ctimeMs,
    mtimeMs,
    version,
    cversion,
    aversion,
    ephemeralOwner,
    dataLength,
    numChildren,
  };
}

function createdPath(step: CreateStep, parent: TreeNode): string {
  return (step.flags & SEQUENTIAL) === 0 ? step.path : step.path + String(parent.created).padStart(10, '0');
}

function bornNode(step: CreateStep, transaction: Transaction): TreeNode {
  const { zxid, nowMs, sessionId, identities } = transaction;
  return {
    ...emptyNode(resolveAcl(step.acl, identities) ?? []),
    data: step.data,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: nowMs,
    mtimeMs: nowMs,
    ephemeralOwner: (step.flags & EPHEMERAL) === 0 ? 0n : sessionId,
  };
}

function emptyNode(acl: readonly Acl[]): TreeNode {
  return {
    data: new Uint8Array(),
    acl,
    czxid: 0n,
    mzxid: 0n,
    pzxid: 0n,
    ctimeMs: 0,
    mtimeMs: 0,
    version: 0,
    aversion: 0,
    created: 0,
    ephemeralOwner: 0n,
    children: new Set(),
  };
}

function refused(code: number): Outcome {
  return { result: { kind: 'error', code }, events: [] };
}
