import { expect, describe as group, it } from 'vitest';
import { entry, type Scene, settingsWith, viewOf } from './fixture.ts';
import type { Input } from './input.ts';
import { observe } from './observe.ts';
import type { Purpose, ServiceView, View } from './view.ts';
import type { ZkOp, ZkResult } from './zk-request.ts';

const VIP = '192.0.2.1';
const OUT = '/vipkeeper/services/apex/out';
const stat = { czxid: '7', version: 0, cversion: 0, ephemeralOwner: '0' };
const names = (list: readonly string[], cversion: number): ZkResult => ({
  kind: 'names',
  names: list,
  stat: { ...stat, cversion },
});
const place = (name: 'out' | 'agents' | 'registry' | 'maintenance' | 'drain'): Purpose => ({
  kind: 'place',
  service: 'apex',
  place: name,
});

/** A view with one batch under way. */
function asking(scene: Scene, ops: readonly ZkOp[], purposes: readonly Purpose[]): View {
  return { ...viewOf(scene), pending: { request: { id: 1, ops }, purposes, sentAtMs: 5, dirtied: new Set() } };
}

const reading = (scene: Scene = {}): View => asking(scene, [{ kind: 'children', path: OUT }], [place('out')]);
const answer = (results: readonly ZkResult[]): Input => ({ kind: 'answer', id: 1, results, leaseUntilMs: 1000 });
const apex = (view: View): ServiceView => view.services.get('apex')!;

group('vips/', () => {
  const asked: Purpose = { kind: 'vip-service', service: 'apex', vip: VIP };
  const read = (data: string): ServiceView['vipService'] => {
    const view = asking({}, [{ kind: 'get', path: `/vipkeeper/vips/${VIP}`, watch: false }], [asked]);
    return apex(observe(view, answer([{ kind: 'node', data, stat }]), 1)).vipService;
  };

  it('names another service, or cannot be read and then speaks against nobody', () => {
    expect([read('{"version":1,"service":"other"}'), read('{"version":99}'), read('x')]).toEqual([
      new Map([[VIP, 'other']]),
      new Map([[VIP, 'apex']]),
      new Map([[VIP, 'apex']]),
    ]);
  });

  it('is read again where the registry entry has vanished', () => {
    const view = asking({}, [{ kind: 'children', path: '/vipkeeper/services/apex/registry' }], [place('registry')]);
    const after = apex(observe(view, answer([names([], 1)]), 1));
    expect([after.registry.get(VIP)!.present, after.vipService]).toEqual([false, new Map()]);
  });
});

group('fresh and dirty', () => {
  it('an event makes its place dirty, and a read makes it fresh again', () => {
    const dirty = observe(reading(), { kind: 'dirty', path: '/vipkeeper/services/apex/agents' }, 1);
    expect(apex(dirty).freshness.agents).toBe('dirty');
    expect(apex(observe(reading(), answer([names([], 0)]), 1)).freshness.out).toBe('fresh');
  });

  it('a read that was under way when the event came does not make it fresh', () => {
    const touched = observe(reading(), { kind: 'dirty', path: OUT }, 1);
    expect(apex(observe(touched, answer([names([], 0)]), 2)).freshness.out).toBe('dirty');
  });

  it('a failed read leaves everything as it was, but for the wish to read again', () => {
    const before = reading({
      claims: { [VIP]: { b: 0 } },
      service: { freshness: { ...apex(viewOf()).freshness, out: 'dirty' } },
    });
    const after = apex(observe(before, answer([{ kind: 'failed', code: 'unreachable', message: 'gone' }]), 50));
    expect([after.claims, after.freshness.out, after.retryAtMs]).toEqual([apex(before).claims, 'dirty', 250]);
  });

  it('every change of coordination puts everything read in doubt, and starts the clocks of claims again', () => {
    const view = viewOf({ claims: { [VIP]: { b: 0 } } });
    const back = apex(
      observe(
        view,
        { kind: 'coordination', coordination: { kind: 'connected', epoch: 1, sessionId: '1' }, leaseUntilMs: 9 },
        77,
      ),
    );
    expect(new Set(Object.values(back.freshness))).toEqual(new Set(['dirty']));
    expect([back.claims.get(VIP)!.get('b'), back.presence.kind, back.syncedSinceMs]).toEqual([
      { sinceMs: 77 },
      'mine',
      null,
    ]);
  });

  it('a new epoch means that our ephemerals are not ours any more', () => {
    const view = viewOf({ service: { mine: new Set([`${OUT}/${VIP}@a`]) } });
    const back = apex(
      observe(
        view,
        { kind: 'coordination', coordination: { kind: 'connected', epoch: 2, sessionId: '2' }, leaseUntilMs: 9 },
        1,
      ),
    );
    expect([back.presence, back.mine]).toEqual([{ kind: 'unknown' }, new Set()]);
  });
});

group('claims', () => {
  it('keep the instant since which they have stood', () => {
    const before = reading({
      claims: { [VIP]: { b: 3 } },
      service: { claimsRead: { names: new Set([`${VIP}@b`]), cversion: 4 } },
    });
    const after = apex(observe(before, answer([names([`${VIP}@b`, `${VIP}@c`], 5)]), 100));
    expect(after.claims.get(VIP)).toEqual(
      new Map([
        ['b', { sinceMs: 3 }],
        ['c', { sinceMs: 100 }],
      ]),
    );
  });

  it('start anew when the folder changed more often than its names tell: somebody came and went unseen', () => {
    const before = reading({
      claims: { [VIP]: { b: 3 } },
      service: { claimsRead: { names: new Set([`${VIP}@b`]), cversion: 4 } },
    });
    const after = apex(observe(before, answer([names([`${VIP}@b`], 6)]), 100));
    expect(after.claims.get(VIP)).toEqual(new Map([['b', { sinceMs: 100 }]]));
  });

  it('with foreign names are left out', () => {
    const after = apex(observe(reading(), answer([names(['lost+found', '010.1.1.1@b'], 2)]), 1));
    expect(after.claims).toEqual(new Map());
  });
});

group('the registry', () => {
  const registryRead = (scene: Scene): View =>
    asking(scene, [{ kind: 'children', path: '/vipkeeper/services/apex/registry' }], [place('registry')]);

  it('emptied behind our back leaves every VIP known', () => {
    const after = apex(observe(registryRead({ registry: { [VIP]: entry('b') } }), answer([names([], 9)]), 1));
    expect(after.registry.get(VIP)).toEqual(entry('b', { present: false }));
  });

  it('asks for the record of a name it has not read', () => {
    const after = apex(observe(registryRead({}), answer([names([VIP, '192.0.2.9'], 9)]), 1));
    expect(after.registryUnread).toEqual(new Set(['192.0.2.9']));
  });

  it('notes since when an owner has been gone', () => {
    const before = asking({ registry: { [VIP]: entry('b') } }, [{ kind: 'children', path: '/x' }], [place('agents')]);
    expect(apex(observe(before, answer([names(['a'], 1)]), 40)).registry.get(VIP)!.ownerGoneSinceMs).toBe(40);
    expect(apex(observe(before, answer([names(['a', 'b'], 1)]), 40)).registry.get(VIP)!.ownerGoneSinceMs).toBe(null);
  });
});

group('maintenance', () => {
  const flagRead = (scene: Scene = {}): View =>
    asking(scene, [{ kind: 'get', path: '/vipkeeper/services/apex/maintenance', watch: true }], [place('maintenance')]);

  it('is on even with garbage in it', () => {
    const after = apex(observe(flagRead(), answer([{ kind: 'node', data: '{{', stat }]), 60));
    expect(after.maintenance).toEqual({ on: true, czxid: '7', version: 0, seenSinceMs: 60, record: null });
  });

  it('counts its time from the first sight of this very flag', () => {
    const seen = { on: true, czxid: '7', version: 0, seenSinceMs: 10, record: null } as const;
    const same = apex(
      observe(flagRead({ service: { maintenance: seen } }), answer([{ kind: 'node', data: '', stat }]), 60),
    );
    const other = apex(
      observe(
        flagRead({ service: { maintenance: seen } }),
        answer([{ kind: 'node', data: '', stat: { ...stat, czxid: '8' } }]),
        60,
      ),
    );
    expect([same.maintenance, other.maintenance].map(flag => flag.on && flag.seenSinceMs)).toEqual([10, 60]);
  });
});

group('the barrier', () => {
  const purposes: readonly Purpose[] = [
    { kind: 'barrier', service: 'apex', status: '{}' },
    place('out'),
    place('maintenance'),
    place('drain'),
  ];
  const ops: readonly ZkOp[] = [
    { kind: 'set', path: '/vipkeeper/services/apex/agents/a', data: '{}', version: -1 },
    { kind: 'children', path: OUT },
    { kind: 'get', path: '/vipkeeper/services/apex/maintenance', watch: true },
    { kind: 'children', path: '/vipkeeper/services/apex/drain' },
  ];
  const good: readonly ZkResult[] = [{ kind: 'done' }, names([], 0), { kind: 'absent' }, names([], 0)];

  it('holds from the instant at which its write was sent', () => {
    expect(apex(observe(asking({}, ops, purposes), answer(good), 9)).barrierSentAtMs).toBe(5);
  });

  it('does not hold when a read failed, when the write failed, or when the claims were touched meanwhile', () => {
    const failed: ZkResult = { kind: 'failed', code: 'unreachable', message: '' };
    const broken = [good.with(0, failed), good.with(1, failed)].map(results =>
      observe(asking({}, ops, purposes), answer(results), 9),
    );
    const touched = observe(observe(asking({}, ops, purposes), { kind: 'dirty', path: OUT }, 8), answer(good), 9);
    expect([...broken, touched].map(view => apex(view).barrierSentAtMs)).toEqual([null, null, null]);
  });
});

group('the rest', () => {
  it('an answer to a batch that is not under way changes nothing', () => {
    const view = reading();
    expect(observe(view, { kind: 'answer', id: 99, results: [], leaseUntilMs: view.leaseUntilMs }, 1)).toEqual(view);
  });

  it('a route keeps the instant since which it has been out', () => {
    const first = observe(viewOf(), { kind: 'speaker', peers: [], out: new Map([[VIP, 1]]) }, 10);
    const second = observe(first, { kind: 'speaker', peers: [], out: new Map([[VIP, 2]]) }, 20);
    expect(second.out.get(VIP)).toEqual({ sessions: 2, sinceMs: 10 });
    expect(observe(second, { kind: 'speaker', peers: [], out: new Map([[VIP, 0]]) }, 30).out).toEqual(new Map());
  });

  it('a service that left the configuration stays until it is handed over', () => {
    const without = observe(viewOf(), { kind: 'settings', settings: { ...settingsWith(), services: [] } }, 1);
    expect(without.settings.services.map(({ name, vips, leaving }) => ({ name, vips, leaving }))).toEqual([
      { name: 'apex', vips: [], leaving: true },
    ]);
  });
});
