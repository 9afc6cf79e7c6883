// A part of a benchmark in a process of its own, so that the parts do not share an event loop or a heap. A child program
// calls `answering`; who started it asks one question after the other and waits for each answer, at most so long.
// Instants cross the border as `machineMs`, the kernel's monotonic clock, which all processes of a machine share.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** The monotonic clock of the machine, milliseconds: the same in every process. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

interface Asked {
  readonly id: number;
  readonly question: unknown;
}

type Answered = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly failed: string };

/** A running child program that takes questions `Q` and gives answers `A`. */
export interface Child<Q, A> {
  /** Rejects when the child fails, ends, or does not answer within the limit. */
  ask(question: Q): Promise<A>;
  readonly pid: number;
  /** Ends the process. */
  close(): Promise<void>;
}

const ANSWER_LIMIT_MS = 120_000;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts one of the programs beside this file, for example `./routes-speaker.js`. */
export function startChild<Q, A>(file: string, execArgv: readonly string[] = []): Child<Q, A> {
  const child = fork(new URL(file, import.meta.url), { execArgv: [...execArgv], stdio: ['ignore', 2, 2, 'ipc'] });
  const waiting = new Map<number, { resolve(answer: A): void; reject(error: Error): void }>();
  let lastId = 0;
  running.add(child);
  child.on('message', (answered: Answered) => {
    const asker = waiting.get(answered.id);
    waiting.delete(answered.id);
    if ('failed' in answered) asker?.reject(new Error(`${file}: ${answered.failed}`));
    else asker?.resolve(answered.answer as A);
  });
  child.on('exit', (code, signal) => {
    running.delete(child);
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended: ${signal ?? `exit ${code}`}`));
  });
  return {
    ask: question => {
      const id = ++lastId;
      const answer = new Promise<A>((resolve, reject) => waiting.set(id, { resolve, reject }));
      child.send({ id, question } satisfies Asked);
      return limited(answer, ANSWER_LIMIT_MS, `${file} did not answer ${JSON.stringify(question)}`);
    },
    pid: child.pid ?? 0,
    close: async () => {
      if (!running.has(child)) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** In a child program: answers each question until the process is ended. */
export function answering<Q>(answer: (question: Q) => unknown): void {
  process.on('message', ({ id, question }: Asked) => {
    const send = (answered: Answered): void => void process.send?.(answered);
    Promise.resolve(question as Q)
      .then(answer)
      .then(
        result => send({ id, answer: result }),
        (error: Error) => send({ id, failed: error.stack ?? error.message }),
      );
  });
  process.on('disconnect', () => process.exit(0));
}

/** The promise, or a rejection when it takes longer. */
export async function limited<T>(promise: Promise<T>, limitMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
