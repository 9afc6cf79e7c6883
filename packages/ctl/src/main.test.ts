import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The command as people run it: one bundled file, in processes of its own.
let directory: string;
let program: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vipctl-'));
  program = join(directory, 'vipctl.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['vipkeeper-source'],
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

function start(args: readonly string[], stdout: 'pipe' | number = 'pipe'): ChildProcess {
  return spawn(process.execPath, [program, ...args], { cwd: directory, stdio: ['ignore', stdout, 'pipe'] });
}

function ended(child: ChildProcess): Promise<{ readonly status: number | null; readonly stderr: string }> {
  let stderr = '';
  child.stderr!.on('data', chunk => {
    stderr += chunk;
  });
  return new Promise(resolve => child.on('close', status => resolve({ status, stderr })));
}

describe('vipctl as a process', () => {
  it('ends quietly when its reader goes away', async () => {
    const child = start(['config', 'schema']);
    child.stdout!.destroy();
    expect(await ended(child)).toEqual({ status: 0, stderr: '' });
  });

  it('fails, and says so, when its output cannot be written', async () => {
    const path = join(directory, 'closed');
    writeFileSync(path, '');
    const readOnly = openSync(path, 'r');
    const { status, stderr } = await ended(start(['config', 'schema'], readOnly));
    closeSync(readOnly);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^vipctl: Cannot write to standard output: EBADF/)]);
  });

  it('says within its time that ZooKeeper cannot be reached', async () => {
    const child = start(['--servers', '127.0.0.1:1', '--connect-timeout', '300ms', 'status']);
    expect(await ended(child)).toEqual({
      status: 5,
      stderr: expect.stringMatching(/^vipctl: Cannot reach ZooKeeper at 127\.0\.0\.1:1 within 0\.3 s/),
    });
  });

  it('names a configuration file that is not there', async () => {
    const child = spawn(process.execPath, [program, 'status'], {
      cwd: directory,
      env: { PATH: process.env.PATH, VIPCTL_CONFIG: join(directory, 'none.yaml') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(await ended(child)).toEqual({
      status: 2,
      stderr: `vipctl: Cannot read ${join(directory, 'none.yaml')}: there is no such file\n`,
    });
  });
});
