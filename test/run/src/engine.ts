// A Docker engine: found, else started, else installed and started (root on Debian), else named as missing with the one
// line that adds it. What can be done is decided by a pure function; the rest does it.
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './command.ts';
import { none } from './counts.ts';
import type { Outcome } from './plan.ts';

/** What was found on this machine. */
export interface Found {
  /** `docker version` was answered. */
  readonly answers: boolean;
  readonly hasDocker: boolean;
  readonly hasDockerd: boolean;
  readonly isRoot: boolean;
  readonly hasApt: boolean;
}

/** What to do about it. */
export type Plan = 'use' | 'start' | 'install' | 'leave-out';

/** Decides. `dockerd` of a desktop installation is not ours to start: only root starts it, and only where it is a program. */
export function planEngine({ answers, hasDocker, hasDockerd, isRoot, hasApt }: Found): Plan {
  if (answers) return 'use';
  if (isRoot && hasDocker && hasDockerd) return 'start';
  return isRoot && hasApt ? 'install' : 'leave-out';
}

/** The one line that adds an engine, for whoever reads that there is none. */
export const remedy =
  'apt-get install -y --no-install-recommends docker.io mmdebstrap iproute2 && (dockerd >/var/log/dockerd.log 2>&1 &)   (as root, on Debian)';

const packages = ['docker.io', 'mmdebstrap', 'iproute2'];

/** The step. `say` tells the reader what is being done to the machine. */
export async function provideEngine(root: string, artefacts: string, say: (text: string) => void): Promise<Outcome> {
  const found = await look(root, artefacts);
  const plan = planEngine(found);
  if (plan === 'leave-out') return { kind: 'left-out', why: 'no Docker engine answers', remedy };
  if (plan === 'use') return ready('an engine answers');
  if (plan === 'install') {
    say(`no Docker engine here: installing ${packages.join(', ')} with apt-get`);
    if (!(await install(root, artefacts)))
      return { kind: 'left-out', why: 'apt-get could not install an engine', remedy };
  }
  say(`starting dockerd in the background; it stays (log: ${join(artefacts, 'dockerd.log')})`);
  const isUp = await startDaemon(root, artefacts);
  return isUp ? ready(plan === 'install' ? 'installed and started' : 'started') : unstarted(artefacts);
}

const ready = (note: string): Outcome => ({ kind: 'done', counts: none, note });

const unstarted = (artefacts: string): Outcome => ({
  kind: 'left-out',
  why: 'dockerd does not come up',
  remedy: `see ${join(artefacts, 'dockerd.log')}`,
});

async function look(root: string, artefacts: string): Promise<Found> {
  return {
    answers: await answers(root, artefacts),
    hasDocker: isProgram('docker'),
    hasDockerd: isProgram('dockerd'),
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync('/etc/debian_version') && isProgram('apt-get'),
  };
}

function isProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function answers(root: string, artefacts: string): Promise<boolean> {
  const options = { cwd: root, logFile: join(artefacts, 'engine.log'), limitMs: 20_000 };
  return (await run(['docker', 'version'], options)).exitCode === 0;
}

async function install(root: string, artefacts: string): Promise<boolean> {
  const options = {
    cwd: root,
    logFile: join(artefacts, 'engine.log'),
    limitMs: 600_000,
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
  };
  await run(['apt-get', 'update'], options);
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  return (await run(command, options)).exitCode === 0;
}

/** In a session of its own with no terminal or pipe of ours, so that this command can end while the engine stays. */
async function startDaemon(root: string, artefacts: string): Promise<boolean> {
  const log = openSync(join(artefacts, 'dockerd.log'), 'a');
  const daemon = spawn('dockerd', [], { cwd: '/', stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  daemon.on('error', () => {});
  daemon.unref();
  for (let tries = 0; tries < 60; tries += 1) {
    if (await answers(root, artefacts)) return true;
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  return false;
}
