// Secrets come from a file or from the environment, never from the configuration itself.
//
// A file that others may read is no secret and is refused: nobody but the owner may read it, or the group that this
// process runs as (so that root may own what an unprivileged daemon reads).
import { readFileSync, statSync } from 'node:fs';
import type { SecretSource } from '@vipkeeper/core';

const MOST_BYTES = 64 * 1024;
const GROUP_READ = 0o040;
const OTHERS = 0o077;

/** The secret, without a final line break. Throws with a reason that names the place and never the secret. */
export function readSecret(source: SecretSource, environment: NodeJS.ProcessEnv = process.env): string {
  return source.kind === 'file' ? readSecretFile(source.path) : readVariable(source.name, environment);
}

/** The same for `USER:PASSWORD`, which ZooKeeper would take in any other form and then let nobody in. */
export function readDigest(source: SecretSource, environment: NodeJS.ProcessEnv = process.env): string {
  const secret = readSecret(source, environment);
  if (/^[^:]+:./.test(secret)) return secret;
  const place = source.kind === 'file' ? `file ${source.path}` : `variable ${source.name}`;
  throw new Error(`Cannot use secret ${place}: it is not of the form USER:PASSWORD`);
}

/** The content of a file that must be secret, whole. Throws with a reason. */
export function readSecretFile(path: string): string {
  const problem = fileProblem(path);
  if (problem !== null) throw new Error(`Cannot use secret file ${path}: ${problem}`);
  const secret = withoutBreak(readFileSync(path, 'utf8'));
  if (secret === '') throw new Error(`Cannot use secret file ${path}: it is empty`);
  return secret;
}

function readVariable(name: string, environment: NodeJS.ProcessEnv): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`Cannot use secret variable ${name}: it is not set`);
  return withoutBreak(value);
}

function fileProblem(path: string): string | null {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return 'it is not a file';
    if (stat.size > MOST_BYTES) return `it is over ${MOST_BYTES} bytes`;
    const forOurGroup = stat.gid === process.getgid?.() ? GROUP_READ : 0;
    if ((stat.mode & OTHERS & ~forOurGroup) === 0) return null;
    return `its mode is ${(stat.mode & 0o777).toString(8).padStart(4, '0')}, expected 0600: others may read or change it`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (error as Error).message;
  }
}

function withoutBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
