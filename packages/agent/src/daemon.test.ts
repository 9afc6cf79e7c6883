import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createListener, type Listener } from '@vipkeeper/bgp';
import { connect } from '@vipkeeper/zk';
import { type DevelopmentServer, startDevelopmentServer } from '@vipkeeper/zk/development';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from './configuration.ts';
import { Daemon } from './daemon.ts';
import { type ConfigPlan, configText, freePort, type HeardLine, heardLog } from './fixture.ts';

let directory: string;
let zooKeeper: DevelopmentServer;
let router: Listener;
let daemons: Daemon[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vipkeeper-daemon-'));
  zooKeeper = await startDevelopmentServer({ tickTimeMs: 200 });
  router = createListener({ address: '127.0.0.1', port: 0, localAs: 64496, routerId: '10.0.0.254' });
  await router.start();
  daemons = [];
});
afterEach(async () => {
  for (const daemon of daemons) {
    daemon.shutdown();
    daemon.shutdown();
    await daemon.stopped;
  }
  await router.close();
  await zooKeeper.close();
  rmSync(directory, { recursive: true });
});

interface Run {
  readonly daemon: Daemon;
  readonly lines: readonly HeardLine[];
  readonly write: (changes: Partial<ConfigPlan>) => void;
}

async function run(changes: Partial<ConfigPlan> = {}): Promise<Run> {
  const file = join(directory, 'agent.yaml');
  const adminPort = await freePort();
  const plan: ConfigPlan = {
    zooKeeperPort: zooKeeper.port,
    routerPort: router.port,
    stateFile: join(directory, 'state.json'),
    ...changes,
  };
  const write = (more: Partial<ConfigPlan>): void => writeFileSync(file, configText({ ...plan, ...more }, adminPort));
  write({});
  const loaded = loadConfiguration(file);
  if (loaded.kind !== 'ok') throw new Error(loaded.problems.join('\n'));
  const { log, lines } = heardLog();
  const daemon = new Daemon({ file, loaded, log });
  daemons.push(daemon);
  await daemon.start();
  return { daemon, lines, write };
}

const heard = (): readonly string[] =>
  router
    .routes()
    .map(({ prefix }) => prefix)
    .sort();
const eventually = (): ReturnType<typeof expect.poll<readonly string[]>> =>
  expect.poll(heard, { timeout: 8000, interval: 20 });

describe('the daemon', () => {
  it('announces its VIP to the router, and says so everywhere', async () => {
    const { daemon } = await run();
    await eventually().toEqual(['192.0.2.1/32']);
    const at = `http://127.0.0.1:${daemon.admin!.port}`;
    await expect.poll(async () => (await fetch(`${at}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${at}/metrics`)).text();
    const router_ = `peer="127.0.0.1:${router.port}"`;
    expect(metrics).toContain(`vipkeeper_vip_advertised{service="apex",vip="192.0.2.1",${router_}} 1`);
    expect(metrics).toContain('vipkeeper_vip_reason{service="apex",vip="192.0.2.1",reason="own"} 1');
    expect(metrics).toContain('vipkeeper_vip_reason{service="apex",vip="192.0.2.1",reason="unhealthy"} 0');
    expect(metrics).toContain('vipkeeper_coordination_state{state="connected"} 1');
    expect(metrics).toContain('vipkeeper_build_info{version="0.1.0"');
  });

  it('withdraws and tells the router why when it is asked to stop, and its facts are gone', async () => {
    const { daemon, lines } = await run();
    await eventually().toEqual(['192.0.2.1/32']);
    const events: string[] = [];
    router.onEvent(event => events.push(event.kind === 'peer-down' ? event.reason : event.kind));
    daemon.shutdown();
    await daemon.stopped;
    await expect
      .poll(() => events.filter(event => event !== 'announce'))
      .toEqual(['withdraw', 'the peer sent Cease/Administrative Shutdown ("vipkeeper lb-r1 was stopped")']);
    expect(zooKeeper.sessions()).toEqual([]);
    expect(lines.at(-1)!.message).toBe('stopped');
    expect(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8'))).toEqual({
      version: 1,
      agent: 'lb-r1',
      services: [{ name: 'apex', maintenance: false, drains: [], owners: { '192.0.2.1': 'lb-r1' } }],
    });
  });

  it('stops while it still starts', async () => {
    const file = join(directory, 'agent.yaml');
    writeFileSync(
      file,
      configText(
        { zooKeeperPort: zooKeeper.port, routerPort: router.port, stateFile: join(directory, 'state.json') },
        await freePort(),
      ),
    );
    const loaded = loadConfiguration(file);
    if (loaded.kind !== 'ok') throw new Error(loaded.problems.join('\n'));
    const daemon = new Daemon({ file, loaded, log: heardLog().log });
    const starting = daemon.start();
    daemon.shutdown();
    await starting;
    await daemon.stopped;
    expect(heard()).toEqual([]);
  });

  it('holds its route while ZooKeeper is silent, and through a new session', async () => {
    const { daemon, lines } = await run();
    await eventually().toEqual(['192.0.2.1/32']);
    const events: string[] = [];
    router.onEvent(event => events.push(event.kind));
    zooKeeper.pause();
    await expect.poll(() => daemon.status().coordination.state, { timeout: 5000 }).toBe('lost');
    expect(daemon.status().services[0]!.vips[0]!.reason).toBe('holding');
    zooKeeper.resume();
    for (const session of zooKeeper.sessions()) zooKeeper.expireSession(session.id);
    await expect.poll(() => daemon.status().services[0]!.vips[0]!.reason, { timeout: 8000 }).toBe('own');
    expect(events).toEqual([]);
    expect(lines.filter(line => line.message === 'coordination changed').length).toBeGreaterThan(2);
  });

  it('leaves everything out in maintenance, garbage in the flag or not, and comes back', async () => {
    await run();
    await eventually().toEqual(['192.0.2.1/32']);
    const operator = connect({ servers: [{ host: '127.0.0.1', port: zooKeeper.port }], sessionTimeoutMs: 2000 });
    await expect.poll(() => operator.state.kind).toBe('connected');
    const flag = '/vipkeeper/services/apex/maintenance';
    await operator.create(flag, Buffer.from([0xff, 0x00, 0x7b]));
    await eventually().toEqual([]);
    await operator.delete(flag, -1);
    await eventually().toEqual(['192.0.2.1/32']);
    await operator.close();
  });

  it('reloads whole or not at all, and touches only what differs', async () => {
    const { daemon, lines, write } = await run();
    await eventually().toEqual(['192.0.2.1/32']);
    const events: string[] = [];
    router.onEvent(event =>
      events.push('prefix' in event ? event.prefix : 'route' in event ? event.route.prefix : event.kind),
    );

    write({ vips: ['192.0.2.1', '192.0.2.300'], agent: 'other' });
    daemon.reload();
    expect(lines.at(-1)).toEqual({
      level: 'error',
      message: 'reload refused, nothing was changed',
      fields: { file: expect.any(String), problems: [expect.stringContaining('services[0].vips[1]')] },
    });
    write({ vips: ['192.0.2.1', '192.0.2.2'], agent: 'other' });
    daemon.reload();
    expect(daemon.status().config.refused).toEqual(['agent has changed, which needs a restart']);

    write({ vips: ['192.0.2.1', '192.0.2.2'] });
    daemon.reload();
    await eventually().toEqual(['192.0.2.1/32', '192.0.2.2/32']);
    expect(events).toEqual(['192.0.2.2/32']);
    expect(daemon.status().config.refused).toEqual([]);
  });

  it('keeps a VIP that a reload gives another check, and withdraws it when that check fails', async () => {
    const { daemon, write } = await run();
    await eventually().toEqual(['192.0.2.1/32']);
    const port = await freePort();
    write({
      checks: `[{ name: web, tcp: "127.0.0.1:${port}", intervalSeconds: 0.1, fastIntervalSeconds: 0.1, timeoutSeconds: 0.1, fall: 3 }]`,
    });
    daemon.reload();
    expect(heard()).toEqual(['192.0.2.1/32']);
    await eventually().toEqual([]);
    expect(daemon.status().services[0]!.vips[0]).toMatchObject({
      reason: 'unhealthy',
      because: `not announcing 192.0.2.1: the local check fails (check web: connect ECONNREFUSED 127.0.0.1:${port})`,
    });
  });

  it('cannot start where its admin port is taken, and then announces nothing', async () => {
    const { daemon } = await run();
    const file = join(directory, 'second.yaml');
    writeFileSync(
      file,
      configText(
        { zooKeeperPort: zooKeeper.port, routerPort: router.port, stateFile: join(directory, 'second.json') },
        daemon.admin!.port,
      ),
    );
    const loaded = loadConfiguration(file);
    if (loaded.kind !== 'ok') throw new Error(loaded.problems.join('\n'));
    const second = new Daemon({ file, loaded, log: heardLog().log });
    await expect(second.start()).rejects.toThrow(/^Cannot listen for the admin endpoint on 127.0.0.1 port \d+/);
  });
});
