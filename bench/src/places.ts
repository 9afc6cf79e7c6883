// Where the parts under measurement are: the repository's own build, and temporary files that go when the process ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, seen from the built file. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The daemon's entry point. */
export const VIPKEEPERD = join(ROOT, 'packages/agent/dist/main.js');
/** The command line tool's entry point. */
export const VIPCTL = join(ROOT, 'packages/ctl/dist/main.js');

/** A folder that is removed at exit. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vipkeeper-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
