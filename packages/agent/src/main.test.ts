import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createListener, type Listener } from '@vipkeeper/bgp';
import { type DevelopmentServer, startDevelopmentServer } from '@vipkeeper/zk/development';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configText, freePort } from './fixture.ts';
import { VERSION } from './version.ts';

// The command as people run it: one bundled file, in processes of its own.
let directory: string;
let program: string;
const ended: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vipkeeperd-'));
  program = join(directory, 'vipkeeperd.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['vipkeeper-source'],
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  });
});
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
interface Started {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly ended: Promise<Ended>;
}

function start(...args: readonly string[]): Started {
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.on('data', chunk => {
      said[name] += chunk;
    });
  const over = new Promise<Ended>(resolve => child.on('close', status => resolve({ status, ...said })));
  ended.push(async () => {
    child.kill('SIGKILL');
    await over;
  });
  return { child, stdout: () => said.stdout, ended: over };
}

interface World {
  readonly router: Listener;
  readonly zooKeeper: DevelopmentServer;
  readonly text: string;
}

async function world(): Promise<World> {
  const zooKeeper = await startDevelopmentServer({ tickTimeMs: 200 });
  const router = createListener({ address: '127.0.0.1', port: 0, localAs: 64496, routerId: '10.0.0.254' });
  await router.start();
  ended.push(() => zooKeeper.close());
  ended.push(() => router.close());
  const stateFile = join(directory, 'state.json');
  const plan = { zooKeeperPort: zooKeeper.port, routerPort: router.port, stateFile };
  return { router, zooKeeper, text: configText(plan, await freePort()) };
}

// A device that is always full; where there is none, a file that cannot be written to does as well.
function fullDevice(): number {
  const fd = existsSync('/dev/full') ? openSync('/dev/full', 'w') : openSync(program, 'r');
  ended.push(() => closeSync(fd));
  return fd;
}

describe('vipkeeperd', { timeout: 30_000 }, () => {
  it('says its version, which is the package’s', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
    expect(await start('--version').ended).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(VERSION).toBe(version);
  });

  it('answers wrong usage with how it is used, and status 2', async () => {
    for (const args of [[], ['--nonsense'], ['check'], ['run', 'x'], ['check', 'a', 'b']]) {
      const { status, stdout, stderr } = await start(...args).ended;
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('Usage: vipkeeperd --config FILE');
    }
  });

  it('checks a file: all its problems and status 2, or good and status 0', async () => {
    const text = (await world()).text.replace('shutdownSeconds: 1', 'shutdownSeconds: 45');
    writeFileSync(join(directory, 'good.yaml'), text);
    expect(await start('check', 'good.yaml').ended).toEqual({ status: 0, stdout: 'good.yaml: good\n', stderr: '' });
    writeFileSync(join(directory, 'bad.yaml'), text.replace('localAs: 64497', 'localAs: 0').replace('apex', 'a/b'));
    const bad = {
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^bad.yaml:\d+:\d+: .*\nbad.yaml:\d+:\d+: .*\n$/),
    };
    expect(await start('check', 'bad.yaml').ended).toEqual(bad);
    expect(await start('--config', 'bad.yaml').ended).toEqual(bad);
    expect((await start('--config', 'none.yaml').ended).status).toBe(2);
  });

  it('announces, reloads on SIGHUP, drains on SIGTERM and ends with status 0', async () => {
    const { router, text } = await world();
    writeFileSync(join(directory, 'agent.yaml'), text);
    const daemon = start('--config', 'agent.yaml');
    await expect.poll(() => router.routes().length, { timeout: 10_000 }).toBe(1);
    daemon.child.kill('SIGHUP');
    await expect.poll(daemon.stdout).toContain('"msg":"reloaded"');
    daemon.child.kill('SIGTERM');
    const { status, stderr } = await daemon.ended;
    expect([status, stderr, router.routes()]).toEqual([0, '', []]);
  });

  it('stops at once when it is asked twice', async () => {
    const { router, text } = await world();
    writeFileSync(join(directory, 'agent.yaml'), text.replace('shutdownSeconds: 1', 'shutdownSeconds: 600'));
    const daemon = start('--config', 'agent.yaml');
    await expect.poll(() => router.routes().length, { timeout: 10_000 }).toBe(1);
    daemon.child.kill('SIGTERM');
    await expect.poll(daemon.stdout).toContain('waiting-for-cover');
    expect(router.routes().length).toBe(1);
    daemon.child.kill('SIGTERM');
    expect((await daemon.ended).status).toBe(0);
  });

  it('takes its name at once when it is back after kill -9, its former session still standing', async () => {
    const { router, text } = await world();
    writeFileSync(join(directory, 'agent.yaml'), text.replace('sessionTimeoutSeconds: 1', 'sessionTimeoutSeconds: 4'));
    const former = start('--config', 'agent.yaml');
    await expect.poll(() => router.routes().length, { timeout: 10_000 }).toBe(1);
    former.child.kill('SIGKILL');
    await former.ended;
    const daemon = start('--config', 'agent.yaml');
    await expect.poll(daemon.stdout, { timeout: 10_000 }).toContain('"msg":"announce"');
    const lines = daemon
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line));
    const atMs = (wanted: string): number => Date.parse(lines.find(({ to, msg }) => [to, msg].includes(wanted)).time);
    expect(atMs('announce') - atMs('connected')).toBeLessThan(2000);
    expect(lines.filter(({ to }) => to === 'name-in-use')).toEqual([]);
  });

  it('loses no route by being frozen for longer than its ZooKeeper session lives', async () => {
    const { router, zooKeeper, text } = await world();
    writeFileSync(join(directory, 'agent.yaml'), text);
    const daemon = start('--config', 'agent.yaml');
    await expect.poll(() => router.routes().length, { timeout: 10_000 }).toBe(1);
    await expect.poll(() => zooKeeper.sessions().length).toBe(1);
    const lost: string[] = [];
    router.onEvent(({ kind }) => lost.push(...(kind === 'withdraw' || kind === 'peer-down' ? [kind] : [])));
    daemon.child.kill('SIGSTOP');
    await expect.poll(() => zooKeeper.sessions().length, { timeout: 8000 }).toBe(0);
    daemon.child.kill('SIGCONT');
    await expect.poll(() => zooKeeper.sessions().length, { timeout: 8000 }).toBe(1);
    await expect.poll(daemon.stdout).toContain('"from":"holding","to":"own"');
    expect([lost, router.routes().length]).toEqual([[], 1]);
  });

  it('lives on when nobody reads its log any more', async () => {
    const { router, text } = await world();
    writeFileSync(join(directory, 'agent.yaml'), text);
    const daemon = start('--config', 'agent.yaml');
    daemon.child.stdout!.destroy();
    await expect.poll(() => router.routes().length, { timeout: 10_000 }).toBe(1);
    daemon.child.kill('SIGTERM');
    expect((await daemon.ended).status).toBe(0);
  });

  it('lives on, and ends, when its log is a pipe that is full or a disk that is', async () => {
    const { router, text } = await world();
    writeFileSync(join(directory, 'agent.yaml'), text);
    for (const stdio of ['pipe', fullDevice()] as const) {
      const child = spawn(process.execPath, [program, '--config', 'agent.yaml'], {
        cwd: directory,
        stdio: ['ignore', stdio, 'ignore'],
      });
      ended.push(() => void child.kill('SIGKILL'));
      const over = new Promise(resolve => child.on('exit', resolve));
      await expect.poll(() => router.routes().length, { timeout: 10_000 }).toBe(1);
      // Each refused reload is a line of some 20 kB: together more than a pipe holds.
      const vips = Array.from({ length: 200 }, (_, number) => `10.0.0.${number}`).join(', ');
      writeFileSync(join(directory, 'agent.yaml'), text.replace('vips: [', `vips: [${vips}, `));
      for (let i = 0; i < 10; i++) {
        child.kill('SIGHUP');
        await new Promise(resolve => setTimeout(resolve, 50));
      }
      writeFileSync(join(directory, 'agent.yaml'), text);
      expect(router.routes().length).toBe(1);
      child.kill('SIGTERM');
      expect(await over).toBe(0);
    }
  });

  it('ends with status 1 when it cannot start, and says why', async () => {
    const { router, text } = await world();
    writeFileSync(
      join(directory, 'agent.yaml'),
      text.replace(/admin: .*/, `admin: { listen: "127.0.0.1:${router.port}" }`),
    );
    const { status, stderr } = await start('--config', 'agent.yaml').ended;
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`cannot start: Cannot listen for the admin endpoint on 127.0.0.1 port ${router.port}`),
    ]);
  });
});
