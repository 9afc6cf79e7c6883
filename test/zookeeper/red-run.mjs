#!/usr/bin/env node
// Shows that the fault suite can fail: runs each case on the bare client, or, where that happens to behave, on a driver
// that is broken on purpose, and keeps what each of them said. Ends with 0 only if every case was red.
//
//   node test/zookeeper/red-run.mjs
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KEPT = fileURLToPath(new URL('./red-on-bare-client.txt', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vipkeeper-red-'));
const outputFile = join(folder, 'report.json');

const files = ['connection', 'session', 'ensemble', 'outage'].map(name => `test/zookeeper/${name}-`);
const vitest = ['vitest', 'run', '--project', 'zookeeper', ...files, '--reporter=json', `--outputFile=${outputFile}`];
spawnSync('npx', vitest, { cwd: root, env: { ...process.env, VIPKEEPER_ZK_DRIVER: 'red' }, stdio: 'inherit' });
const report = JSON.parse(readFileSync(outputFile, 'utf8'));
rmSync(folder, { recursive: true });

const cases = report.testResults
  .flatMap(file => file.assertionResults)
  .map(({ title, status, failureMessages, meta }) => ({ title, status, failureMessages, driver: meta?.driver ?? '?' }))
  .sort((one, other) => Number.parseInt(one.title, 10) - Number.parseInt(other.title, 10));
const red = cases.filter(({ status }) => status === 'failed');

writeFileSync(KEPT, `${[...head(), ...cases.map(paragraph)].join('\n')}\n`);
console.log(`${red.length} of ${cases.length} cases were red; see ${KEPT}`);
process.exitCode = red.length === cases.length && cases.length > 0 ? 0 : 1;

function head() {
  return [
    'What the cases of the fault suite said on drivers that do not deserve to pass.',
    'Written by: node test/zookeeper/red-run.mjs',
    'bare: node-zookeeper-client 1.1.3 as it comes. forgetful, stealing: ours with one thing wrong (broken-drivers.ts).',
    `${red.length} of ${cases.length} cases were red.`,
    '',
  ];
}

function paragraph({ title, status, failureMessages, driver }) {
  const message = (failureMessages[0] ?? '').split('\n    at ')[0].trim();
  const indented = message
    .split('\n')
    .filter(line => line !== '')
    .slice(0, 12)
    .map(line => `    ${line}`);
  return [`${status === 'failed' ? 'RED  ' : 'GREEN'} on ${driver}: ${title}`, ...indented, ''].join('\n');
}
