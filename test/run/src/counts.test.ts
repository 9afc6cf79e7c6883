import { expect, it } from 'vitest';
import { countReport, sentence, sum } from './counts.ts';

const report = (...files: { status: string; tests: string[] }[]): string =>
  JSON.stringify({
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map(each => ({ status: each })),
    })),
  });

it('counts tests by verdict, and everything neither passed nor failed as skipped', () => {
  const text = report(
    { status: 'passed', tests: ['passed', 'passed', 'pending', 'todo'] },
    { status: 'failed', tests: ['failed', 'passed'] },
  );
  expect(countReport(text, 1)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

it('counts a file that could not be loaded as one failure', () => {
  expect(countReport(report({ status: 'failed', tests: [] }), 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it('counts a file whose hook failed as one failure, its tests as skipped', () => {
  const text = report({ status: 'failed', tests: ['skipped', 'skipped'] });
  expect(countReport(text, 1)).toEqual({ passed: 0, failed: 1, skipped: 2 });
});

it('counts an exit code that the report does not explain as one failure', () => {
  expect(countReport(report({ status: 'passed', tests: ['passed'] }), 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(countReport(report({ status: 'passed', tests: ['passed'] }), null)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  });
});

it('counts a run without a readable report as one failure', () => {
  expect(countReport(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(countReport('{"testResults": [', 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(countReport('{}', 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it('says the last line', () => {
  const total = sum([
    { passed: 2, failed: 0, skipped: 1 },
    { passed: 5, failed: 1, skipped: 0 },
  ]);
  expect(sentence(total)).toBe('7 passed, 1 failed, 1 skipped');
});
