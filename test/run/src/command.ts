// One child process at a time of its own group: its output goes to a log file, its time is bounded, and when the time is
// over or this program is told to stop, the whole group goes. Never rejects: a command that cannot start is an ending too.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** How to run a command. */
export interface CommandOptions {
  readonly cwd: string;
  /** Standard output and error, appended. */
  readonly logFile: string;
  readonly limitMs: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a command ended. `exitCode` is null when a signal or the limit ended it, or it never started. */
export interface Ending {
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly tookMs: number;
}

const groups = new Set<number>();

/** Ends every group that is still running. */
export function stopAll(): void {
  for (const pid of groups) stop(pid);
}

/** Runs a command to its end. */
export async function run(command: readonly string[], options: CommandOptions): Promise<Ending> {
  const startedAt = performance.now();
  const log = openSync(options.logFile, 'a');
  const child = spawn(command[0]!, command.slice(1), {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (pid !== undefined) stop(pid);
  }, options.limitMs);
  const exitCode = await new Promise<number | null>(resolve => {
    child.on('error', () => resolve(null));
    child.on('exit', code => resolve(code));
  });
  clearTimeout(timer);
  if (pid !== undefined) groups.delete(pid);
  return { exitCode: timedOut ? null : exitCode, timedOut, tookMs: performance.now() - startedAt };
}

function stop(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** The last lines of a log, for showing a failure where it is read. */
export function tail(logFile: string, lines: number): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}
