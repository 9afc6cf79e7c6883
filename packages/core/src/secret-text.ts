// What to say when a secret cannot be used. Reading it is the edge's business; the words are the same for all who do.
import type { SecretSource } from './config.ts';

/** Why a secret cannot be used. */
export type SecretFailure =
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' }
  /** Others than owner and group may read the file; `mode` is its permission bits. */
  | { readonly kind: 'world-readable'; readonly mode: number }
  | { readonly kind: 'unreadable'; readonly cause: string };

/** `Cannot use zookeeper.auth.digest from file "/run/secrets/zk": mode is 0644, readable by everybody, expected 0600 or 0640`. */
export function secretError(key: string, source: SecretSource, failure: SecretFailure): string {
  const place = source.kind === 'file' ? `file "${source.path}"` : `environment variable ${source.name}`;
  return `Cannot use ${key} from ${place}: ${whyOf(source, failure)}`;
}

function whyOf(source: SecretSource, failure: SecretFailure): string {
  switch (failure.kind) {
    case 'missing':
      return source.kind === 'file' ? 'there is no such file' : 'it is not set';
    case 'empty':
      return 'it is empty';
    case 'world-readable':
      return `mode is ${failure.mode.toString(8).padStart(4, '0')}, readable by everybody, expected 0600 or 0640`;
    case 'unreadable':
      return failure.cause;
  }
}

/** True when permission bits let others read, write or execute the file. */
export function isOpenToOthers(mode: number): boolean {
  return (mode & 0o007) !== 0;
}
