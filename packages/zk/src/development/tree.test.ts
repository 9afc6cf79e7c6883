import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Code } from './codes.ts';
import { OPEN_ACL } from './records.ts';
import type { Step } from './requests.ts';
import { statOf, type Transaction, Tree } from './tree.ts';

const EPHEMERAL = 1;
const SEQUENTIAL = 2;

const by = (zxid: bigint, sessionId = 0n): Transaction => ({ zxid, sessionId, nowMs: 1000, identities: [] });
const create = (path: string, flags = 0): Step => ({ op: 'create', path, data: null, acl: OPEN_ACL, flags });
const set = (path: string, version: number): Step => ({ op: 'setData', path, data: new Uint8Array([1]), version });
const remove = (path: string): Step => ({ op: 'delete', path, version: -1 });

/** Everything there is to know of a tree with these names. */
function picture(tree: Tree, paths: readonly string[]): unknown {
  return paths.map(path => {
    const node = tree.node(path);
    return node === undefined ? [path] : [path, statOf(node), [...node.children].sort(), node.data];
  });
}

describe('Tree', () => {
  it('says which node and whose children an event is about, in that order', () => {
    const tree = new Tree();
    expect(tree.apply(create('/a'), by(1n)).events).toEqual([
      { kind: 'created', path: '/a' },
      { kind: 'children', path: '/' },
    ]);
    expect(tree.apply(set('/a', 0), by(2n)).events).toEqual([{ kind: 'changed', path: '/a' }]);
    expect(tree.apply(remove('/a'), by(3n)).events).toEqual([
      { kind: 'deleted', path: '/a' },
      { kind: 'children', path: '/' },
    ]);
  });

  it('keeps the statistics of a node and of its parent', () => {
    const tree = new Tree();
    tree.apply(create('/a'), by(1n));
    tree.apply(create('/a/b', EPHEMERAL), by(2n, 77n));
    tree.apply(create('/a/c'), by(3n));
    tree.apply(remove('/a/c'), by(4n));
    tree.apply(set('/a', 0), by(5n));
    expect(statOf(tree.node('/a')!)).toEqual({
      czxid: 1n,
      mzxid: 5n,
      pzxid: 4n,
      ctimeMs: 1000,
      mtimeMs: 1000,
      version: 1,
      cversion: 3,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: 1,
      numChildren: 1,
    });
    expect(statOf(tree.node('/a/b')!).ephemeralOwner).toBe(77n);
  });

  it('numbers sequential children by how many children were ever made', () => {
    const tree = new Tree();
    const made = [create('/s-', SEQUENTIAL), create('/x'), create('/s-', SEQUENTIAL)].map(
      (step, index) => tree.apply(step, by(BigInt(index + 1))).result,
    );
    expect(made).toEqual([
      { kind: 'created', path: '/s-0000000000', stat: null },
      { kind: 'created', path: '/x', stat: null },
      { kind: 'created', path: '/s-0000000002', stat: null },
    ]);
  });

  it('ends a session by deleting its ephemeral nodes and no others, oldest first', () => {
    const tree = new Tree();
    const mine = ['/m1', '/m2'];
    for (const path of mine) tree.apply(create(path, EPHEMERAL), by(1n, 5n));
    tree.apply(create('/theirs', EPHEMERAL), by(2n, 6n));
    expect(tree.endSession(5n, 3n).filter(event => event.kind === 'deleted')).toEqual([
      { kind: 'deleted', path: '/m1' },
      { kind: 'deleted', path: '/m2' },
    ]);
    expect(['/m1', '/m2', '/theirs'].map(path => tree.node(path) !== undefined)).toEqual([false, false, true]);
    expect(tree.endSession(5n, 4n)).toEqual([]);
  });

  it('marks the steps around the one that failed', () => {
    const tree = new Tree();
    const { results, events } = tree.applyAll([create('/a'), set('/none', 0), create('/b')], by(1n));
    expect(events).toEqual([]);
    expect(results).toEqual([
      { kind: 'error', code: Code.ok },
      { kind: 'error', code: Code.noNode },
      { kind: 'error', code: Code.runtimeInconsistency },
    ]);
  });

  it('is untouched by a refused transaction, ephemeral index included', () => {
    const names = ['/a', '/b', '/a/x', '/b/x'];
    const path = fc.constantFrom(...names);
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ path, flags: fc.constantFrom(0, EPHEMERAL) }).map(each => create(each.path, each.flags)),
      path.map(remove),
      fc.record({ path, version: fc.integer({ min: -1, max: 1 }) }).map(each => set(each.path, each.version)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.array(step, { maxLength: 6 }), (before, steps) => {
        const tree = new Tree();
        for (const each of before) tree.apply(each, by(1n, 9n));
        const seen = picture(tree, ['/', ...names]);
        tree.applyAll([...steps, remove('/none')], by(2n, 9n));
        expect(picture(tree, ['/', ...names])).toEqual(seen);
        const ephemeral = names.filter(name => tree.node(name)?.ephemeralOwner === 9n);
        const gone = tree.endSession(9n, 3n).flatMap(event => (event.kind === 'deleted' ? [event.path] : []));
        expect([...gone].sort()).toEqual(ephemeral.sort());
      }),
    );
  });
});
