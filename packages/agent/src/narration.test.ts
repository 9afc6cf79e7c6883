import type { Decision, ServiceView, Verdict, View } from '@vipkeeper/core';
import { describe, expect, it } from 'vitest';
import { heardLog } from './fixture.ts';
import { createNarrator } from './narration.ts';

const verdict = (changes: Partial<Verdict>): Verdict => ({
  service: 'apex',
  vip: '192.0.2.1',
  reason: 'own',
  sinceMs: 0,
  announced: true,
  role: 'authority',
  rank: 0,
  owner: 'lb-r1',
  claimedBy: [],
  untilMs: null,
  detail: null,
  ...changes,
});
const decision = (...verdicts: readonly Verdict[]): Decision => ({ verdicts }) as unknown as Decision;
const view = (service: Partial<ServiceView> = {}, changes: Partial<View> = {}): View =>
  ({
    coordination: { kind: 'connecting' },
    peers: [],
    services: new Map([
      [
        'apex',
        {
          name: 'apex',
          everSynced: true,
          maintenance: { on: false },
          agents: new Set(),
          drains: new Set(),
          registry: new Map(),
          lastRefusal: null,
          ...service,
        },
      ],
    ]),
    ...changes,
  }) as unknown as View;

describe('the narrator', () => {
  it('tells a change once, with from, to and the sentence, and counts it', () => {
    const { log, lines } = heardLog();
    const transitions: string[] = [];
    const narrator = createNarrator({ log, onTransition: (...words) => transitions.push(words.join(' ')) });
    narrator.decided(view(), decision(verdict({})));
    narrator.decided(view(), decision(verdict({ sinceMs: 5, claimedBy: ['lb-r1'] })));
    narrator.decided(
      view(),
      decision(verdict({ reason: 'unhealthy', announced: false, role: null, detail: 'check web' })),
    );
    expect(lines.slice(1)).toEqual([
      {
        level: 'info',
        message: 'announce',
        fields: {
          service: 'apex',
          vip: '192.0.2.1',
          from: 'new',
          to: 'own',
          role: 'authority',
          rank: 0,
          owner: 'lb-r1',
          because: 'announcing 192.0.2.1 as authority: this agent owns it',
        },
      },
      {
        level: 'info',
        message: 'withdraw',
        fields: {
          service: 'apex',
          vip: '192.0.2.1',
          from: 'own',
          to: 'unhealthy',
          owner: 'lb-r1',
          detail: 'check web',
          because: 'not announcing 192.0.2.1: the local check fails (check web)',
        },
      },
    ]);
    expect(transitions).toEqual(['apex 192.0.2.1 new own', 'apex 192.0.2.1 own unhealthy']);
  });

  it('warns of two configurations that contradict each other, and of a record it does not understand', () => {
    const { log, lines } = heardLog();
    const narrator = createNarrator({ log });
    const record = { owner: 'lb-r1', epoch: 1, forgotten: false };
    const odd = { record, version: 1, present: true, ownerGoneSinceMs: null, unreadable: 'version 99' };
    const registry = new Map([['192.0.2.1', odd]]);
    for (const reason of ['conflict', 'name-in-use', 'foreign-service'] as const)
      narrator.decided(view({ registry }), decision(verdict({ reason })));
    expect(lines.slice(1).map(({ level, message, fields }) => [level, message, fields.to ?? fields.error])).toEqual([
      ['warn', 'registry record not understood, left as it is', 'version 99'],
      ['warn', 'announce', 'conflict'],
      ['warn', 'decision changed', 'name-in-use'],
      ['warn', 'decision changed', 'foreign-service'],
    ]);
  });

  it('tells of a refusal before anything could be read', () => {
    const { log, lines } = heardLog();
    createNarrator({ log }).decided(view({ everSynced: false, lastRefusal: 'not permitted' }), decision());
    expect(lines.slice(1)).toEqual([
      {
        level: 'warn',
        message: 'ZooKeeper refused an operation',
        fields: { service: 'apex', error: 'not permitted' },
      },
    ]);
  });

  it('tells the surroundings when they change, and nothing of what is as usual', () => {
    const { log, lines } = heardLog();
    const narrator = createNarrator({ log });
    const peer = { key: '192.0.2.254', established: true, families: ['ipv4'] } as const;
    const on = { on: true, czxid: 'a1', version: 0, seenSinceMs: 0, record: null } as const;
    narrator.decided(view(), decision());
    narrator.decided(view({ agents: new Set(['b', 'a']) }, { peers: [peer] }), decision());
    narrator.decided(view({ agents: new Set(['a', 'b']), maintenance: on }, { peers: [peer] }), decision());
    narrator.decided(view({ agents: new Set(['a', 'b']), lastRefusal: 'no-auth' }, { peers: [peer] }), decision());
    expect(lines.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['info', 'coordination changed', { from: 'new', to: 'connecting' }],
      ['info', 'BGP session changed', { peer: '192.0.2.254', from: 'down', to: 'up', families: ['ipv4'] }],
      ['info', 'members changed', { service: 'apex', from: '', to: 'a b' }],
      ['info', 'maintenance is on', { service: 'apex', on: true, by: undefined, reason: undefined }],
      ['warn', 'ZooKeeper refused an operation', { service: 'apex', error: 'no-auth' }],
      ['info', 'maintenance is off', { service: 'apex', on: false, by: undefined, reason: undefined }],
    ]);
  });
});
