import { describe, expect, it } from 'vitest';
import { agentRecord, healthyService, live, NOW_MS, report } from './fixture.ts';
import type { ServiceFleet } from './fleet.ts';
import { serviceStatus } from './status-model.ts';
import { renderStatus } from './status-table.ts';

function shown(service: ServiceFleet, wide = false, colour = false): string {
  return renderStatus([serviceStatus(service)], { wide, colour, nowMs: NOW_MS });
}

const [A, B] = ['192.0.2.1', '2001:db8::2'];

describe('status', () => {
  it('of a healthy service is a row per VIP and no footer', () => {
    expect(shown(healthyService())).toBe(
      `SERVICE  VIP          OWNER  ANNOUNCED BY  ROLE       HEALTH   BGP  SINCE  REASON
apex     192.0.2.1    lb-1   lb-1, lb-2    authority  passing  2/2  2h     own
apex     2001:db8::2  lb-2   lb-2, lb-1    authority  passing  2/2  2h     own
`,
    );
    expect(serviceStatus(healthyService()).degraded).toBe(false);
  });

  it('says everything that is wrong below the table, and that it is degraded', () => {
    const service = healthyService({
      claims: [{ vip: A, agent: 'lb-2' }],
      able: [{ agent: 'lb-2', record: { priority: 100, vips: [A] } }],
      agents: [
        live(
          'lb-2',
          agentRecord(
            [
              report(A, 'standby', { reason: 'cover' }),
              report(B, null, {
                reason: 'unhealthy',
                because: `not announcing ${B}: the local check fails (tcp)`,
                health: 'failing',
              }),
            ],
            { sessions: { established: 1, configured: 2 } },
          ),
        ),
      ],
      drains: [
        {
          name: 'lb-1',
          drain: { kind: 'agent', agent: 'lb-1' },
          version: 0,
          sinceMs: NOW_MS - 60_000,
          record: { by: 'ops@bastion', reason: 'disk', at: '' },
        },
      ],
      unreadable: ['Cannot parse registry record "/vipkeeper/x": version is 3, expected 1'],
    });
    expect(shown(service)).toBe(
      `SERVICE  VIP          OWNER  ANNOUNCED BY  ROLE     HEALTH   BGP  SINCE  REASON
apex     192.0.2.1    lb-1   lb-2          standby  passing  1/2  2h     cover
apex     2001:db8::2  lb-2   NOBODY        -        failing  1/2  2h     unhealthy

drain        apex: lb-1, for 1m by ops@bastion: disk
warning      apex: nobody but lb-2 can announce 192.0.2.1
warning      apex: 2001:db8::2 is announced by nobody (lb-2: not announcing 2001:db8::2: the local check fails (tcp))
warning      apex: lb-2: not announcing 2001:db8::2: the local check fails (tcp)
warning      apex: lb-1, owner of 192.0.2.1, has no live agent
warning      apex: lb-2 has 1 of 2 BGP sessions Established
warning      apex: Cannot parse registry record "/vipkeeper/x": version is 3, expected 1
`,
    );
    expect(serviceStatus(service).degraded).toBe(true);
  });

  it('in maintenance says who, why, how long, and who has not acted, and alarms about no VIP', () => {
    const silent = (agent: string, acted: string | null) =>
      live(
        agent,
        agentRecord([report(A, null, { reason: 'maintenance' }), report(B, null, { reason: 'maintenance' })], {
          maintenance: acted,
        }),
      );
    const service = healthyService({
      agents: [silent('lb-1', 'a7'), silent('lb-2', 'a7'), live('lb-3', agentRecord([]))],
      maintenance: {
        czxid: 'a7',
        version: 0,
        sinceMs: NOW_MS - 300_000,
        record: { by: 'ops@bastion', reason: 'kernel', at: '', forSeconds: 7200 },
      },
    });
    expect(shown(service)).toBe(
      `SERVICE  VIP          OWNER  ANNOUNCED BY          ROLE  HEALTH   BGP  SINCE  REASON
apex     192.0.2.1    lb-1   nobody (maintenance)  -     passing  2/2  2h     maintenance
apex     2001:db8::2  lb-2   nobody (maintenance)  -     passing  2/2  2h     maintenance

maintenance  apex: on for 5m by ops@bastion: kernel; ends by itself in 1h55m
warning      apex: lb-3 has not acted on maintenance yet
`,
    );
  });

  it('knows no more than a claim says when an agent has no record, and tells of two authorities', () => {
    const service = healthyService({
      claims: [{ vip: A, agent: 'lb-9' }],
      able: [],
      agents: [
        live('lb-1', agentRecord([report(B, 'authority')])),
        live('lb-2', agentRecord([report(B, 'authority')])),
      ],
    });
    expect(shown(service)).toBe(
      `SERVICE  VIP          OWNER  ANNOUNCED BY  ROLE       HEALTH   BGP  SINCE  REASON
apex     192.0.2.1    lb-1   lb-9          -          -        -    -      no-agent
apex     2001:db8::2  lb-2   lb-2, lb-1    authority  passing  2/2  2h     own

warning      apex: nobody but lb-9 can announce 192.0.2.1
warning      apex: 2001:db8::2 is announced as authority by lb-2 and lb-1
`,
    );
  });

  it('does not say that a VIP has no owner when the record that names it cannot be read', () => {
    const note = 'Cannot parse registry record "/vipkeeper/x": version is 99, expected 1';
    const base = healthyService({ unreadable: [note] });
    const registry = base.registry.map(entry => (entry.vip === A ? { ...entry, record: null } : entry));
    expect(serviceStatus({ ...base, registry }).warnings).toEqual([{ level: 'degraded', text: note }]);
  });

  it('wide has a row per VIP and agent, with the sentence', () => {
    expect(
      shown(healthyService({ registry: healthyService().registry.slice(0, 1) }), true)
        .split('\n')
        .slice(0, 3),
    ).toEqual([
      'SERVICE  VIP          OWNER  AGENT  CLAIM  ROLE       HEALTH   BGP  SINCE  REASON       BECAUSE',
      'apex     192.0.2.1    lb-1   lb-1   yes    authority  passing  2/2  2h     own          announcing 192.0.2.1 as authority: why so',
      'apex     192.0.2.1    lb-1   lb-2   yes    standby    passing  2/2  2h     hot-standby  announcing 192.0.2.1 as standby: why so',
    ]);
  });

  it('leaves a forgotten VIP out, but not from wide', () => {
    const base = healthyService({ claims: [], able: [], agents: [] });
    const registry = base.registry.map(entry => ({ ...entry, record: { owner: null, epoch: 2, forgotten: true } }));
    expect([shown({ ...base, registry }), serviceStatus({ ...base, registry }).degraded]).toEqual([
      'No VIPs.\n',
      false,
    ]);
  });

  it('of nothing says so', () => {
    expect(renderStatus([], { wide: false, colour: false, nowMs: NOW_MS })).toBe('No VIPs.\n');
  });
});
