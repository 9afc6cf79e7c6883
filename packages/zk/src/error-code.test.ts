import { expect, it } from 'vitest';
import { describeError } from './error-code.ts';

it('names the errors a caller can act on', () => {
  expect([-101, -110, -103, -111, -102, -108, -112].map(err => describeError(err).code)).toEqual([
    'no-node',
    'node-exists',
    'bad-version',
    'not-empty',
    'no-auth',
    'no-children-for-ephemerals',
    'session-expired',
  ]);
});

it('has words for a number it has never seen', () => {
  expect(describeError(-125)).toEqual({ code: 'unknown', reason: 'the server answered with error -125' });
});
