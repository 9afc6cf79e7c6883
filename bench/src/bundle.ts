// One file out of many, the way docker/build-images does it for the image. esbuild is the workspace's own, found in the
// root's node_modules.
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './places.ts';

const REQUIRE = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __toPath } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __toPath(import.meta.url);',
  "const __dirname = __toPath(new URL('.', import.meta.url));",
].join(' ');

/** Bundles a source file of the repository (a path below its root). */
export async function bundle(source: string, output: string): Promise<void> {
  await build({
    entryPoints: [join(ROOT, source)],
    outfile: output,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['vipkeeper-source'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
}
