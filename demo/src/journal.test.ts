import { describe, expect, it } from 'vitest';
import { bestAgent, darkMs, type Heard, routesAfter, sessionOf } from './journal.ts';
import { announcedByOwner, duration, fellOver, returned, spread, stoodBehind } from './narration.ts';
import { drawTable } from './table.ts';

const VIP = '192.0.2.1';
const up = (agent: string, atMs: number): Heard => ({ kind: 'session-up', agent, atMs });
const down = (agent: string, atMs: number): Heard => ({ kind: 'session-down', agent, atMs });
const gone = (agent: string, atMs: number): Heard => ({ kind: 'withdrawn', agent, vip: VIP, atMs });
const heard = (agent: string, hops: number, atMs: number, vip = VIP): Heard => ({
  kind: 'announced',
  agent,
  vip,
  asPath: Array.from({ length: hops }, () => 64497),
  med: 100,
  atMs,
});

const OWNED = [up('lb-1', 1000), heard('lb-1', 1, 2200), up('lb-2', 1000), heard('lb-2', 2, 2500)];
const KILLED = [...OWNED, down('lb-1', 7000), heard('lb-3', 3, 8300)];

describe('the journal', () => {
  it('prefers the shorter path, and replaces what an agent said before', () => {
    const routes = routesAfter([...OWNED, heard('lb-2', 4, 2600)]);
    expect(routes.get(VIP)?.map(path => [path.agent, path.asPath.length, path.sinceMs])).toEqual([
      ['lb-1', 1, 2200],
      ['lb-2', 4, 2600],
    ]);
  });

  it('loses all paths of an agent with its session, and a VIP with its last path', () => {
    expect(bestAgent(routesAfter([...OWNED, down('lb-1', 3000)]), VIP)).toBe('lb-2');
    expect(routesAfter([...OWNED, down('lb-1', 3000), gone('lb-2', 3100)])).toEqual(new Map());
  });

  it('knows whose session is up', () => {
    const journal = [...OWNED, down('lb-1', 3000)];
    expect(['lb-1', 'lb-2', 'lb-3'].map(agent => sessionOf(journal, agent))).toEqual(['down', 'up', 'down']);
  });

  it('counts only the time without any path, from the moment that was asked about', () => {
    expect(darkMs(KILLED, VIP, 7000)).toBe(0);
    const gap = [...OWNED, gone('lb-2', 3000), down('lb-1', 4000), heard('lb-3', 1, 4250), down('lb-3', 5000)];
    expect(darkMs(gap, VIP, 2500)).toBe(250);
    expect(darkMs([...gap, up('lb-1', 5600)], VIP, 2500)).toBe(850);
    expect(darkMs([...gap, up('lb-1', 5600)], VIP, 4100)).toBe(750);
  });
});

describe('the narration', () => {
  it('reads durations out as people do', () => {
    expect([0, 0.42, 9.96, 37.4, 999, 1420].map(duration)).toEqual([
      '0 ms',
      '0.4 ms',
      '10.0 ms',
      '37 ms',
      '999 ms',
      '1.42 s',
    ]);
  });

  it('tells of an owner by the times the router heard', () => {
    expect(announcedByOwner(OWNED, VIP, 'lb-1')).toBe(
      '192.0.2.1 from lb-1, 1.20 s after its session came up; lb-2 stands by',
    );
  });

  it('tells of a switch to a path that was already there', () => {
    expect(fellOver(KILLED, VIP, 'lb-1')).toEqual([
      '192.0.2.1 was without a route for 0 ms',
      'the router went over to lb-2, whose path it had held for 4.50 s',
    ]);
    expect(stoodBehind(KILLED, VIP, 'lb-1')).toBe('lb-3 took the place behind it 1.30 s after the loss');
  });

  it('tells of a gap when there was one', () => {
    const late = [up('lb-1', 0), heard('lb-1', 1, 10), down('lb-1', 1000), heard('lb-2', 2, 2750)];
    expect(fellOver(late, VIP, 'lb-1')).toEqual([
      '192.0.2.1 was without a route for 1.75 s',
      'the router went over to lb-2, whose path arrived 1.75 s after the session was lost',
    ]);
  });

  it('tells of a return and what it cost', () => {
    expect(returned([...KILLED, up('lb-1', 9000), heard('lb-1', 1, 9800)], VIP, 'lb-1')).toEqual([
      '192.0.2.1 is back at lb-1, 800 ms after its session came up',
      'on the way it was without a route for 0 ms',
    ]);
  });

  it('measures many changes from the first to the last of them', () => {
    const withdrawals = [gone('lb-1', 5000), gone('lb-2', 5012)];
    expect(spread([...OWNED, ...withdrawals], 'withdrawn')).toBe('2 paths withdrawn within 12 ms');
    expect(spread(OWNED, 'withdrawn')).toBeUndefined();
  });
});

describe('the table', () => {
  it('is aligned, and honest about a VIP without a route', () => {
    const picture = {
      routes: routesAfter(OWNED),
      vips: [
        { vip: VIP, owner: 'lb-1' },
        { vip: '192.0.2.22', owner: 'lb-2' },
      ],
      sessions: new Map([
        ['lb-1', 'up' as const],
        ['lb-2', 'down' as const],
      ]),
      servedBy: new Map([[VIP, 'lb-1']]),
    };
    expect(drawTable(picture)).toEqual([
      '  VIP          OWNER   ROUTE TO   AS PATH   BEHIND IT   SERVED BY',
      '  192.0.2.1    lb-1    lb-1       64497     lb-2        lb-1',
      '  192.0.2.22   lb-2    nobody                           -',
      '',
      '  BGP sessions: lb-1 up   lb-2 down',
    ]);
  });
});
