import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytes, healthyService, plant, startWorld, vipctl, type World } from './fixture.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
});

describe('vipctl status', () => {
  it('shows what stands in ZooKeeper', async () => {
    await plant(world, healthyService());
    const ran = await world.vipctl(['status']);
    expect({ ...ran, out: ran.out.replace(/\d+d\d+h/g, 'AGO').replace(/ +SINCE/, ' SINCE') }).toEqual({
      exit: 0,
      err: '',
      out: `SERVICE  VIP          OWNER  ANNOUNCED BY  ROLE       HEALTH   BGP SINCE    REASON
apex     192.0.2.1    lb-1   lb-1, lb-2    authority  passing  2/2  AGO  own
apex     2001:db8::2  lb-2   lb-2, lb-1    authority  passing  2/2  AGO  own
`,
    });
  });

  it('is versioned as JSON and as YAML, and has instants in RFC 3339', async () => {
    await plant(world, healthyService());
    const json = JSON.parse((await world.vipctl(['status', '-o', 'json'])).out);
    expect([
      json.apiVersion,
      json.kind,
      json.services[0].vips[0].announcedBy[0].since,
      json.services[0].degraded,
    ]).toEqual(['vipctl/v1', 'Status', '2026-03-01T10:00:00.000Z', false]);
    const yaml = (await world.vipctl(['-o', 'yaml', 'status'])).out;
    expect(yaml.split('\n').slice(0, 5)).toEqual([
      '---',
      'apiVersion: vipctl/v1',
      'kind: Status',
      'services:',
      '  - service: apex',
    ]);
  });

  it('uses colour on a terminal only, and never against NO_COLOR', async () => {
    await plant(world, healthyService());
    const shown = async (terminal: Parameters<World['vipctl']>[1]) => (await world.vipctl(['status'], terminal)).out;
    const runs = [
      await shown({}),
      await shown({ colours: true }),
      await shown({ colours: true, env: { NO_COLOR: '1' } }),
    ];
    expect(runs.map(out => out.includes('\u001b['))).toEqual([false, true, false]);
  });

  it('exits 10 when asked and something is degraded', async () => {
    await plant(world, healthyService({ claims: [], able: [], agents: [] }));
    const exits = [await world.vipctl(['status']), await world.vipctl(['status', 'apex', '--exit-code'])];
    expect(exits.map(({ exit }) => exit)).toEqual([0, 10]);
  });

  it('tells a missing tree and a mistyped service from a healthy silence', async () => {
    const absent = await world.vipctl(['status']);
    await plant(world, healthyService());
    expect([absent, await world.vipctl(['status', 'apx']), await world.vipctl(['status', 'www'])]).toEqual([
      {
        exit: 3,
        out: '',
        err: 'vipctl: There is no tree at /vipkeeper\n        is --root right? `vipctl init` makes a new one\n',
      },
      { exit: 3, out: '', err: 'vipctl: There is no service "apx"\n        did you mean "apex"?\n' },
      { exit: 3, out: '', err: 'vipctl: There is no service "www"\n        services: apex\n' },
    ]);
  });

  it('reads on past records of a newer version, garbage and foreign names', async () => {
    await plant(world, healthyService());
    const apex = world.tree.service('apex');
    await world.session.set(apex.registry('192.0.2.1'), bytes('{"version":3}'), -1);
    await world.session.set(apex.agent('lb-2'), bytes('garbage'), -1);
    await world.session.create(`${apex.place('out')}/lock-0001`, bytes(''));
    await world.session.create(`${apex.place('drain')}/lock:1`, bytes(''));
    const { exit, out } = await world.vipctl(['status']);
    expect([exit, out.split('\n').filter(line => line.includes('Cannot'))]).toEqual([
      0,
      [
        'warning      apex: Cannot parse agent record "/vipkeeper/services/apex/agents/lb-2": it is not a JSON object',
        'warning      apex: Cannot parse registry record "/vipkeeper/services/apex/registry/192.0.2.1": version is 3, expected 1',
      ],
    ]);
  });

  it('watched on a pipe says only what changed, until interrupted', async () => {
    await plant(world, healthyService());
    const interrupted = new AbortController();
    let pauses = 0;
    const meanwhile = async () => {
      pauses += 1;
      if (pauses === 2) await world.session.delete(world.tree.service('apex').claim('192.0.2.1', 'lb-1'), -1);
      if (pauses === 4) interrupted.abort();
    };
    const ran = await world.vipctl(['status', '--watch'], { meanwhile, signal: interrupted.signal });
    expect([ran.exit, ran.out.match(/SERVICE/g)?.length]).toEqual([130, 2]);
  });
});

describe('interrupted', () => {
  it('while it waits for a VIP, vipctl says how it is and exits 130', async () => {
    await plant(world, healthyService());
    const interrupted = new AbortController();
    const meanwhile = async () => interrupted.abort();
    const args = ['wait', '192.0.2.1', '--for', 'withdrawn'];
    expect(await world.vipctl(args, { meanwhile, signal: interrupted.signal })).toEqual({
      exit: 130,
      out: '192.0.2.1 is announced by lb-1 (authority) and lb-2 (standby); owner lb-1\n',
      err: '',
    });
  });

  it('while it waits for ZooKeeper, vipctl ends at once', async () => {
    const signal = AbortSignal.timeout(50);
    const before = performance.now();
    const ran = await vipctl(['--servers', '127.0.0.1:1', '--connect-timeout', '30s', 'status'], { signal });
    expect([ran.exit, performance.now() - before < 10_000]).toEqual([130, true]);
  });
});

describe('vipctl explain', () => {
  it('answers in sentences, for a VIP or a name', async () => {
    await plant(world, healthyService());
    const terminal = { names: { 'apex.example.net': ['192.0.2.1', '203.0.113.9'] } };
    const { exit, out } = await world.vipctl(['explain', 'apex.example.net'], terminal);
    expect([exit, out.replace(/\d+d\d+h/g, 'AGO').replace(/ +(SINCE|AGO) +/g, ' $1 ')]).toEqual([
      0,
      `192.0.2.1 of service apex is announced by lb-1 (authority) and lb-2 (standby).
Owner: lb-1.
If lb-1 fails: lb-2 (its route is out already).

AGENT  ANNOUNCES  HEALTH   REASON SINCE BECAUSE
lb-1   authority  passing  own AGO announcing 192.0.2.1 as authority: why so
lb-2   standby    passing  hot-standby AGO announcing 192.0.2.1 as standby: why so
`,
    ]);
  });

  it('says what is no VIP, no name, and nobody’s VIP', async () => {
    await plant(world, healthyService());
    const runs = ['010.1.1.1', 'no.such.name', '203.0.113.9'].map(text => world.vipctl(['explain', text]));
    expect(await Promise.all(runs)).toEqual([
      {
        exit: 2,
        out: '',
        err: 'vipctl: Cannot read VIP "010.1.1.1": "010" has a leading zero, which some programs read as octal\n',
      },
      { exit: 3, out: '', err: 'vipctl: The name no.such.name has no addresses\n' },
      { exit: 3, out: '', err: 'vipctl: No service has the VIP 203.0.113.9\n        `vipctl vip list` shows all\n' },
    ]);
  });
});

describe('vipctl wait', () => {
  it('waits until it is so', async () => {
    await plant(world, healthyService({ claims: [] }));
    let pauses = 0;
    const meanwhile = async () => {
      pauses += 1;
      if (pauses === 3) await world.session.create(world.tree.service('apex').claim('192.0.2.1', 'lb-1'), bytes(''));
    };
    expect(await world.vipctl(['wait', '192.0.2.1', '--for', 'owner=lb-1'], { meanwhile })).toEqual({
      exit: 0,
      err: '',
      out: '192.0.2.1 is announced by lb-1 (authority) and lb-2 (standby); owner lb-1\n',
    });
  });

  it('gives up in time with exit 6, and knows what it can wait for', async () => {
    await plant(world, healthyService());
    expect([
      await world.vipctl(['wait', '192.0.2.1', '--for', 'withdrawn', '--timeout', '3s']),
      await world.vipctl(['wait', '192.0.2.1', '--for', 'happiness']),
      await world.vipctl(['wait', '192.0.2.1', '--for', 'announced', '--timeout', 'soon']),
    ]).toEqual([
      { exit: 6, out: expect.any(String), err: 'Not so within 3 s.\n' },
      { exit: 2, out: '', err: 'vipctl: --for is "happiness", expected announced, withdrawn or owner=AGENT\n' },
      {
        exit: 2,
        out: '',
        err: "vipctl: option '--timeout <time>' argument 'soon' is invalid. Expected a time such as 30s, 10m or 2h.\n",
      },
    ]);
  });
});

describe('vipctl', () => {
  it('refuses by name what is not built yet', async () => {
    const commands = [
      ['plan', '--kill', 'lb-1'],
      ['move', '192.0.2.1', '--to', 'lb-2'],
      ['history'],
      ['doctor'],
      ['vip', 'adopt', 'x'],
    ];
    const runs = await Promise.all(commands.map(command => vipctl(command)));
    expect(runs).toEqual(
      ['plan', 'move', 'history', 'doctor', 'adopt'].map(name => ({
        exit: 2,
        out: '',
        err: `vipctl: ${name} is not supported yet\n`,
      })),
    );
  });

  it('says where ZooKeeper could be named when nothing names it, and what is wrong with a name', async () => {
    expect([
      await vipctl(['status']),
      await vipctl(['status', '-s', '2001:db8::1:2181']),
      await vipctl(['status', '-s', 'zk', '--root', 'vipkeeper']),
      await vipctl(['status', '-c', '/etc/none.yaml']),
      await vipctl(['status', '-s', 'zk', '-o', 'xml']),
      await vipctl(['frobnicate']),
    ]).toEqual([
      {
        exit: 2,
        out: '',
        err: "vipctl: Where is ZooKeeper? Nothing says so\n        give --servers HOST:PORT,… or $VIPCTL_SERVERS, or an agent's file with --config (/etc/vipkeeper/agent.yaml was not there)\n",
      },
      {
        exit: 2,
        out: '',
        err: 'vipctl: Cannot read server "2001:db8::1:2181": an IPv6 address stands in brackets: "[2001:db8::1]:PORT"\n',
      },
      {
        exit: 2,
        out: '',
        err: 'vipctl: Cannot use root "vipkeeper": expected a path such as /vipkeeper, without a "/" at its end\n',
      },
      { exit: 2, out: '', err: 'vipctl: Cannot read /etc/none.yaml: there is no such file\n' },
      { exit: 2, out: '', err: 'vipctl: -o is "xml", expected one of table, wide, json, yaml\n' },
      { exit: 2, out: '', err: "vipctl: unknown command 'frobnicate'\n" },
    ]);
  });

  it('finds ZooKeeper through the environment and through the agent’s own file', async () => {
    await plant(world, healthyService());
    const address = `127.0.0.1:${world.server.port}`;
    const text = `agent: lb-1
zookeeper: { servers: ["${address}"] }
bgp: { localAs: 1, routerId: 10.0.0.1, allow: [192.0.2.0/24], peers: [{ address: 10.0.0.2, as: 2 }] }
services: [{ name: apex, checks: none }]
`;
    const files = { '/etc/vipkeeper/agent.yaml': { text, mode: 0o644 } };
    const runs = [
      await vipctl(['vip', 'list'], { env: { VIPCTL_SERVERS: address } }),
      await vipctl(['vip', 'list'], { files }),
    ];
    const out = `VIP          SERVICE  OWNER  STATE      ANNOUNCED BY
192.0.2.1    apex     lb-1   announced  lb-1, lb-2
2001:db8::2  apex     lb-2   announced  lb-2, lb-1
`;
    expect(runs).toEqual([
      { exit: 0, out, err: '' },
      { exit: 0, out, err: '' },
    ]);
  });

  it('says which servers did not answer, and why, in bounded time', async () => {
    const ran = await vipctl(['-s', '127.0.0.1:1', '--connect-timeout', '300ms', 'status']);
    expect(ran).toEqual({
      exit: 5,
      out: '',
      err: expect.stringMatching(
        /^vipctl: Cannot reach ZooKeeper at 127\.0\.0\.1:1 within 0\.3 s \(.*ECONNREFUSED.*\)\n$/,
      ),
    });
  });

  it('shows times in help as they would be typed, and names nothing that it would refuse', async () => {
    const [top, drain] = [await vipctl(['--help']), await vipctl(['drain', '--help'])];
    expect([top.out, drain.out].flatMap(out => out.match(/default: \d\w+/g) ?? [])).toEqual([
      'default: 5s',
      'default: 1m30s',
    ]);
    expect(drain.out).not.toContain('--site');
  });

  it('shows its version and help, and help is no failure', async () => {
    const runs = [await vipctl(['--version']), await vipctl(['--help']), await vipctl(['drain', '--help'])];
    expect(runs.map(({ exit }) => exit)).toEqual([0, 0, 0]);
    expect(runs[0]?.out).toBe('0.1.0\n');
    expect(runs[1]?.out).toContain('Exit: 0 done, 1 failed, 2 usage');
  });
});
