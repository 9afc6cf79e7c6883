// The simulator and the product in one file, with a planted bug or without. The product's code has no seams for this: the
// bundler reads its sources, and a plug-in changes them on the way.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Edit, Plant } from './plants.ts';

/** The repository's root, from `test/sim/src` and from `test/sim/dist` alike. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Apply one edit. Throws when its place is not there exactly once. */
export function applyEdit(source: string, edit: Edit): string {
  const parts = source.split(edit.find);
  if (parts.length !== 2)
    throw new Error(`Cannot plant in ${edit.file}: found ${parts.length - 1} times, expected once: ${edit.find}`);
  return parts.join(edit.replace);
}

function planting(plant: Plant, planted: Set<Edit>): Plugin {
  return {
    name: 'plant',
    setup: bundling => {
      bundling.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const file = relative(ROOT, path).split(sep).join('/');
        let contents = await readFile(path, 'utf8');
        for (const edit of plant.edits) {
          if (edit.file !== file) continue;
          contents = applyEdit(contents, edit);
          planted.add(edit);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** Write the bundle of the simulator's worker to `outfile`. Throws when an edit found no place. */
export async function bundleSim(outfile: string, plant: Plant | null): Promise<void> {
  const planted = new Set<Edit>();
  await build({
    entryPoints: [join(ROOT, 'test/sim/src/worker.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['vipkeeper-source'],
    outfile,
    logLevel: 'silent',
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    plugins: plant === null ? [] : [planting(plant, planted)],
  });
  const missed = plant?.edits.find(edit => !planted.has(edit));
  if (missed !== undefined) throw new Error(`Cannot plant in ${missed.file}: the file is not part of the simulation`);
}
