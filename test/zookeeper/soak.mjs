#!/usr/bin/env node
// Torments ten sessions for as long as it is told, by default a day, and says whether they were the worse for it.
//
//   node test/zookeeper/soak.mjs [MINUTES]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'vipkeeper-soak-'));
const outfile = join(folder, 'soak.mjs');
const entry = fileURLToPath(new URL('./soak.ts', import.meta.url));
// Libraries that are not modules ask for Node's own by `require`.
const banner = {
  js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
};
const define = { 'import.meta.url': JSON.stringify(import.meta.url) };
buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile, banner, define });
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
