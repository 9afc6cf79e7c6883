// The ordinary run: 200 seeds and every seed that ever failed, without a broken promise.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './bundle.ts';
import { runRange, runSeeds, type SeedReport, withBundle } from './crew.ts';
import { runSeed } from './run.ts';

function broken(reports: readonly SeedReport[]): readonly string[] {
  return reports
    .filter(report => report.violation !== null)
    .map(({ seed, violation }) => `seed ${seed}: ${violation!.promise}: ${violation!.what}`);
}

async function rememberedSeeds(): Promise<readonly number[]> {
  const text = await readFile(join(ROOT, 'test/sim/seeds.txt'), 'utf8');
  const lines = text.split('\n').map(line => line.replace(/#.*/, '').trim());
  return lines.filter(line => line !== '').map(Number);
}

describe('the simulated world', () => {
  it('keeps every promise in the ordinary 200 seeds', async () => {
    const reports = await withBundle(null, bundle => runRange(bundle, 1, 200));
    expect(broken(reports)).toEqual([]);
    expect(reports).toHaveLength(200);
  });

  it('keeps every promise in the seeds that once broke one', async () => {
    const reports = await withBundle(null, async bundle => {
      const all: SeedReport[] = [];
      for (const seed of await rememberedSeeds()) all.push(...(await runSeeds(bundle, seed, 1, 'all')));
      return all;
    });
    expect(broken(reports)).toEqual([]);
  });

  it('runs a seed twice in the same way', () => {
    const [first, second] = [runSeed(7), runSeed(7)];
    expect(second).toEqual(first);
  });

  it('runs another seed in another way', () => {
    expect(runSeed(8).hash).not.toBe(runSeed(7).hash);
  });
});
