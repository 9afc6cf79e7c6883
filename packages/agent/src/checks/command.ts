// A command check: exit status 0 is good. The command runs in a process group of its own, and whatever is left of the
// group, forked children included, is killed when the command is over or its time is up. SIGKILL, since a check that
// overstays has had its chance to be polite.
//
// Bounds: at most `MOST_CHILDREN` commands run at once, the others wait their turn; output is read up to a limit and a
// command that prints more is stopped; a command that does not die (stuck in the kernel) is answered for as timed out,
// and is not started a second time until the first has been reaped.
import { type ChildProcess, spawn } from 'node:child_process';
import { errorText } from './http.ts';
import type { Probe } from './probe.ts';
import type { ProbeResult } from './verdict.ts';

const MOST_CHILDREN = 16;
const MOST_OUTPUT_BYTES = 64 * 1024;
const DETAIL_LENGTH = 200;
const REAP_LIMIT_MS = 1000;

// What a command may know of us. Not our whole environment: there may be secrets in it.
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

const groups = new Set<number>();
const waiting = new Set<() => void>();
let running = 0;

/** A probe that runs this command; one probe never runs it twice at a time. */
export function commandProbe(argv: readonly string[], environment: Readonly<Record<string, string>>): Probe {
  let reaped = true;
  return async (timeoutMs, signal) => {
    if (!reaped) return { outcome: 'timeout', detail: 'the former run could not be killed yet' };
    if (!(await turn(timeoutMs))) return { outcome: 'timeout', detail: `${MOST_CHILDREN} commands run already` };
    reaped = false;
    return runOnce(argv, environment, timeoutMs, signal, () => {
      reaped = true;
      endTurn();
    });
  };
}

/** Kills every command's group at once: the last thing a daemon does. Synchronous. */
export function killCommands(): void {
  for (const pid of groups) killGroup(pid);
}

// A place among the running commands; false when none came free in time.
function turn(limitMs: number): Promise<boolean> {
  if (running < MOST_CHILDREN) {
    running += 1;
    return Promise.resolve(true);
  }
  return new Promise(resolve => {
    const settle = (got: boolean): void => {
      clearTimeout(timer);
      waiting.delete(take);
      resolve(got);
    };
    const take = (): void => settle(true);
    const timer = setTimeout(() => settle(false), limitMs);
    waiting.add(take);
  });
}

function endTurn(): void {
  const [next] = waiting;
  if (next === undefined) running -= 1;
  else next();
}

function runOnce(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal,
  onReaped: () => void,
): Promise<ProbeResult> {
  if (signal.aborted) {
    onReaped();
    return Promise.resolve({ outcome: 'error', detail: 'stopped' });
  }
  return new Promise(resolve => {
    const child = start(argv, environment);
    const output = collect(child, () => stop({ outcome: 'error', detail: `printed over ${MOST_OUTPUT_BYTES} bytes` }));
    let verdict: ProbeResult | null = null;
    let reapTimer: NodeJS.Timeout | undefined;

    const stop = (result: ProbeResult): void => {
      verdict ??= result;
      if (child.pid !== undefined) killGroup(child.pid);
      reapTimer ??= setTimeout(() => resolve(verdict!), REAP_LIMIT_MS);
    };
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      clearTimeout(reapTimer);
      signal.removeEventListener('abort', abort);
      release(child);
      onReaped();
      resolve(verdict ?? result);
    };
    const abort = (): void => stop({ outcome: 'error', detail: 'stopped' });
    const timer = setTimeout(() => stop({ outcome: 'timeout', detail: `not done in ${timeoutMs} ms` }), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    child.once('error', error => {
      if (child.pid === undefined) finish({ outcome: 'error', detail: errorText(error) });
    });
    child.once('exit', (code, killedBy) => finish(resultOf(code, killedBy, output.text())));
  });
}

function start(argv: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(argv[0]!, argv.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...passedOn(), ...environment },
  });
  if (child.pid !== undefined) groups.add(child.pid);
  return child;
}

function passedOn(): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.flatMap(name => (name in process.env ? [[name, process.env[name]]] : [])));
}

// The leader is gone, but a forked child may hold the pipes: end the group, and do not wait for the pipes to close.
function release(child: ChildProcess): void {
  if (child.pid !== undefined) {
    killGroup(child.pid);
    groups.delete(child.pid);
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function collect(child: ChildProcess, onTooMuch: () => void): { readonly text: () => string } {
  let kept = '';
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (kept.length < DETAIL_LENGTH) kept += chunk.toString('utf8', 0, DETAIL_LENGTH);
    if (bytes > MOST_OUTPUT_BYTES) onTooMuch();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', take);
    stream?.on('error', () => {});
  }
  return { text: () => kept };
}

function resultOf(code: number | null, killedBy: string | null, output: string): ProbeResult {
  if (code === 0) return { outcome: 'success', detail: '' };
  const how = code === null ? `killed by ${killedBy}` : `exit status ${code}`;
  const said = output.split('\n', 1)[0]!.trim().slice(0, DETAIL_LENGTH);
  return { outcome: 'failure', detail: said === '' ? how : `${how}: ${said}` };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}
