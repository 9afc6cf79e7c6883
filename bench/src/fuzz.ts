// pnpm fuzz [--cases N] [--seed N]: random and mutated frames through the BGP decoders, the framer and the session. Prints
// how many, how fast, and each failure with the seed of its case; `--cases 1 --seed S` plays that case alone. The status
// is 1 when something failed.
import { parseArgs } from 'node:util';
import { checkDecode, checkStream } from './fuzz-checks.ts';
import { checkSession } from './fuzz-session.ts';
import { Random } from './random.ts';
import { machineLine } from './report.ts';

const DEFAULT_CASES = 200_000;
const MAX_FAILURES = 10;

/** Shares of the cases. A case of `stream` or `session` is worth many of `decode` in time. */
const CHECKS = [
  { name: 'decode', share: 0.9, check: checkDecode },
  { name: 'stream', share: 0.05, check: checkStream },
  { name: 'session', share: 0.05, check: checkSession },
] as const;

interface Tally {
  readonly counts: Map<string, number>;
  readonly failures: string[];
  slowestMs: number;
}

function runCase(seed: number, tally: Tally): void {
  const random = new Random(seed);
  let left = random.next();
  const chosen = CHECKS.find(({ share }) => {
    left -= share;
    return left < 0;
  });
  const { name, check } = chosen ?? CHECKS[0];
  const startMs = performance.now();
  tally.counts.set(name, (tally.counts.get(name) ?? 0) + 1);
  try {
    check(random);
  } catch (error) {
    tally.failures.push(`seed ${seed}, ${name}: ${whereOf(error as Error)}`);
  }
  tally.slowestMs = Math.max(tally.slowestMs, performance.now() - startMs);
}

/** The message and the first place that is not the check itself. */
function whereOf({ message, stack = '' }: Error): string {
  const place = stack.split('\n').find(line => /^\s+at /.test(line) && !/fuzz|node:/.test(line));
  return `${message}${place ?? ''}`;
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number: ${text}`);
  return value;
}

function main(): number {
  const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } });
  const cases = wholeNumber(values.cases, DEFAULT_CASES);
  const seed = wholeNumber(values.seed, Math.floor(Math.random() * 2 ** 32));
  const tally: Tally = { counts: new Map(), failures: [], slowestMs: 0 };
  const startMs = performance.now();
  let done = 0;
  for (; done < cases && tally.failures.length < MAX_FAILURES; done++) runCase((seed + done) >>> 0, tally);
  const seconds = (performance.now() - startMs) / 1000;
  for (const failure of tally.failures) console.error(failure);
  const shares = [...tally.counts].map(([name, count]) => `${count} ${name}`).join(', ');
  console.log(
    `fuzz: ${done} cases from seed ${seed} in ${seconds.toFixed(1)} s, ${Math.round(done / seconds)} a second`,
  );
  console.log(`  ${shares}; slowest case ${tally.slowestMs.toFixed(1)} ms; failures: ${tally.failures.length}`);
  console.log(`  ${machineLine()}`);
  return tally.failures.length === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`fuzz: ${(error as Error).message}`);
  process.exitCode = 2;
}
