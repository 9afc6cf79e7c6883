import { expect, it } from 'vitest';
import { WatchedPaths } from './watched-paths.ts';

function start() {
  const errors: unknown[] = [];
  const notices: string[] = [];
  const paths = new WatchedPaths(error => errors.push(error));
  paths.onDirty(path => notices.push(path));
  return { paths, notices, errors };
}

it('knows nothing of a path that was never read', () => {
  const { paths, notices } = start();
  paths.mark('/a', ['data']);
  expect([paths.isFresh('/a'), notices]).toEqual([false, []]);
});

it('is fresh after a watched read and dirty after news, and says so once', () => {
  const { paths, notices } = start();
  paths.finish(paths.begin('/a', 'children'), true);
  expect(paths.isFresh('/a')).toBe(true);
  paths.mark('/a', ['children']);
  paths.mark('/a', ['children']);
  expect([paths.isFresh('/a'), notices]).toEqual([false, ['/a']]);
});

it('does not believe a read that began before the news', () => {
  const { paths, notices } = start();
  const read = paths.begin('/a', 'data');
  paths.mark('/a', ['data']);
  paths.finish(read, true);
  expect([paths.isFresh('/a'), notices]).toEqual([false, ['/a']]);
  paths.finish(paths.begin('/a', 'data'), true);
  expect(paths.isFresh('/a')).toBe(true);
});

it('believes the later of two reads that stand on both sides of the news', () => {
  const { paths } = start();
  const before = paths.begin('/a', 'data');
  paths.mark('/a', ['data']);
  const after = paths.begin('/a', 'data');
  paths.finish(after, true);
  paths.finish(before, true);
  expect(paths.isFresh('/a')).toBe(true);
});

it('stays dirty when the read fails', () => {
  const { paths, notices } = start();
  paths.finish(paths.begin('/a', 'children'), false);
  paths.mark('/a', ['children']);
  expect([paths.isFresh('/a'), notices]).toEqual([false, []]);
});

it('keeps data and children of one path apart', () => {
  const { paths, notices } = start();
  paths.finish(paths.begin('/a', 'data'), true);
  paths.finish(paths.begin('/a', 'children'), true);
  paths.mark('/a', ['data']);
  paths.finish(paths.begin('/a', 'children'), true);
  expect([paths.isFresh('/a'), notices]).toEqual([false, ['/a']]);
  paths.finish(paths.begin('/a', 'data'), true);
  expect(paths.isFresh('/a')).toBe(true);
});

it('marks every path when the connection changes, and counts reads under way', () => {
  const { paths, notices } = start();
  paths.finish(paths.begin('/a', 'data'), true);
  const underWay = paths.begin('/b', 'data');
  paths.markAll();
  paths.markAll();
  paths.finish(underWay, true);
  expect([paths.isFresh('/a'), paths.isFresh('/b'), notices]).toEqual([false, false, ['/a', '/b']]);
});

it('forgets a path for good, also for a read under way', () => {
  const { paths, notices } = start();
  const underWay = paths.begin('/a', 'data');
  paths.forget('/a');
  paths.finish(underWay, true);
  paths.mark('/a', ['data']);
  expect([paths.isFresh('/a'), notices]).toEqual([false, []]);
});

it('reports a listener that throws and still calls the others', () => {
  const { paths, errors } = start();
  const heard: string[] = [];
  const stop = paths.onDirty(() => {
    throw new Error('broken listener');
  });
  paths.onDirty(path => heard.push(path));
  paths.finish(paths.begin('/a', 'data'), true);
  paths.mark('/a', ['data']);
  stop();
  paths.finish(paths.begin('/a', 'data'), true);
  paths.mark('/a', ['data']);
  expect([heard, errors]).toEqual([['/a', '/a'], [new Error('broken listener')]]);
});
