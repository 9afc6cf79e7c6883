// A real vipkeeperd as a child process, its log in a file that is shown when it ends too early.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentPlan, agentConfig } from './agent-plan.ts';
import { VIPKEEPERD } from './places.ts';

/** A running daemon. */
export interface DaemonProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** SIGTERM, and SIGKILL if that is not enough. */
  stop(): Promise<void>;
  /** The end of its log. */
  lastWords(): string;
}

/** How to start one. */
export interface DaemonStart {
  /** Default: the built entry point of the agent. */
  readonly main?: string;
  /** Loaded into the process before the daemon; messages go to and from it. */
  readonly preload?: URL;
  readonly env?: Readonly<Record<string, string>>;
}

const STOP_LIMIT_MS = 8000;
const LAST_LINES = 15;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts an agent with this plan; its files go into the folder. */
export function startDaemon(plan: AgentPlan, folder: string, start: DaemonStart = {}): DaemonProcess {
  const configFile = join(folder, `${plan.name}.yaml`);
  const logFile = join(folder, `${plan.name}.log`);
  writeFileSync(configFile, agentConfig(plan));
  const log = openSync(logFile, 'w');
  const { main = VIPKEEPERD, preload, env = {} } = start;
  const before = preload === undefined ? [] : ['--import', preload.href];
  const child = spawn(process.execPath, [...before, main, '--config', configFile], {
    stdio: ['ignore', log, log, ...(preload === undefined ? [] : ['ipc' as const])],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  running.add(child);
  child.on('exit', () => running.delete(child));
  return {
    pid: child.pid ?? 0,
    child,
    stop: () => stop(child),
    lastWords: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}
