// Which names a node may have. The rules are ZooKeeper's: absolute, no empty or relative parts, no control characters,
// no surrogates or private-use characters.

/** First and last UTF-16 code unit of each forbidden range. */
const FORBIDDEN: readonly (readonly [number, number])[] = [
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0xd800, 0xf8ff],
  [0xfff0, 0xffff],
];

/** Whether a node may carry this path. */
export function isValidPath(path: string): boolean {
  if (path === '/') return true;
  if (!path.startsWith('/') || hasForbiddenCharacter(path)) return false;
  return path
    .slice(1)
    .split('/')
    .every(part => part !== '' && part !== '.' && part !== '..');
}

/** The path above: `/` for `/a`. Undefined when there is no slash at all. */
export function parentOf(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  if (slash === -1) return undefined;
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function hasForbiddenCharacter(path: string): boolean {
  for (let at = 0; at < path.length; at++) {
    const unit = path.charCodeAt(at);
    if (FORBIDDEN.some(([first, last]) => unit >= first && unit <= last)) return true;
  }
  return false;
}
