// Looking into values that may be anything. The rules across several values run even when single values are wrong, so
// that all problems come out at once; they skip what they cannot read, for the schema has said so already.
import type { ConfigPath } from './config-source.ts';

/** What a rule found. A warning does not stop anybody. */
export interface Finding {
  readonly kind: 'problem' | 'warning';
  readonly path: ConfigPath;
  readonly message: string;
}

/** A problem. */
export function problem(path: ConfigPath, message: string): Finding {
  return { kind: 'problem', path, message };
}

/** A warning. */
export function warning(path: ConfigPath, message: string): Finding {
  return { kind: 'warning', path, message };
}

/** The value at a path; undefined when there is none. */
export function valueAt(raw: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    return (value as Record<string | number, unknown>)[step];
  }, raw);
}

/** The number at a path; the default when the key is missing; null when something else stands there. */
export function numberAt(raw: unknown, path: ConfigPath, otherwise: number): number | null {
  const value = valueAt(raw, path);
  if (value === undefined) return otherwise;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The text at a path, or null. */
export function textAt(raw: unknown, path: ConfigPath): string | null {
  const value = valueAt(raw, path);
  return typeof value === 'string' ? value : null;
}

/** Paths of the items of a list; none when there is no list. */
export function itemPaths(raw: unknown, path: ConfigPath): readonly ConfigPath[] {
  const value = valueAt(raw, path);
  return Array.isArray(value) ? value.map((_, index) => [...path, index]) : [];
}

/** A value at a place. */
export interface Placed<T> {
  readonly path: ConfigPath;
  readonly value: T;
}

/** Each item that repeats the key of an earlier one, with that earlier one. */
export function repeated<T>(
  items: readonly Placed<T>[],
  keyOf: (value: T) => string,
): readonly (Placed<T> & { readonly first: Placed<T> })[] {
  const seen = new Map<string, Placed<T>>();
  return items.flatMap(item => {
    const first = seen.get(keyOf(item.value));
    if (first !== undefined) return [{ ...item, first }];
    seen.set(keyOf(item.value), item);
    return [];
  });
}
