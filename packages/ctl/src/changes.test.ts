// The commands that change something, against a development ZooKeeper. Agents are played by the test.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentRecord, bytes, healthyService, plant, report, rewrite, startWorld, type World } from './fixture.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await plant(world, healthyService());
});
afterEach(async () => {
  await world.close();
});

const [A, B] = ['192.0.2.1', '2001:db8::2'];
const apex = () => world.tree.service('apex');

async function recordAt(path: string): Promise<unknown> {
  const node = await world.session.get(path);
  return node === null ? null : JSON.parse(new TextDecoder().decode(node.data));
}

/** Both agents do as the flag says. */
async function agentsObey(): Promise<void> {
  const stat = await world.session.exists(apex().maintenance);
  const maintenance = stat?.czxid ?? null;
  const role = stat === null ? 'standby' : null;
  for (const agent of ['lb-1', 'lb-2']) {
    await rewrite(world, agent, agentRecord([report(A, role), report(B, role)], { maintenance }));
  }
}

describe('vipctl maintenance', () => {
  it('on writes who, why and how long, and waits until every agent has acted on that flag', async () => {
    const ran = await world.vipctl(['maintenance', 'on', 'apex', '--reason', 'kernel', '--for', '2h'], {
      answer: 'apex',
      meanwhile: agentsObey,
    });
    expect({ ...ran, out: ran.out.replace(/for \d+s/, 'for 0s').replace(/1h59m|2h/, 'LEFT') }).toEqual({
      exit: 0,
      err: `Now: apex has 2 VIPs, 2 announced, by 2 live agents.
Then: 192.0.2.1 and 2001:db8::2 announced by nobody, for 2h.
All its VIPs leave the network. Type apex to go on:${' '}
Waiting for the agents to act…
`,
      out: `Maintenance of apex: on for 0s by ops@bastion: kernel; ends by itself in LEFT.

AGENT  MAINTENANCE  ANNOUNCES
lb-1   acted        0
lb-2   acted        0
`,
    });
    expect(await recordAt(apex().maintenance)).toEqual({
      version: 1,
      by: 'ops@bastion',
      reason: 'kernel',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      forSeconds: 7200,
    });
  });

  it('changes nothing when the answer is not the service’s name, or nobody can be asked', async () => {
    const wrong = await world.vipctl(['maintenance', 'on', 'apex'], { answer: 'y' });
    const nobody = await world.vipctl(['maintenance', 'on', 'apex']);
    expect([wrong.exit, wrong.err.split('\n').at(-2), nobody.exit, nobody.err.split('\n').slice(-3)]).toEqual([
      1,
      'vipctl: Nothing was changed',
      2,
      ['vipctl: There is no terminal to ask on; nothing was changed', '        add --yes', ''],
    ]);
    expect(await world.session.exists(apex().maintenance)).toBe(null);
  });

  it('on exits 6 when an agent has not acted in time, and names it', async () => {
    const meanwhile = async () => {
      const czxid = (await world.session.exists(apex().maintenance))?.czxid ?? null;
      await rewrite(world, 'lb-1', agentRecord([], { maintenance: czxid }));
    };
    const ran = await world.vipctl(['maintenance', 'on', 'apex', '--yes', '--timeout', '2s'], { meanwhile });
    expect([ran.exit, ran.err.split('\n').at(-2), ran.out.split('\n').slice(2)]).toEqual([
      6,
      'Accepted, but not confirmed by lb-2.',
      ['AGENT  MAINTENANCE  ANNOUNCES', 'lb-1   acted        0', 'lb-2   not yet      2', ''],
    ]);
  });

  it('on says that an owner without a live agent may still announce, and exits 6', async () => {
    await world.session.delete(apex().agent('lb-2'), -1);
    const meanwhile = async () => {
      const czxid = (await world.session.exists(apex().maintenance))?.czxid ?? null;
      await rewrite(world, 'lb-1', agentRecord([], { maintenance: czxid }));
    };
    const ran = await world.vipctl(['maintenance', 'on', 'apex', '--yes', '-o', 'json'], { meanwhile });
    const { agents, confirmed } = JSON.parse(ran.out);
    expect([ran.exit, confirmed, agents]).toEqual([
      6,
      false,
      [
        { agent: 'lb-1', state: 'acted', announces: 0 },
        { agent: 'lb-2', state: 'unreachable', announces: null },
      ],
    ]);
    expect(ran.err).toContain('Beware: lb-2 has no live agent and may still announce.\n');
  });

  it('is on while the znode exists, whatever is in it, and show says so', async () => {
    await world.session.create(apex().maintenance, bytes('garbage'));
    const { exit, out } = await world.vipctl(['maintenance', 'show', 'apex']);
    expect([exit, out.split('\n')[0]?.replace(/\d+s/, '0s')]).toEqual([0, 'Maintenance of apex: on for 0s.']);
  });

  it('off deletes the flag and waits until the agents have seen it go', async () => {
    await world.session.create(apex().maintenance, bytes(''));
    await agentsObey();
    const ran = await world.vipctl(['maintenance', 'off', 'apex'], { answer: 'y', meanwhile: agentsObey });
    expect([ran.exit, ran.out]).toEqual([
      0,
      `Maintenance of apex: off.

AGENT  MAINTENANCE  ANNOUNCES
lb-1   off          2
lb-2   off          2
`,
    ]);
    expect(await world.session.exists(apex().maintenance)).toBe(null);
  });

  it('on twice is done already; with a new reason it is the same flag with another record', async () => {
    await world.vipctl(['maintenance', 'on', 'apex', '--yes', '--no-wait']);
    const first = await world.session.exists(apex().maintenance);
    const again = await world.vipctl(['maintenance', 'on', 'apex', '--no-wait']);
    const changed = await world.vipctl(['maintenance', 'on', 'apex', '--yes', '--no-wait', '--reason', 'disk']);
    const last = await world.session.exists(apex().maintenance);
    expect([again.exit, again.err, changed.exit, last?.czxid, last?.version]).toEqual([
      0,
      'Maintenance of apex is on already.\n',
      0,
      first?.czxid,
      1,
    ]);
  });

  it('off gives way to somebody who changes the flag meanwhile: exit 7', async () => {
    await world.session.create(apex().maintenance, bytes(''));
    const terminal = { answer: 'y' };
    const slow = Object.defineProperty({ ...terminal }, 'answer', {
      get: () => {
        void world.session.set(apex().maintenance, bytes('{}'), -1);
        return 'y';
      },
    });
    const ran = await world.vipctl(['maintenance', 'off', 'apex'], slow);
    expect([ran.exit, ran.err.split('\n').slice(-3)]).toEqual([
      7,
      [
        'vipctl: Somebody else changed maintenance of apex meanwhile',
        '        look with `vipctl maintenance show`',
        '',
      ],
    ]);
  });
});

describe('vipctl drain', () => {
  it('hands an agent’s VIPs over and waits until its routes are gone', async () => {
    const meanwhile = async () => {
      await rewrite(
        world,
        'lb-1',
        agentRecord([report(A, null, { reason: 'drained' }), report(B, null, { reason: 'drained' })], {
          draining: true,
        }),
      );
    };
    const ran = await world.vipctl(['drain', 'lb-1', '--reason', 'disk'], { answer: 'y', meanwhile });
    expect(ran).toEqual({
      exit: 0,
      err: `Drain in apex: lb-1.
  192.0.2.1: from lb-1 to lb-2
  2001:db8::2: from lb-1 to lb-2
Drain? [y/N]${' '}
Waiting until it is handed over…
`,
      out: `SERVICE  VIP          AGENT  DRAINED  ROLE  REASON   ANNOUNCED BY
apex     192.0.2.1    lb-1   yes      -     drained  lb-2
apex     2001:db8::2  lb-1   yes      -     drained  lb-2
`,
    });
    expect(await recordAt(apex().drain({ kind: 'agent', agent: 'lb-1' }))).toEqual({
      version: 1,
      by: 'ops@bastion',
      reason: 'disk',
      at: expect.any(String),
    });
  });

  it('refuses to drain the last agent, unless forced and the service’s name is typed', async () => {
    await world.vipctl(['drain', 'lb-1', '--yes', '--no-wait']);
    const refused = await world.vipctl(['drain', 'lb-2', '--yes', '--no-wait']);
    const forced = await world.vipctl(['drain', 'lb-2', '--force', '--no-wait'], { answer: 'apex' });
    expect([
      refused.exit,
      refused.err.split('\n').slice(-3),
      forced.exit,
      forced.err.includes('Type apex to go on:'),
    ]).toEqual([
      4,
      [
        'vipctl: Refused: nobody else could announce 192.0.2.1 and 2001:db8::2',
        '        bring another agent back first (`vipctl status`), or use --force: the route is then kept until somebody can',
        '',
      ],
      0,
      true,
    ]);
  });

  it('of two operators who drain the last two at once refuses one', async () => {
    const runs = await Promise.all(['lb-1', 'lb-2'].map(agent => world.vipctl(['drain', agent, '--yes', '--no-wait'])));
    expect(runs.map(({ exit }) => exit).sort()).toEqual([0, 4]);
    expect((await world.session.children(apex().place('drain'))).names.length).toBe(1);
  });

  it('of one VIP means the agent that announces it, by address or by name', async () => {
    const names = { 'www.example.net': [A, B, '203.0.113.1'] };
    const ran = await world.vipctl(['drain', '--vip', 'www.example.net', '--yes', '--no-wait'], { names });
    expect([ran.exit, [...(await world.session.children(apex().place('drain'))).names].sort()]).toEqual([
      0,
      ['vip:192.0.2.1@lb-1', 'vip:2001:db8::2@lb-2'],
    ]);
    const everywhere = await world.vipctl(['drain', '--vip', A, '--everywhere', '--yes', '--no-wait']);
    expect(everywhere.exit).toBe(4);
  });

  it('exits 6 when it is not handed over in time', async () => {
    const ran = await world.vipctl(['drain', 'lb-1', '--yes', '--timeout', '2s']);
    expect([ran.exit, ran.err.split('\n').at(-2)]).toEqual([6, 'Accepted, but not done by lb-1 yet.']);
  });

  it('knows what does not exist and what is not built', async () => {
    expect([
      await world.vipctl(['drain', 'lb1', '--yes']),
      await world.vipctl(['drain', '--vip', '203.0.113.1', '--yes']),
      await world.vipctl(['drain', '--yes']),
      await world.vipctl(['drain', '--site', 'rack-1']),
    ]).toEqual([
      { exit: 3, out: '', err: 'vipctl: There is no agent "lb1"\n        did you mean "lb-1"?\n' },
      { exit: 3, out: '', err: 'vipctl: No service has the VIP 203.0.113.1\n        `vipctl vip list` shows all\n' },
      { exit: 2, out: '', err: 'vipctl: What is to be drained? Give an AGENT or --vip VIP\n' },
      { exit: 2, out: '', err: 'vipctl: --site is not supported yet\n' },
    ]);
  });

  it('undrain ends it, and ends nothing else', async () => {
    await world.vipctl(['drain', 'lb-1', '--yes', '--no-wait']);
    await world.vipctl(['drain', 'lb-2', '--vip', B, '--yes', '--no-wait', '--force']);
    const ran = await world.vipctl(['undrain', 'lb-1', '--yes']);
    const again = await world.vipctl(['undrain', 'lb-1', '--yes', '--no-wait']);
    expect([ran.exit, (await world.session.children(apex().place('drain'))).names, again.exit, again.err]).toEqual([
      0,
      ['vip:2001:db8::2@lb-2'],
      0,
      'It is not drained.\n',
    ]);
  });
});

describe('vipctl vip forget', () => {
  it('leaves a tombstone and frees the VIP for another service', async () => {
    await world.session.delete(apex().agent('lb-2'), -1);
    const ran = await world.vipctl(['vip', 'forget', B], { answer: 'apex' });
    expect([ran.exit, ran.out, await recordAt(apex().registry(B)), await recordAt(world.tree.vip(B))]).toEqual([
      0,
      '2001:db8::2 is forgotten.\n',
      { version: 1, owner: null, epoch: 2, forgotten: true },
      null,
    ]);
  });

  it('does not write over a record of a newer version', async () => {
    await world.session.set(apex().registry(B), bytes('{"version":2}'), -1);
    expect(await world.vipctl(['vip', 'forget', B, '--yes'])).toEqual({
      exit: 4,
      out: '',
      err: 'vipctl: Refused: Cannot parse registry record "/vipkeeper/services/apex/registry/2001:db8::2": version is 2, expected 1\n        use a vipctl as new as the agents, or --force to write over it\n',
    });
  });

  it('is refused while the owner lives, who would announce it again', async () => {
    expect(await world.vipctl(['vip', 'forget', A, '--yes'])).toEqual({
      exit: 4,
      out: '',
      err: "vipctl: Refused: lb-1 is alive and owns 192.0.2.1\n        take it out of lb-1's configuration and reload it first\n",
    });
  });
});
