import { expect, it } from 'vitest';
import { checkPath, pathAndAncestors, pathProblem, withChroot, withoutChroot } from './node-path.ts';
import { ZkError } from './session.ts';

it('accepts what a server accepts', () => {
  for (const path of ['/', '/a', '/a/2001:db8::1@lb-1', '/größe', '/...']) expect(pathProblem(path)).toBeUndefined();
});

it.each([
  ['', 'it must start with "/"'],
  ['a/b', 'it must start with "/"'],
  ['/a/', 'it must not end with "/"'],
  ['/a//b', 'it has an empty name in it'],
  ['/a/../b', 'it has a relative name in it'],
  ['/a/.', 'it has a relative name in it'],
  ['/a\u0000b', 'it has a character that ZooKeeper refuses'],
  ['/a\u0085b', 'it has a character that ZooKeeper refuses'],
  ['/a\u{1f600}', 'it has a character that ZooKeeper refuses'],
  ['/a\uffff', 'it has a character that ZooKeeper refuses'],
])('refuses %j', (path, problem) => {
  expect(pathProblem(path)).toBe(problem);
});

it('throws an error that says action, path and cause', () => {
  expect(() => checkPath('create', '/a/')).toThrow(
    new ZkError('invalid', '/a/', 'Cannot create "/a/": it must not end with "/"'),
  );
});

it('lists a path with what is above it, from the top', () => {
  expect(pathAndAncestors('/a/b/c')).toEqual(['/a', '/a/b', '/a/b/c']);
  expect(pathAndAncestors('/')).toEqual([]);
});

it('puts a chroot before a path and takes it off again', () => {
  for (const path of ['/', '/a', '/prod', '/prod/a']) {
    expect(withoutChroot('/prod', withChroot('/prod', path))).toBe(path);
    expect(withoutChroot('', withChroot('', path))).toBe(path);
  }
  expect(withChroot('/prod', '/')).toBe('/prod');
  expect(withoutChroot('/prod', '/production/a')).toBe('/production/a');
});
