// A client in a process of its own, for what only a process can show: that it ends, and what it believes after a sleep.
// The program is bundled first, since Node runs no TypeScript by itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { World } from './fault-suite.ts';

/** What the program reports, one JSON line each. */
export type ClientLine = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** A running client. */
export interface ClientProcess {
  readonly lines: readonly ClientLine[];
  /** Its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

/** Starts `client-program.ts` with the driver under test; it is killed with the case. */
export async function runClient(world: World, program: 'close' | 'sleep', port: number): Promise<ClientProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'vipkeeper-client-'));
  const outfile = join(folder, 'client.cjs');
  const entry = fileURLToPath(new URL('./client-program.ts', import.meta.url));
  // The bare client is asked for by the path of the product's package, wherever the bundle lies.
  const define = { 'import.meta.url': JSON.stringify(import.meta.url) };
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', outfile, define });
  const child = spawn(process.execPath, [outfile, world.driverName, program, String(port), world.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  world.also(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true });
  });
  const lines: ClientLine[] = [];
  createInterface({ input: child.stdout }).on('line', line => lines.push(JSON.parse(line) as ClientLine));
  return { lines, exited, signal: name => void child.kill(name) };
}
