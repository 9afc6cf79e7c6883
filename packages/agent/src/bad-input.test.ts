import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createListener, type Listener } from '@vipkeeper/bgp';
import { type AclEntry, connect, type ZkSession } from '@vipkeeper/zk';
import { type DevelopmentServer, startDevelopmentServer } from '@vipkeeper/zk/development';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from './configuration.ts';
import { Daemon } from './daemon.ts';
import { configText, freePort, type HeardLine, heardLog } from './fixture.ts';

// What others may have left in ZooKeeper, or configured elsewhere: it is told, and no route is lost by it.
let directory: string;
let zooKeeper: DevelopmentServer;
let router: Listener;
let operator: ZkSession;
let daemons: Daemon[];

const APEX = '/vipkeeper/services/apex';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vipkeeper-bad-input-'));
  zooKeeper = await startDevelopmentServer({ tickTimeMs: 200 });
  router = createListener({ address: '127.0.0.1', port: 0, localAs: 64496, routerId: '10.0.0.254' });
  await router.start();
  operator = session([]);
  await expect.poll(() => operator.state.kind).toBe('connected');
  daemons = [];
});
afterEach(async () => {
  for (const daemon of daemons) {
    daemon.shutdown();
    daemon.shutdown();
    await daemon.stopped;
  }
  await operator.close();
  await router.close();
  await zooKeeper.close();
  rmSync(directory, { recursive: true });
});

function session(auth: readonly { readonly scheme: string; readonly credentials: Uint8Array }[]): ZkSession {
  return connect({ servers: [{ host: '127.0.0.1', port: zooKeeper.port }], sessionTimeoutMs: 4000, auth });
}

interface Plan {
  readonly id: number;
  readonly name?: string;
  readonly service?: string;
  readonly vips?: readonly string[];
}

async function run({ id, name = `lb-${id}`, service = 'apex', vips = [`192.0.2.${id}`] }: Plan): Promise<Run> {
  const file = join(directory, `${id}.yaml`);
  const stateFile = join(directory, `${id}.json`);
  const plan = { zooKeeperPort: zooKeeper.port, routerPort: router.port, stateFile, agent: name, vips };
  const text = configText({ ...plan, more: 'coldStart: { waitSeconds: 2 }' }, await freePort())
    .replace('routerId: 10.0.0.1', `routerId: 10.0.0.${id}`)
    .replace('name: apex', `name: ${service}`);
  writeFileSync(file, text);
  const loaded = loadConfiguration(file);
  if (loaded.kind !== 'ok') throw new Error(loaded.problems.join('\n'));
  const { log, lines } = heardLog();
  const daemon = new Daemon({ file, loaded, log });
  daemons.push(daemon);
  await daemon.start();
  return { lines, says: vip => told(daemon, vip) };
}

interface Run {
  readonly lines: readonly HeardLine[];
  /** Why it does or does not announce the VIP. */
  readonly says: (vip: string) => string | undefined;
}

function told(daemon: Daemon, vip: string): string | undefined {
  return daemon
    .status()
    .services.flatMap(service => service.vips)
    .find(one => one.vip === vip)?.because;
}

const eventually = (look: () => unknown) => expect.poll(look, { timeout: 8000, interval: 20 });
const OWN = 'announcing 192.0.2.1 as authority: this agent owns it';

/** What the router hears from now on that takes a route away. */
function lossesFrom(routerId: string): readonly string[] {
  const lost: string[] = [];
  router.onEvent(event => {
    if (event.peer.routerId !== routerId) return;
    if (event.kind === 'withdraw' || event.kind === 'peer-down') lost.push(event.kind);
  });
  return lost;
}

async function empty(path: string): Promise<void> {
  for (const name of (await operator.children(path)).names) await empty(`${path}/${name}`);
  await operator.delete(path, -1).catch(() => {});
}

describe('the tree in ZooKeeper', () => {
  it('is emptied: no VIP goes, and everything is written again', async () => {
    const { says } = await run({ id: 1 });
    await eventually(() => says('192.0.2.1')).toBe(OWN);
    const lost = lossesFrom('10.0.0.1');
    await empty('/vipkeeper');
    await eventually(async () => (await operator.exists(`${APEX}/out/192.0.2.1@lb-1`)) !== null).toBe(true);
    await eventually(async () => (await operator.exists(`${APEX}/registry/192.0.2.1`)) !== null).toBe(true);
    expect([lost, says('192.0.2.1')]).toEqual([[], OWN]);
  });

  it('holds records of a newer version: they are told of and left alone, and the owner announces', async () => {
    const newer = bytes('{"version":99}');
    for (const path of [`${APEX}/registry/192.0.2.1`, `${APEX}/able/lb-9@life`, '/vipkeeper/vips/192.0.2.1']) {
      await operator.ensurePath(path);
      await operator.set(path, newer, -1);
    }
    const { says, lines } = await run({ id: 1 });
    await eventually(() => says('192.0.2.1')).toBe(OWN);
    const told = lines.find(line => line.message === 'registry record not understood, left as it is');
    expect(told?.fields).toEqual({ service: 'apex', vip: '192.0.2.1', error: 'version 99' });
    expect((await operator.get(`${APEX}/registry/192.0.2.1`))?.data).toEqual(Buffer.from(newer));
    expect((await operator.get('/vipkeeper/vips/192.0.2.1'))?.data).toEqual(Buffer.from(newer));
  });

  it('is not ours to read: that is said, and the VIP is announced as a last resort after the wait', async () => {
    const auth = { scheme: 'digest', credentials: bytes('keeper:word') };
    const keeper = session([auth]);
    await expect.poll(() => keeper.state.kind).toBe('connected');
    const acl: AclEntry[] = [{ scheme: 'auth', id: '', permissions: ['read', 'write', 'create', 'delete', 'admin'] }];
    await keeper.create('/vipkeeper', bytes(''), { acl });
    await keeper.close();
    const { says, lines } = await run({ id: 1 });
    await eventually(() => says('192.0.2.1')).toMatch(/^not announcing .*starting.*not permitted/);
    await eventually(() => says('192.0.2.1')).toMatch(/^announcing 192.0.2.1 as last-resort: .*not permitted/);
    expect(lines.filter(line => line.message === 'ZooKeeper refused an operation').map(line => line.level)).toEqual([
      'warn',
    ]);
  });
});

describe('another agent', () => {
  it('has the VIP in another service: the second one says so and does not announce it', async () => {
    const first = await run({ id: 1 });
    await eventually(() => first.says('192.0.2.1')).toBe(OWN);
    const second = await run({ id: 2, service: 'other', vips: ['192.0.2.1', '192.0.2.2'] });
    await eventually(() => second.says('192.0.2.2')).toMatch(/this agent owns it/);
    expect([first.says('192.0.2.1'), second.says('192.0.2.1')]).toEqual([
      OWN,
      'not announcing 192.0.2.1: this VIP belongs to another service (registered in service apex)',
    ]);
    expect(router.paths('192.0.2.1/32').length).toBe(1);
  });

  it('has the VIP in the same service: the second one warns and stands by', async () => {
    const first = await run({ id: 1 });
    await eventually(() => first.says('192.0.2.1')).toBe(OWN);
    const second = await run({ id: 2, vips: ['192.0.2.1'] });
    await eventually(() => second.says('192.0.2.1')).toBe(
      'announcing 192.0.2.1 as standby: configured here, but owned by another agent (the registry names lb-1, which is alive)',
    );
    expect(first.says('192.0.2.1')).toBe(OWN);
    expect(second.lines.find(line => line.fields.to === 'conflict')?.level).toBe('warn');
  });

  it('has the name: the second one says where, and takes nothing from the first', async () => {
    const first = await run({ id: 1 });
    await eventually(() => first.says('192.0.2.1')).toBe(OWN);
    const lost = lossesFrom('10.0.0.1');
    const second = await run({ id: 2, name: 'lb-1', vips: ['192.0.2.2'] });
    await eventually(() => second.says('192.0.2.2')).toMatch(/^not announcing 192.0.2.2: name in use by /);
    expect([first.says('192.0.2.1'), lost]).toEqual([OWN, []]);
  });
});
