import { describe, expect, it } from 'vitest';
import { explanationsOf } from './explain.ts';
import { agentRecord, healthyService, live, report } from './fixture.ts';
import type { ServiceFleet } from './fleet.ts';
import { drainVerdicts, uncovered } from './interlock.ts';
import { maintenanceReport } from './maintenance.ts';
import { vipStatus } from './vip-status.ts';
import { holds } from './wait.ts';

const [A, B] = ['192.0.2.1', '2001:db8::2'];

function threeAgents(): ServiceFleet {
  const base = healthyService();
  return {
    ...base,
    able: [...base.able, { agent: 'lb-3', record: { priority: 100, vips: [A, B] } }],
    agents: [...base.agents, live('lb-3', agentRecord([report(A, null), report(B, null)]))],
  };
}

describe('who is next', () => {
  it('is who has the route out already, then who is able, by the order all agents share', () => {
    const { next, announcedBy } = vipStatus(threeAgents(), A);
    expect([announcedBy.map(({ agent }) => agent), next]).toEqual([
      ['lb-1', 'lb-2'],
      ['lb-2', 'lb-3'],
    ]);
  });

  it('is never an agent that is drained', () => {
    const drained = {
      name: 'lb-2',
      drain: { kind: 'agent', agent: 'lb-2' },
      version: 0,
      sinceMs: 0,
      record: null,
    } as const;
    expect(vipStatus({ ...threeAgents(), drains: [drained] }, A).next).toEqual(['lb-3']);
  });

  it('is said in a sentence', () => {
    const of = (service: ServiceFleet) =>
      explanationsOf({ root: '/vipkeeper', rootExists: true, services: [service] }, A).map(one => [
        one.summary,
        one.next,
      ]);
    expect([
      of(threeAgents()),
      of(healthyService({ claims: [], able: [], agents: [] })),
      of(healthyService({ registry: [], claims: [], agents: [] })),
    ]).toEqual([
      [
        [
          '192.0.2.1 of service apex is announced by lb-1 (authority) and lb-2 (standby)',
          'If lb-1 fails: lb-2 (its route is out already), then lb-3.',
        ],
      ],
      [['192.0.2.1 of service apex is announced by NOBODY', 'No agent could announce it.']],
      [],
    ]);
  });
});

describe('the interlock', () => {
  it('lets an agent go when another one can announce its VIPs', () => {
    const verdicts = drainVerdicts(healthyService(), [{ kind: 'agent', agent: 'lb-1' }]);
    expect([verdicts, uncovered(verdicts)]).toEqual([
      [
        { vip: A, from: ['lb-1'], to: ['lb-2'] },
        { vip: B, from: ['lb-1'], to: ['lb-2'] },
      ],
      [],
    ]);
  });

  it('counts drains that are in force, and drains of all agents', () => {
    const drained = {
      name: 'lb-2',
      drain: { kind: 'agent', agent: 'lb-2' },
      version: 0,
      sinceMs: 0,
      record: null,
    } as const;
    const second = drainVerdicts(healthyService({ drains: [drained] }), [{ kind: 'agent', agent: 'lb-1' }]);
    const everywhere = drainVerdicts(healthyService(), [{ kind: 'vip', vip: A, who: '*' }]);
    expect([uncovered(second), everywhere]).toEqual([[A, B], [{ vip: A, from: ['lb-1', 'lb-2'], to: [] }]]);
  });

  it('does not count agents that are dead or not able', () => {
    const base = healthyService();
    const dead = healthyService({ agents: base.agents.slice(0, 1) });
    const unable = healthyService({ able: base.able.slice(0, 1) });
    const of = (service: ServiceFleet) => uncovered(drainVerdicts(service, [{ kind: 'agent', agent: 'lb-1' }]));
    expect([of(dead), of(unable)]).toEqual([
      [A, B],
      [A, B],
    ]);
  });

  it('has nothing to say of agents that hold nothing', () => {
    expect(drainVerdicts(threeAgents(), [{ kind: 'agent', agent: 'lb-3' }])).toEqual([]);
  });
});

it('maintenance is confirmed when every live agent acted on this very flag and no owner is out of reach', () => {
  const flag = { czxid: 'a7', version: 0, sinceMs: 0, record: null };
  const acted = (agent: string, czxid: string | null) => live(agent, agentRecord([], { maintenance: czxid }));
  const of = (...agents: readonly ReturnType<typeof live>[]) => {
    const { confirmed, agents: list } = maintenanceReport(
      healthyService({ claims: [], able: [], agents, maintenance: flag }),
    );
    return [confirmed, list.map(({ state }) => state)];
  };
  expect([
    of(acted('lb-1', 'a7'), acted('lb-2', 'a7')),
    of(acted('lb-1', 'a7'), acted('lb-2', '12')),
    of(acted('lb-1', 'a7'), live('lb-2', null)),
    of(acted('lb-1', 'a7')),
  ]).toEqual([
    [true, ['acted', 'acted']],
    [false, ['acted', 'not-yet']],
    [false, ['acted', 'not-yet']],
    [false, ['acted', 'unreachable']],
  ]);
});

it('waiting for `announced` wants a settled claim, for `owner` the owner itself, for `withdrawn` nobody at all', () => {
  const healthy = vipStatus(healthyService(), A);
  const settling = vipStatus(healthyService({ claims: [] }), A);
  const maintained = agentRecord([report(A, null)], { maintenance: 'a7' });
  const silent = vipStatus(healthyService({ agents: ['lb-1', 'lb-2'].map(agent => live(agent, maintained)) }), A);
  const conditions = [
    { kind: 'announced' },
    { kind: 'withdrawn' },
    { kind: 'owner', agent: 'lb-1' },
    { kind: 'owner', agent: 'lb-2' },
  ] as const;
  expect(
    [healthy, settling, silent, null].map(status => conditions.map(condition => holds(condition, status))),
  ).toEqual([
    [true, false, true, false],
    [false, false, false, false],
    [false, true, false, false],
    [false, false, false, false],
  ]);
});
