// Counting. vitest writes a JSON report per run; what it says, and what it leaves unsaid (a file that could not be loaded,
// a run that ended before its report), becomes three numbers. A thing that went wrong is never counted as nothing.

/** Tests by verdict. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The neutral element of `sum`. */
export const none: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Adds up. */
export function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
    }),
    none,
  );
}

/** The form of the last line of the test command. */
export function sentence({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

interface Assertion {
  readonly status?: string;
}

interface File {
  readonly status?: string;
  readonly assertionResults?: readonly Assertion[];
}

/**
 * What one vitest run comes to. `report` is the text of its JSON report, undefined if there is none.
 * A failed file without a failed test in it (it did not load, or a hook failed) counts as one failure, and so does an
 * exit code that nothing in the report explains.
 */
export function countReport(report: string | undefined, exitCode: number | null): Counts {
  const files = report === undefined ? undefined : filesOf(report);
  if (files === undefined) return { ...none, failed: 1 };
  const counts = sum(files.map(countFile));
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function filesOf(report: string): readonly File[] | undefined {
  try {
    const { testResults } = JSON.parse(report) as { readonly testResults?: readonly File[] };
    return testResults;
  } catch {
    return undefined;
  }
}

function countFile({ status, assertionResults = [] }: File): Counts {
  const having = (verdict: string) => assertionResults.filter(test => test.status === verdict).length;
  const passed = having('passed');
  const failed = having('failed');
  const skipped = assertionResults.length - passed - failed;
  return { passed, failed: status === 'failed' && failed === 0 ? 1 : failed, skipped };
}
