// Runs many seeds in child processes, each with a bundle of its own: two at a time, so that a machine of two cores is
// used and no more.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundleSim } from './bundle.ts';
import type { Violation } from './judge.ts';
import type { Plant } from './plants.ts';

/** What a worker says of one seed. */
export interface SeedReport {
  readonly seed: number;
  readonly hash: string;
  readonly darkMs: number;
  readonly simulatedMs: number;
  readonly violation: Violation | null;
}

/** How many worker processes run side by side. */
export const WORKERS = Math.max(1, Math.min(4, availableParallelism()));

/** Calls `use` with the path of a bundle, and removes it afterwards. */
export async function withBundle<T>(plant: Plant | null, use: (bundle: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vipkeeper-sim-'));
  try {
    const bundle = join(folder, 'sim.mjs');
    await bundleSim(bundle, plant);
    return await use(bundle);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Run seeds in one child. Rejects when it fails, with what it said. */
export async function runSeeds(
  bundle: string,
  from: number,
  count: number,
  until: 'first' | 'all',
  onReport: (report: SeedReport) => void = () => {},
): Promise<readonly SeedReport[]> {
  const child = spawn(process.execPath, [bundle, String(from), String(count), until], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reports: SeedReport[] = [];
  let complaint = '';
  child.stderr.on('data', data => {
    complaint = `${complaint}${data}`.slice(-4000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const report: SeedReport = JSON.parse(line);
    reports.push(report);
    onReport(report);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`The simulation of seeds ${from}.. ended with ${code}: ${complaint}`);
  return reports;
}

/** Run all seeds of a range, spread over the workers. */
export async function runRange(
  bundle: string,
  from: number,
  count: number,
  onReport?: (report: SeedReport) => void,
): Promise<readonly SeedReport[]> {
  const share = Math.ceil(count / WORKERS);
  const parts = Array.from({ length: WORKERS }, (_, index) => {
    const first = from + index * share;
    return runSeeds(bundle, first, Math.max(0, Math.min(share, from + count - first)), 'all', onReport);
  });
  return (await Promise.all(parts)).flat();
}

/** The first seed of `count` that shows a planted bug; null when none does. */
export function findPlant(plant: Plant, count: number): Promise<SeedReport | null> {
  return withBundle(plant, async bundle => {
    const reports = await runSeeds(bundle, 1, count, 'first');
    return reports.find(report => report.violation !== null) ?? null;
  });
}
