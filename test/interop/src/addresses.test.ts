// The keeper of addresses on a real kernel: in a network namespace of its own, where it may add and remove what it likes.
// The keeper is bundled from its source and driven by a small program inside the namespace.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const agentSource = resolve(import.meta.dirname, '../../../packages/agent/src');

const STORY = `
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { keepAddresses } from './addresses.ts';

const ip = (...words) => execFileSync('ip', words).toString();
const leased = () =>
  JSON.parse(ip('-json', 'address', 'show', 'dev', 'lo'))[0]
    .addr_info.filter(({ scope }) => scope === 'global')
    .map(({ local, label, deprecated, valid_life_time: valid }) =>
      [local, label, deprecated ? 'deprecated' : undefined, valid > 1e9 ? 'for ever' : 'leased'].filter(Boolean).join(' '))
    .sort();
const story = { warnings: [] };
const reports = [];
const log = { debug() {}, info() {}, warn: (fields, message) => story.warnings.push([fields.vip, message]) };

ip('link', 'set', 'lo', 'up');
ip('address', 'add', '192.0.2.77/32', 'dev', 'lo', 'label', 'lo:vipkeeper', 'valid_lft', '300', 'preferred_lft', '300');
ip('address', 'add', '2001:db8::77/128', 'dev', 'lo', 'valid_lft', '300', 'preferred_lft', '0');
ip('address', 'add', '192.0.2.5/32', 'dev', 'lo');
ip('address', 'add', '203.0.113.1/32', 'dev', 'lo', 'label', 'lo:vipkeeper', 'valid_lft', '300', 'preferred_lft', '300');

const keeper = keepAddresses({
  device: 'lo', leaseMs: 4000, renewMs: 1300, lingerMs: 1500, keep: ['192.0.2.1'], log,
  allows: vip => !vip.startsWith('203.'), clock: () => performance.now(), onPresent: present => reports.push(present),
});
await keeper.start();
keeper.serve(['192.0.2.1', '2001:db8::1', '192.0.2.5']);
await pause(700);
story.served = leased();
story.reported = [...reports.at(-1)].sort();

const before = reports.length;
ip('address', 'delete', '192.0.2.1/32', 'dev', 'lo');
await pause(1700);
story.putBack = leased();
story.reportsOfIt = reports.length - before;

await pause(5000);
story.renewed = leased();

keeper.serve(['192.0.2.1']);
await pause(300);
story.lingering = leased();
await pause(2700);
story.withdrawn = leased();

await keeper.stop(0);
story.stopped = leased();
console.log(JSON.stringify(story));
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vipkeeper-addresses-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function tell(): Promise<unknown> {
  const program = join(directory, 'story.mjs');
  await build({
    stdin: { contents: STORY, resolveDir: agentSource, loader: 'ts' },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['vipkeeper-source'],
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  });
  const { stdout } = await promisify(execFile)('unshare', ['--map-root-user', '--net', process.execPath, program]);
  return JSON.parse(stdout);
}

describe('addresses on a real kernel', () => {
  it('adds, renews, puts back, lets linger and removes its own, and touches nothing else', async () => {
    const foreign = ['192.0.2.5 lo for ever', '203.0.113.1 lo:vipkeeper leased'];
    const ours = ['192.0.2.1 lo:vipkeeper leased', ...foreign, '2001:db8::1 deprecated leased'].sort();
    expect(await tell()).toEqual({
      served: ours,
      reported: ['192.0.2.1', '192.0.2.5', '2001:db8::1', '203.0.113.1', '::1'],
      putBack: ours,
      reportsOfIt: 0,
      warnings: [['192.0.2.1', 'address had gone, put back']],
      renewed: ours,
      lingering: ours,
      withdrawn: ['192.0.2.1 lo:vipkeeper leased', ...foreign],
      stopped: foreign,
    });
  });
});
