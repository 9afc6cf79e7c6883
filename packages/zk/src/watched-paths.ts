// Which watched paths are as we last read them, and which are not. Pure bookkeeping: it reads nothing by itself.
//
// Each path and kind of watch has a generation that grows with every dirty mark. A read remembers the generation it began
// under and makes the path fresh only if that is still the current one: an answer that was on its way when the news
// arrived proves nothing. Data and children of one path are watched apart by ZooKeeper, so they are kept apart here, and
// the path is fresh when all that was asked of it is.
import type { Unsubscribe } from './session.ts';

/** What ZooKeeper watches apart: a node's existence and data, or its list of children. */
export type WatchKind = 'data' | 'children';

interface Entry {
  generation: number;
  fresh: boolean;
  /** Reads under way that would still make the path fresh. */
  promised: number;
}

/** A watched read under way; hand it back to {@link WatchedPaths.finish}. */
export interface WatchedRead {
  readonly path: string;
  readonly kind: WatchKind;
  readonly entry: object;
  readonly generation: number;
}

/** Fresh and dirty paths. Listeners that throw are reported, never allowed to disturb the caller. */
export class WatchedPaths {
  readonly #entries = new Map<string, Map<WatchKind, Entry>>();
  readonly #listeners = new Set<(path: string) => void>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  /** To be called before the read is sent. The path counts as watched from now on. */
  begin(path: string, kind: WatchKind): WatchedRead {
    const entry = this.#entryFor(path, kind);
    entry.promised += 1;
    return { path, kind, entry, generation: entry.generation };
  }

  /** To be called when the answer arrives, before anything later on the connection is looked at. */
  finish(read: WatchedRead, watched: boolean): void {
    const entry = this.#entries.get(read.path)?.get(read.kind);
    if (entry === undefined || entry !== read.entry || entry.generation !== read.generation) return;
    entry.promised -= 1;
    if (watched) entry.fresh = true;
  }

  /** Something happened to these kinds of the path. */
  mark(path: string, kinds: readonly WatchKind[]): void {
    const entries = this.#entries.get(path);
    if (entries === undefined) return;
    const changed = kinds.map(kind => spoil(entries.get(kind)));
    if (changed.includes(true)) this.#notify(path);
  }

  /** Nothing is known of any path any more: the connection changed. */
  markAll(): void {
    const changed = [...this.#entries].filter(([, entries]) => [...entries.values()].map(spoil).includes(true));
    for (const [path] of changed) this.#notify(path);
  }

  /** True when everything that was read of the path with a watch is still as it was read. */
  isFresh(path: string): boolean {
    const entries = this.#entries.get(path);
    return entries !== undefined && [...entries.values()].every(entry => entry.fresh);
  }

  /** Drops the path; reads under way no longer count for it. */
  forget(path: string): void {
    this.#entries.delete(path);
  }

  /** Called with a path each time news spoils what was fresh, or a read under way that would have made it fresh. */
  onDirty(listener: (path: string) => void): Unsubscribe {
    const own = (path: string) => listener(path);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  #entryFor(path: string, kind: WatchKind): Entry {
    const entries = this.#entries.get(path) ?? new Map<WatchKind, Entry>();
    this.#entries.set(path, entries);
    const entry = entries.get(kind) ?? { generation: 0, fresh: false, promised: 0 };
    entries.set(kind, entry);
    return entry;
  }

  #notify(path: string): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(path);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}

/** Marks dirty; true when there was something to spoil. */
function spoil(entry: Entry | undefined): boolean {
  if (entry === undefined) return false;
  const spoiled = entry.fresh || entry.promised > 0;
  entry.generation += 1;
  entry.fresh = false;
  entry.promised = 0;
  return spoiled;
}
