// `pnpm test`: everything, as far as this machine allows, and what it does not allow by name.
//
//   pnpm test [--all] [--only STEP]...
//
// --all fails if anything was left out or skipped. The last line is always `N passed, N failed, N skipped`.
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stopAll, tail } from './command.ts';
import { type Counts, none, sentence, sum } from './counts.ts';
import { next, type Outcome, type Step, selectSteps, wentWell } from './plan.ts';
import { allSteps } from './steps.ts';

const { values } = parseArgs({
  options: { all: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] } },
});
const root = fileURLToPath(new URL('../../..', import.meta.url));
const artefacts = join(root, 'artefacts');
const startedAt = performance.now();

/** A line of progress with the time since the start. */
function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
  console.log(`[${seconds} s] ${text}`);
}

function describe({ isTest }: Step, outcome: Outcome): string {
  if (outcome.kind === 'left-out') return `LEFT OUT: ${outcome.why}`;
  const counted = isTest || outcome.counts.failed > 0 ? sentence(outcome.counts) : 'done';
  return outcome.note === undefined ? counted : `${counted} (${outcome.note})`;
}

/** Runs steps as the plan allows; resolves when every step has its outcome. */
function runSteps(steps: readonly Step[]): Promise<ReadonlyMap<string, Outcome>> {
  const ended = new Map<string, Outcome>();
  const running = new Set<string>();
  return new Promise(resolve => {
    const end = (step: Step, outcome: Outcome, startedAtMs: number): void => {
      running.delete(step.name);
      ended.set(step.name, outcome);
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      say(`${step.name}: ${describe(step, outcome)}${outcome.kind === 'done' ? `, ${seconds} s` : ''}`);
      if (!wentWell(outcome) && outcome.kind === 'done') console.log(tail(join(artefacts, `${step.name}.log`), 60));
      advance();
    };
    const advance = (): void => {
      const { start, leaveOut } = next(steps, { ended, running }, Math.min(availableParallelism(), 2));
      for (const step of start) {
        const stepStartedAt = performance.now();
        running.add(step.name);
        say(`${step.name} ...`);
        void step.run().then(outcome => end(step, outcome, stepStartedAt));
      }
      const first = leaveOut[0];
      if (first !== undefined) end(first.step, first.outcome, performance.now());
      else if (ended.size === steps.length) resolve(ended);
    };
    const pulse = setInterval(() => say(`still running: ${[...running].join(', ')}`), 60_000);
    pulse.unref();
    advance();
  });
}

/** What the outcomes come to; a test that was left out counts as one skipped. */
function total(steps: readonly Step[], ended: ReadonlyMap<string, Outcome>): Counts {
  return sum(
    steps.map(step => {
      const outcome = ended.get(step.name)!;
      if (outcome.kind === 'done') return outcome.counts;
      return step.isTest ? { ...none, skipped: 1 } : none;
    }),
  );
}

function nameLeftOut(steps: readonly Step[], ended: ReadonlyMap<string, Outcome>): void {
  for (const { name, isTest } of steps) {
    const outcome = ended.get(name)!;
    if (isTest && outcome.kind === 'left-out')
      console.log(`left out: ${name}: ${outcome.why}. To add it: ${outcome.remedy}`);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopAll();
    process.exit(1);
  });
}
rmSync(artefacts, { recursive: true, force: true });
mkdirSync(artefacts, { recursive: true });
const steps = selectSteps(allSteps({ root, artefacts, say }), values.only);
const ended = await runSteps(steps);
const counts = total(steps, ended);
nameLeftOut(steps, ended);
if (values.all && counts.skipped > 0) console.log('--all was asked for, and something was left out');
say(`logs, reports and timelines are in ${artefacts}`);
console.log(sentence(counts));
process.exitCode = counts.failed > 0 || (values.all && counts.skipped > 0) ? 1 : 0;
