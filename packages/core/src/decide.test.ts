import { expect, describe as group, it } from 'vitest';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { entry, type Scene, settingsWith, viewOf } from './fixture.ts';
import { rendezvous } from './order.ts';
import type { View } from './view.ts';

const VIP = '192.0.2.1';
const serve = { priority: 100, vips: [VIP] };

/** The verdict on the one VIP, short: reason, role, rank. */
function says(decision: Decision, vip = VIP): string {
  const verdict = decision.verdicts.find(one => one.vip === vip)!;
  return [verdict.reason, verdict.role ?? '-', ...(verdict.role === 'standby' ? [verdict.rank] : [])].join(' ');
}

/** Decides at each instant in turn, carrying the memory along, and gives what was said. */
function story(
  view: View,
  steps: readonly { readonly at: number; readonly bend?: (view: View) => View }[],
): readonly string[] {
  let now = view;
  return steps.map(({ at, bend }) => {
    now = bend?.(now) ?? now;
    const decision = decide(now, at);
    now = { ...now, memory: decision.memory };
    return says(decision);
  });
}

const withService =
  (change: Scene): ((view: View) => View) =>
  view => {
    const next = viewOf({ settings: view.settings, ...change });
    return { ...view, services: next.services };
  };

group('the owner', () => {
  it('announces as authority as soon as it is able, before any claim', () => {
    const decision = decide(viewOf(), 0);
    expect(decision.announcements).toEqual([{ service: 'apex', vip: VIP, role: 'authority', rank: 0 }]);
    expect(decision.facts.get('apex')!.claims).toEqual([]);
  });

  it('claims only when its route has been out for the settle time', () => {
    const view = viewOf({ out: { [VIP]: { sessions: 1, sinceMs: 1000 } } });
    expect(decide(view, 3999).facts.get('apex')!.claims).toEqual([]);
    expect(decide(view, 3999).wakeAtMs).toBe(4000);
    expect(decide(view, 4000).facts.get('apex')!.claims).toEqual([VIP]);
  });

  it('withdraws and claims nothing when its check fails, and says so', () => {
    const decision = decide(
      viewOf({ health: { [VIP]: 'failing' }, out: { [VIP]: { sessions: 1, sinceMs: 0 } } }),
      9000,
    );
    expect([says(decision), decision.facts.get('apex')!.claims, decision.facts.get('apex')!.able]).toEqual([
      'unhealthy -',
      [],
      null,
    ]);
  });

  it('keeps the route on the longest path when asked to, without a claim', () => {
    const settings = settingsWith({ onUnhealthy: 'last-resort' });
    const decision = decide(
      viewOf({ settings, health: { [VIP]: 'failing' }, out: { [VIP]: { sessions: 1, sinceMs: 0 } } }),
      9000,
    );
    expect([says(decision), decision.facts.get('apex')!.claims]).toEqual(['last-resort last-resort', []]);
  });

  it('is unable without an address, without a session, outside the allow-list', () => {
    expect(says(decide(viewOf({ view: { addresses: new Set() } }), 0))).toBe('no-address -');
    expect(says(decide(viewOf({ view: { peers: [{ key: 'tor', established: true, families: ['ipv6'] }] } }), 0))).toBe(
      'no-session -',
    );
    expect(says(decide(viewOf({ settings: settingsWith({}, { allows: () => false }) }), 0))).toBe('not-allowed -');
  });

  it('waits for a first health verdict, but an unknown one does not stop what is announced', () => {
    const unknown = viewOf({ health: { [VIP]: 'unknown' } });
    expect(says(decide(unknown, 0))).toBe('health-unknown -');
    const announced = decide(viewOf(), 0);
    expect(says(decide({ ...unknown, memory: announced.memory }, 1))).toBe('own authority');
  });
});

group('maintenance', () => {
  const maintenance = { on: true, czxid: '5', version: 0, seenSinceMs: 0, record: null } as const;

  it('announces nothing, and facts follow ability all the same', () => {
    const view = viewOf({ service: { maintenance } });
    const first = decide(view, 0);
    const settled = decide({ ...view, memory: first.memory }, 3000);
    expect([says(settled), settled.announcements, settled.facts.get('apex')!.claims]).toEqual([
      'maintenance -',
      [],
      [VIP],
    ]);
    expect(settled.facts.get('apex')!.able).toEqual({ priority: 100, vips: [VIP] });
  });

  it('keeps the claim through the moment at which the flag goes and the route is not out yet', () => {
    const on = viewOf({ service: { maintenance } });
    const before = decide({ ...on, memory: decide(on, 0).memory }, 3000);
    const after = decide({ ...viewOf(), memory: before.memory }, 3001);
    expect([says(after), after.facts.get('apex')!.claims]).toEqual(['own authority', [VIP]]);
  });

  it('holds without coordination', () => {
    const view = viewOf({ service: { maintenance }, view: { coordination: { kind: 'lost' } } });
    expect(says(decide(view, 0))).toBe('maintenance -');
  });

  it('is ended by an agent that has itself seen the flag for its time, never earlier', () => {
    const record = { by: 'ops', reason: null, at: '2026-01-01T00:00:00Z', forSeconds: 60 };
    const view = viewOf({ service: { maintenance: { ...maintenance, seenSinceMs: 500, record } } });
    expect(decide(view, 60_499).facts.get('apex')!.endMaintenance).toBe(false);
    expect(decide(view, 60_499).wakeAtMs).toBe(60_500);
    expect(decide(view, 60_500).facts.get('apex')!.endMaintenance).toBe(true);
  });
});

group('without coordination', () => {
  it('holds what was wanted at suspension', () => {
    const suspended = (view: View): View => ({ ...view, coordination: { kind: 'suspended' } });
    expect(story(viewOf(), [{ at: 0 }, { at: 1, bend: suspended }])).toEqual(['own authority', 'holding authority']);
  });

  it('withdraws what fails and brings back what recovers', () => {
    const sick = (view: View): View => ({ ...view, health: viewOf({ health: { [VIP]: 'failing' } }).health });
    const well = (view: View): View => ({ ...view, health: viewOf().health });
    const lost = (view: View): View => ({ ...view, coordination: { kind: 'lost' } });
    expect(story(viewOf(), [{ at: 0 }, { at: 1, bend: lost }, { at: 2, bend: sick }, { at: 3, bend: well }])).toEqual([
      'own authority',
      'holding authority',
      'unhealthy -',
      'holding authority',
    ]);
  });

  it('treats a lease that ran out as lost, whatever the state word says', () => {
    const view = viewOf({
      registry: { [VIP]: entry('b') },
      settings: settingsWith({ vips: [] }),
      view: { leaseUntilMs: 10 },
    });
    expect(says(decide(view, 9))).toBe('cover standby 0');
    expect(decide(view, 10).announcements).toEqual([]);
  });

  it('announces its own VIP as last resort after the wait of a cold start, unless the state file knows better', () => {
    const cold = viewOf({ service: { everSynced: false }, view: { coordination: { kind: 'connecting' } } });
    expect(says(decide(cold, 59_999))).toBe('starting -');
    expect(decide(cold, 59_999).wakeAtMs).toBe(60_000);
    expect(says(decide(cold, 60_000))).toBe('cold-start last-resort');
    const remembered = {
      version: 1,
      agent: 'a',
      services: [{ name: 'apex', maintenance: true, drains: [], owners: {} }],
    } as const;
    expect(says(decide({ ...cold, remembered }, 60_000))).toBe('starting -');
  });

  it('keeps the route of a cold start at SIGTERM until its limit, since nobody can be asked to cover (seed 1513)', () => {
    const cold = viewOf({ service: { everSynced: false }, view: { coordination: { kind: 'connecting' } } });
    const announced = { ...cold, memory: decide(cold, 60_000).memory };
    const leaving = { ...announced, shutdown: { sinceMs: 61_000, deadlineMs: 106_000 } };
    expect(says(decide(leaving, 61_000))).toBe('waiting-for-cover draining');
    expect(decide(leaving, 61_000).stopped).toBe(false);
    expect(decide(leaving, 106_000).stopped).toBe(true);
  });
});

group('a standby', () => {
  const settings = settingsWith({ vips: [] });
  const b = entry('b');

  it('is hot while the owner is out, and covers under the same path when it is gone', () => {
    const here = { settings, registry: { [VIP]: b }, able: { 'a@1': serve, 'b@1': serve } };
    const out = viewOf({ ...here, claims: { [VIP]: { b: 0 } } });
    expect(story(out, [{ at: 0 }, { at: 1, bend: withService({ ...here, claims: {} }) }])).toEqual([
      'hot-standby standby 0',
      'cover standby 0',
    ]);
  });

  it('waits its turn behind better ranks, and covers in the end when they hold no claim', () => {
    const rivals = Object.fromEntries(['c', 'd', 'e'].map(agent => [`${agent}@1`, { ...serve, priority: 200 }]));
    const view = viewOf({ settings, registry: { [VIP]: b }, able: { 'a@1': serve, ...rivals } });
    expect(story(view, [{ at: 0 }, { at: 9_999 }, { at: 10_000 }])).toEqual([
      'waiting -',
      'waiting -',
      'cover standby 3',
    ]);
    expect(decide(view, 0).wakeAtMs).toBe(10_000);
  });

  it('does not displace an incumbent of equal priority', () => {
    const winner = ['c', 'd', 'e', 'f'].find(agent => rendezvous(VIP, agent) < rendezvous(VIP, 'a'))!;
    const able = { 'a@1': serve, [`${winner}@1`]: serve };
    const view = viewOf({ settings, registry: { [VIP]: b }, able, claims: { [VIP]: { b: 0, [winner]: 0 } } });
    expect(says(decide(view, 0))).toBe('owner-out -');
  });

  it('releases only after enough better claims stood for the release delay, and a write-then-read after that', () => {
    const reactive = settingsWith({ vips: [], standbyDepth: 0 });
    const here = { settings: reactive, registry: { [VIP]: b }, able: { 'a@1': serve } };
    const back = { ...here, claims: { [VIP]: { b: 100 } } };
    const proven = (sent: number): ((view: View) => View) =>
      withService({ ...back, service: { barrierSentAtMs: sent } });
    const told = story(viewOf(here), [
      { at: 0 },
      { at: 100, bend: withService(back) },
      { at: 30_099 },
      { at: 30_100 },
      { at: 30_101, bend: proven(30_099) },
      { at: 30_102, bend: proven(30_100) },
    ]);
    expect(told).toEqual([
      'cover standby 0',
      'releasing standby 0',
      'releasing standby 0',
      'releasing standby 0',
      'releasing standby 0',
      'owner-out -',
    ]);
  });

  it('lengthens its path first where only standbys are better, and counts the delay from then', () => {
    const reactive = settingsWith({ vips: [], standbyDepth: 0 });
    const better = { 'c@1': { ...serve, priority: 200 } };
    const here = { settings: reactive, registry: { [VIP]: b }, able: { 'a@1': serve, ...better } };
    const both = withService({ ...here, claims: { [VIP]: { b: 0, c: 0 } } });
    const ownerGone = withService({ ...here, claims: { [VIP]: { c: 0 } } });
    const proven = withService({ ...here, claims: { [VIP]: { c: 0 } }, service: { barrierSentAtMs: 50_000 } });
    const covering = viewOf({ ...here, able: { 'a@1': serve } });
    const told = story(covering, [
      { at: 0 },
      { at: 100, bend: both },
      { at: 20_000, bend: ownerGone },
      { at: 49_999 },
      { at: 50_000, bend: proven },
    ]);
    expect(told).toEqual([
      'cover standby 0',
      'releasing standby 0',
      'releasing draining',
      'releasing draining',
      'waiting -',
    ]);
  });

  it('asks for the barrier only once the release is due', () => {
    const reactive = settingsWith({ vips: [], standbyDepth: 0 });
    const view = viewOf({ settings: reactive, registry: { [VIP]: b }, able: { 'a@1': serve } });
    const covering = { ...view, memory: decide(view, 0).memory };
    const back = withService({
      settings: reactive,
      registry: { [VIP]: b },
      able: { 'a@1': serve },
      claims: { [VIP]: { b: 0 } },
    })(covering);
    const wish = { ...back, memory: decide(back, 0).memory };
    expect(decide(wish, 29_999).facts.get('apex')!.barrier).toBe(false);
    expect(decide(wish, 30_000).facts.get('apex')!.barrier).toBe(true);
  });

  it('starts nothing and stops nothing while something is dirty', () => {
    const dirty = { freshness: { ...viewOf().services.get('apex')!.freshness, out: 'dirty' as const } };
    const view = viewOf({ settings, registry: { [VIP]: b }, able: { 'a@1': serve }, service: dirty });
    expect(decide(view, 0).announcements).toEqual([]);
  });
});

group('a name that is in use elsewhere', () => {
  const process = {
    host: 'host-b',
    pid: 2,
    machineId: 'm',
    bootId: 'b',
    pidNamespace: '',
    startTime: '1',
    version: '0',
  };
  const record = {
    life: 'x',
    process,
    priority: 1,
    sessions: { established: 0, configured: 0 },
    vips: [],
    maintenance: null,
    draining: false,
  };
  const taken = withService({ service: { presence: { kind: 'taken', record, version: 0, verdict: 'alive' } } });

  it('keeps an agent from starting anything', () => {
    const fresh = viewOf({
      service: { everSynced: false, presence: { kind: 'taken', record, version: 0, verdict: 'alive' } },
    });
    expect(says(decide(fresh, 70_000))).toBe('name-in-use -');
  });

  it('withdraws nothing of an agent that had it, but says so', () => {
    expect(story(viewOf(), [{ at: 0 }, { at: 1, bend: taken }])).toEqual(['own authority', 'name-in-use authority']);
  });

  it('does not keep what the local check withdraws', () => {
    const sick = (view: View): View => ({ ...taken(view), health: viewOf({ health: { [VIP]: 'failing' } }).health });
    expect(story(viewOf(), [{ at: 0 }, { at: 1, bend: sick }])).toEqual(['own authority', 'unhealthy -']);
  });
});

group('drain', () => {
  const claims = { [VIP]: { a: 0 } };

  it('gives up claims and ability at once, keeps the route on the draining path, and waits for cover', () => {
    const drained = withService({ claims, service: { drains: new Set(['a']) } });
    const view = viewOf({ claims, out: { [VIP]: { sessions: 1, sinceMs: 0 } } });
    const announced = { ...view, memory: decide(view, 5000).memory };
    const decision = decide(drained(announced), 5001);
    expect([says(decision), decision.facts.get('apex')!.claims, decision.facts.get('apex')!.able]).toEqual([
      'waiting-for-cover draining',
      [],
      null,
    ]);
  });

  it('withdraws when another claim has stood for the release delay since the wish, and is proven', () => {
    const covered = (sent: number | null): ((view: View) => View) =>
      withService({ claims: { [VIP]: { b: 0 } }, service: { drains: new Set(['a']), barrierSentAtMs: sent } });
    const told = story(viewOf(), [
      { at: 0 },
      { at: 100, bend: covered(null) },
      { at: 30_100 },
      { at: 30_101, bend: covered(30_100) },
      { at: 30_102 },
    ]);
    expect(told).toEqual(['own authority', 'draining draining', 'draining draining', 'drained -', 'drained -']);
  });

  it('at shutdown goes at its limit even uncovered, and then is stopped', () => {
    const stop = (view: View): View => ({ ...view, shutdown: { sinceMs: 100, deadlineMs: 45_100 } });
    const view = viewOf();
    expect(story(view, [{ at: 0 }, { at: 100, bend: stop }, { at: 45_099 }, { at: 45_100 }])).toEqual([
      'own authority',
      'waiting-for-cover draining',
      'waiting-for-cover draining',
      'drained -',
    ]);
    expect(decide(stop(view), 100).stopped).toBe(true);
  });
});

it('an agent that ZooKeeper refuses says so, starting or announcing all the same', () => {
  const told = [0, 60_000].map(at => {
    const [verdict] = decide(viewOf({ service: { everSynced: false, lastRefusal: 'not permitted' } }), at).verdicts;
    return [verdict!.reason, verdict!.detail];
  });
  expect(told).toEqual([
    ['starting', 'not permitted'],
    ['cold-start', 'not permitted'],
  ]);
});

group('the registry', () => {
  it('gets an entry at the first announcement', () => {
    expect(decide(viewOf({ registry: {} }), 0).facts.get('apex')!.registry).toEqual(new Map([[VIP, 'a']]));
  });

  it('names another live agent: conflict, and acting as standby', () => {
    const view = viewOf({ registry: { [VIP]: entry('b') }, agents: ['a', 'b'], able: { 'a@1': serve } });
    expect([says(decide(view, 0)), decide(view, 0).facts.get('apex')!.registry]).toEqual([
      'conflict standby 0',
      new Map(),
    ]);
  });

  it('conflicts: the sentence stays the same while something is being read again', () => {
    const odd = {
      conflict: viewOf({ registry: { [VIP]: entry('b') }, agents: ['a', 'b'], able: { 'a@1': serve } }),
      foreign: viewOf({ registry: {}, service: { vipService: new Map([[VIP, 'other']]) } }),
    };
    const told = Object.values(odd).map(view => {
      const first = decide(view, 0);
      const apex = view.services.get('apex')!;
      const services = new Map([['apex', { ...apex, freshness: { ...apex.freshness, out: 'dirty' as const } }]]);
      const reading = decide({ ...view, services, memory: first.memory }, 1);
      return [first, reading].map(({ verdicts }) => [verdicts[0]!.reason, verdicts[0]!.detail]);
    });
    expect(told).toEqual([
      Array(2).fill(['conflict', 'the registry names b, which is alive']),
      Array(2).fill(['foreign-service', 'registered in service other']),
    ]);
  });

  it('is adopted from an owner that has been gone long enough', () => {
    const view = viewOf({ registry: { [VIP]: entry('b', { ownerGoneSinceMs: 0 }) }, able: { 'a@1': serve } });
    expect(decide(view, 599_999).facts.get('apex')!.registry).toEqual(new Map());
    expect(decide(view, 600_000).facts.get('apex')!.registry).toEqual(new Map([[VIP, 'a']]));
  });

  it('is emptied: what is covered stays covered, and the entry is written again', () => {
    const settings = settingsWith({ vips: [] });
    const view = viewOf({ settings, registry: { [VIP]: entry('b', { present: false }) }, able: { 'a@1': serve } });
    const decision = decide(view, 0);
    expect([says(decision), decision.facts.get('apex')!.registry]).toEqual(['cover standby 0', new Map([[VIP, 'b']])]);
  });

  it('holds a record that cannot be read: it is written over neither by its owner nor by one that lost the VIP', () => {
    const registry = { [VIP]: entry('a', { unreadable: 'version 99' }) };
    const writes = [['192.0.2.1'], []].map(
      vips => decide(viewOf({ settings: settingsWith({ vips }), registry }), 0).facts.get('apex')!.registry,
    );
    expect(writes).toEqual([new Map(), new Map()]);
  });

  it('has a tombstone: nobody covers any more', () => {
    const gone = entry('b', { record: { owner: null, epoch: 2, forgotten: true } });
    expect(
      says(
        decide(viewOf({ settings: settingsWith({ vips: [] }), registry: { [VIP]: gone }, able: { 'a@1': serve } }), 0),
      ),
    ).toBe('forgotten -');
  });

  it('loses the owner when its configuration no longer has the VIP', () => {
    const view = viewOf({ settings: settingsWith({ vips: [] }), registry: { [VIP]: entry('a') } });
    expect(decide(view, 0).facts.get('apex')!.registry).toEqual(new Map([[VIP, null]]));
  });

  it('with a record of a newer version is never overwritten', () => {
    const newer = entry(null, { unreadable: 'version 9' });
    expect(decide(viewOf({ registry: { [VIP]: newer } }), 0).facts.get('apex')!.registry).toEqual(new Map());
  });
});

group('the prefix limit', () => {
  it('keeps the own VIP and leaves the standby out', () => {
    const other = '192.0.2.2';
    const settings = settingsWith({}, { maxPrefixes: 1 });
    const view = viewOf({
      settings,
      registry: { [VIP]: entry('a'), [other]: entry('b') },
      claims: { [other]: { b: 0 } },
    });
    const decision = decide(view, 0);
    expect([says(decision), says(decision, other)]).toEqual(['own authority', 'prefix-limit -']);
    expect(decision.facts.get('apex')!.able).toEqual({ priority: 100, vips: [VIP] });
  });
});
