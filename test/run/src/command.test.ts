import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run, tail } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipkeeper-run-'));
const options = (name: string, limitMs = 20_000) => ({ cwd: folder, logFile: join(folder, `${name}.log`), limitMs });

it('says how a command ended and keeps what it said', async () => {
  const { exitCode, timedOut } = await run(['sh', '-c', 'echo one; echo two >&2; exit 3'], options('said'));
  expect({ exitCode, timedOut }).toEqual({ exitCode: 3, timedOut: false });
  expect(tail(join(folder, 'said.log'), 5)).toBe('one\ntwo');
});

it('treats a command that does not exist as one that ended badly', async () => {
  const { exitCode, timedOut } = await run(['/nowhere/at-all'], options('absent'));
  expect({ exitCode, timedOut }).toEqual({ exitCode: null, timedOut: false });
});

it('ends a command that takes too long together with its children', async () => {
  const ending = await run(['sh', '-c', 'sleep 60 & echo $!; wait'], options('slow', 300));
  expect({ exitCode: ending.exitCode, timedOut: ending.timedOut }).toEqual({ exitCode: null, timedOut: true });
  const child = Number(tail(join(folder, 'slow.log'), 1));
  await expect.poll(() => isAlive(child), { timeout: 5000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
