// Who waits for what. A watch belongs to one connection, fires once, and is gone. Two tables, as in ZooKeeper: node
// watches (left by `exists` and `getData`; they may wait for a node that is not there yet) and child watches.
//
// A connection that watches a node both ways hears of its deletion once.

import type { TreeEvent } from './tree.ts';

/** Watches of connections `Watcher`, told apart by identity. */
export class Watches<Watcher> {
  readonly #node = new Map<string, Set<Watcher>>();
  readonly #children = new Map<string, Set<Watcher>>();

  /** Asking twice is asking once. */
  watchNode(path: string, watcher: Watcher): void {
    add(this.#node, path, watcher);
  }

  /** Asking twice is asking once. */
  watchChildren(path: string, watcher: Watcher): void {
    add(this.#children, path, watcher);
  }

  /** Who hears of this event; their watches for it are used up. */
  fire(event: TreeEvent): readonly Watcher[] {
    switch (event.kind) {
      case 'created':
      case 'changed':
        return [...take(this.#node, event.path)];
      case 'children':
        return [...take(this.#children, event.path)];
      case 'deleted':
        return [...new Set([...take(this.#node, event.path), ...take(this.#children, event.path)])];
    }
  }

  /** A connection is gone: so are its watches. */
  forget(watcher: Watcher): void {
    for (const table of [this.#node, this.#children]) {
      for (const [path, watchers] of table) {
        watchers.delete(watcher);
        if (watchers.size === 0) table.delete(path);
      }
    }
  }
}

function add<Watcher>(table: Map<string, Set<Watcher>>, path: string, watcher: Watcher): void {
  const watchers = table.get(path) ?? new Set();
  table.set(path, watchers.add(watcher));
}

function take<Watcher>(table: Map<string, Set<Watcher>>, path: string): ReadonlySet<Watcher> {
  const watchers = table.get(path) ?? new Set<Watcher>();
  table.delete(path);
  return watchers;
}
