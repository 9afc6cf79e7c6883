import { expect, describe as group, it } from 'vitest';
import { coordinate } from './coordinate.ts';
import { decide } from './decide.ts';
import { type Scene, viewOf } from './fixture.ts';
import { initialView } from './initial-view.ts';
import type { View } from './view.ts';
import type { ZkOp } from './zk-request.ts';

const VIP = '192.0.2.1';
const APEX = '/vipkeeper/services/apex';
const ready = { out: { [VIP]: { sessions: 1, sinceMs: 0 } } };

/** Each operation of the next batch as `kind path`, transactions in brackets. */
function asks(view: View, nowMs = 10_000): readonly string[] {
  const batch = coordinate(view, decide(view, nowMs), nowMs).batch;
  return (batch?.request.ops ?? []).map(spell);
}

function spell(op: ZkOp): string {
  const short = (path: string): string => path.replace(APEX, '').replace('/vipkeeper', '');
  return op.kind === 'multi'
    ? `[${op.steps.map(step => `${step.kind} ${short(step.path)}`).join(', ')}]`
    : `${op.kind} ${short(op.path)}`;
}

/** A synced view that has nothing left to write but what a test adds. */
function settled(scene: Scene = {}): View {
  const able = { 'a@life-1-0': { priority: 100, vips: [VIP] } };
  const mine = new Set([`${APEX}/able/a@life-1-0`, `${APEX}/out/${VIP}@a`]);
  const view = viewOf({ ...ready, able, claims: { [VIP]: { a: 0 } }, ...scene, service: { mine, ...scene.service } });
  const decision = decide(view, 10_000);
  const status = coordinate({ ...view, memory: decision.memory }, decision, 10_000).batch!.purposes.find(
    purpose => purpose.kind === 'status',
  );
  const written = status === undefined ? null : { data: status.status, atMs: 0 };
  const apex = { ...view.services.get('apex')!, statusWritten: written };
  return { ...view, memory: decision.memory, services: new Map([['apex', apex]]) };
}

group('coordinate()', () => {
  it('at first reads every folder, and maintenance and drain last', () => {
    const { settings, life, process, startedAtMs, startedAtWallMs } = viewOf();
    const born = initialView({ settings, life, process, startedAtMs, startedAtWallMs });
    expect(asks({ ...born, coordination: { kind: 'connected', epoch: 1, sessionId: '1' }, leaseUntilMs: 1e9 })).toEqual(
      [
        'children /registry',
        'children /able',
        'children /agents',
        'children /out',
        `get /vips/${VIP}`,
        'get /maintenance',
        'children /drain',
      ],
    );
  });

  it('asks nothing without a session, and nothing while a batch is under way', () => {
    const view = viewOf(ready);
    expect(asks({ ...view, coordination: { kind: 'suspended' } })).toEqual([]);
    expect(
      asks({ ...view, pending: { request: { id: 1, ops: [] }, purposes: [], sentAtMs: 0, dirtied: new Set() } }),
    ).toEqual([]);
  });

  it('names the VIP in vips/ again where only that has gone', () => {
    const view = settled({ service: { vipService: new Map([[VIP, null]]) } });
    expect(asks(view)).toEqual(['ensure /vips', `[create /vips/${VIP}]`]);
  });

  it('asks nothing when all is as wanted', () => {
    expect(asks(settled())).toEqual([]);
  });

  it('gives up a claim at once, in front of the reads', () => {
    const freshness = { ...viewOf().services.get('apex')!.freshness, agents: 'dirty' as const };
    const view = settled();
    const sick = { ...view, health: viewOf({ health: { [VIP]: 'failing' } }).health };
    const apex = { ...sick.services.get('apex')!, freshness };
    expect(asks({ ...sick, services: new Map([['apex', apex]]) })).toEqual([
      `delete /out/${VIP}@a`,
      'delete /able/a@life-1-0',
      'children /agents',
      'get /maintenance',
      'children /drain',
    ]);
  });

  it('writes nothing while something is dirty', () => {
    const freshness = { ...viewOf().services.get('apex')!.freshness, drain: 'dirty' as const };
    expect(asks(viewOf({ ...ready, service: { freshness } }))).toEqual(['get /maintenance', 'children /drain']);
  });

  it('replaces a claim of an earlier session in one transaction', () => {
    const view = settled({ service: { mine: new Set([`${APEX}/able/a@life-1-0`]) } });
    expect(asks(view)).toEqual([`[delete /out/${VIP}@a, create /out/${VIP}@a]`]);
  });

  it('names a changed ability anew', () => {
    const view = settled({ able: { 'a@life-1-0': { priority: 100, vips: ['192.0.2.7'] } } });
    expect(asks(view)).toEqual(['[delete /able/a@life-1-0, create /able/a@life-1-1]']);
  });

  it('takes the name only when nobody has it, or when its process is proven gone', () => {
    const { process } = viewOf();
    const record = {
      life: 'life-0',
      process,
      priority: 1,
      sessions: { established: 0, configured: 0 },
      vips: [],
      maintenance: null,
      draining: false,
    };
    const taken = (verdict: 'gone' | 'alive' | 'unknown' | null): View =>
      viewOf({ service: { presence: { kind: 'taken', record, version: 3, verdict } } });
    expect(asks(viewOf({ service: { presence: { kind: 'absent' } } }))).toEqual(['create /agents/a']);
    expect(asks(taken('gone'))).toEqual(['[delete /agents/a, create /agents/a]']);
    expect([asks(taken('alive')), asks(taken('unknown')), asks(taken(null))]).toEqual([[], [], []]);
    expect(coordinate(taken(null), decide(taken(null), 0), 0).probes).toEqual([{ service: 'apex', record }]);
  });

  it('writes first and then reads, before a withdraw', () => {
    const drained = settled({
      claims: { [VIP]: { b: -50_000 } },
      service: { drains: new Set(['a']), mine: new Set() },
      able: {},
    });
    const memory = new Map(
      [...drained.memory].map(([key, one]) => [
        key,
        { ...one, announcedSinceMs: 0, drainSinceMs: -50_000, releaseSinceMs: -50_000 },
      ]),
    );
    expect(asks({ ...drained, memory })).toEqual([
      'set /agents/a',
      'children /out',
      'get /maintenance',
      'children /drain',
    ]);
  });

  it('makes a folder that is missing', () => {
    expect(
      asks(
        viewOf({
          service: {
            missing: new Set([`${APEX}/drain`]),
            freshness: { ...viewOf().services.get('apex')!.freshness, drain: 'dirty' },
          },
        }),
      ),
    ).toEqual(['ensure /drain', 'get /maintenance', 'children /drain']);
  });

  it('leaves a refused service alone until its time comes', () => {
    const view = viewOf({ ...ready, service: { retryAtMs: 12_000 } });
    expect([asks(view, 11_999), coordinate(view, decide(view, 11_999), 11_999).wakeAtMs]).toEqual([[], 12_000]);
    expect(asks(view, 12_000).length).toBeGreaterThan(0);
  });
});
