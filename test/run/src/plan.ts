// Which step runs when. A plan is a list of steps with what they need and how many of the cores they want for themselves;
// the order in the list is the order of preference. Pure: it is asked what to start next, and never starts anything.
import type { Counts } from './counts.ts';

/** How a step ended. `left-out` is not a failure: it was never tried. */
export type Outcome =
  | { readonly kind: 'done'; readonly counts: Counts; readonly note?: string }
  | { readonly kind: 'left-out'; readonly why: string; readonly remedy: string };

/** One thing to do. */
export interface Step {
  readonly name: string;
  /** Names of steps that must have gone well before. */
  readonly needs: readonly string[];
  /** 2: wants to be alone, since it measures time. */
  readonly cores: 1 | 2;
  /** A left-out step of this kind counts as one skipped test; the others only prepare. */
  readonly isTest: boolean;
  /** Never rejects for a failure of what it runs. */
  readonly run: () => Promise<Outcome>;
}

/** How far a run is. */
export interface Progress {
  readonly ended: ReadonlyMap<string, Outcome>;
  readonly running: ReadonlySet<string>;
}

/** What to do now: steps to start, and steps that can never run, with the outcome each gets instead. */
export interface Next {
  readonly start: readonly Step[];
  readonly leaveOut: readonly { readonly step: Step; readonly outcome: Outcome }[];
}

/** Good enough for others to stand on. */
export function wentWell(outcome: Outcome): boolean {
  return outcome.kind === 'done' && outcome.counts.failed === 0;
}

/** The steps named, with everything they need. An unknown name is an error that lists the known ones. */
export function selectSteps(steps: readonly Step[], names: readonly string[]): readonly Step[] {
  if (names.length === 0) return steps;
  const wanted = new Set<string>();
  const want = (name: string): void => {
    const step = steps.find(each => each.name === name);
    if (step === undefined)
      throw new Error(`no step is called ${name}; there are: ${steps.map(s => s.name).join(', ')}`);
    wanted.add(name);
    step.needs.forEach(want);
  };
  names.forEach(want);
  return steps.filter(step => wanted.has(step.name));
}

/** Asks what to do next on a machine with `cores` cores for tests. */
export function next(steps: readonly Step[], { ended, running }: Progress, cores: number): Next {
  const waiting = steps.filter(step => !ended.has(step.name) && !running.has(step.name));
  const leaveOut = waiting.flatMap(step => {
    const missing = step.needs.find(need => ended.has(need) && !wentWell(ended.get(need)!));
    return missing === undefined ? [] : [{ step, outcome: without(missing, ended.get(missing)!) }];
  });
  let free = cores - steps.filter(step => running.has(step.name)).reduce((used, step) => used + step.cores, 0);
  const start = waiting.filter(step => {
    const ready = step.needs.every(need => ended.has(need) && wentWell(ended.get(need)!));
    if (!ready || Math.min(step.cores, cores) > free) return false;
    free -= Math.min(step.cores, cores);
    return true;
  });
  return { start, leaveOut };
}

function without(missing: string, outcome: Outcome): Outcome {
  if (outcome.kind === 'left-out') return outcome;
  return { kind: 'left-out', why: `${missing} failed`, remedy: `see artefacts/${missing}.log` };
}
