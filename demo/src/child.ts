// Child processes that cannot be left behind: each is known here from its start to its end, gets a bounded time to go, and
// is killed when the demo ends for any reason that Node can still act on. Each writes to a log file of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

/** A running (or ended) Node process. */
export interface Child {
  readonly pid: number;
  /** Settles with the exit code, or null for a signal. */
  readonly exited: Promise<number | null>;
  /** SIGKILL, at once. */
  kill(): void;
  /** SIGTERM, and SIGKILL when it is still there after the limit. Settles when it is gone. */
  stop(limitMs: number): Promise<void>;
}

const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Starts a script of ours with this Node, in a process group of its own: Ctrl-C reaches the demo, and the demo decides. */
export function startChild(script: string, args: readonly string[], logFile: string): Child {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [script, ...args], { detached: true, stdio: ['ignore', log, log] });
  return follow(child);
}

/** As {@link startChild}; its standard input ends with the demo, and the first line it prints is the answer. */
export async function startSpeaking(script: string, args: readonly string[]): Promise<{ child: Child; line: string }> {
  const process_ = spawn(process.execPath, [script, ...args], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const child = follow(process_);
  const [chunk] = await Promise.race([
    once(process_.stdout, 'data'),
    child.exited.then(code => Promise.reject(new Error(`${script} ended with ${code} before it said anything`))),
  ]);
  return { child, line: String(chunk).trim() };
}

/** Runs a script to its end. Rejects with what it printed when it fails or takes too long. */
export async function runScript(script: string, args: readonly string[], limitMs: number): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
  const printed: string[] = [];
  child.stdout.on('data', chunk => printed.push(String(chunk)));
  child.stderr.on('data', chunk => printed.push(String(chunk)));
  const code = await follow(child).exited;
  const output = printed.join('').trim();
  if (code !== 0) throw new Error(`exit code ${code ?? 'none, it was too slow'}: ${output}`);
  return output;
}

function follow(child: ChildProcess): Child {
  living.add(child);
  const exited = new Promise<number | null>(resolve => {
    child.once('error', () => resolve(null));
    child.once('close', code => resolve(code));
  }).finally(() => living.delete(child));
  const stop = async (limitMs: number) => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    await exited;
    clearTimeout(timer);
  };
  return { pid: child.pid ?? 0, exited, kill: () => void child.kill('SIGKILL'), stop };
}
