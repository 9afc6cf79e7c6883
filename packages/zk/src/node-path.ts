// Paths of znodes: what a server would accept, and how a chroot is put before them and taken off again.
import { ZkError } from './session.ts';

/** Why a server would refuse this path, or `undefined` when it would not. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'it must start with "/"';
  if (path === '/') return undefined;
  if (path.endsWith('/')) return 'it must not end with "/"';
  const names = path.slice(1).split('/');
  if (names.includes('')) return 'it has an empty name in it';
  if (names.includes('.') || names.includes('..')) return 'it has a relative name in it';
  return [...path].some(isForbidden) ? 'it has a character that ZooKeeper refuses' : undefined;
}

/** Throws {@link ZkError} `invalid` for a path that no server would accept. */
export function checkPath(action: string, path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw new ZkError('invalid', path, `Cannot ${action} "${path}": ${problem}`);
}

/** `/a/b/c` -> `/a`, `/a/b`, `/a/b/c`; the root has none. */
export function pathAndAncestors(path: string): readonly string[] {
  if (path === '/') return [];
  const names = path.slice(1).split('/');
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

/** The path as the server knows it. */
export function withChroot(chroot: string, path: string): string {
  if (chroot === '') return path;
  return path === '/' ? chroot : chroot + path;
}

/** The path as the caller knows it. A path outside the chroot is returned as it is. */
export function withoutChroot(chroot: string, path: string): string {
  if (chroot === '' || !(path === chroot || path.startsWith(`${chroot}/`))) return path;
  return path === chroot ? '/' : path.slice(chroot.length);
}

// ZooKeeper's own rule (PathUtils): no control characters, no surrogates or private use, no specials.
function isForbidden(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0;
}
