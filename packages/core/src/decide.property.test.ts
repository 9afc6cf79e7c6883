// Over views nobody would think of: the decision is total, whole and explained, and two agents never release to each other.
import fc from 'fast-check';
import { expect, describe as group, it } from 'vitest';
import { decide } from './decide.ts';
import { describe } from './describe.ts';
import { entry, type Scene, settingsWith, viewOf } from './fixture.ts';
import { ahead, type Candidate, outranks } from './order.ts';
import type { View } from './view.ts';
import { REASONS } from './vocabulary.ts';

const VIPS = ['192.0.2.1', '192.0.2.2', '2001:db8::1'] as const;
const AGENTS = ['a', 'b', 'c', 'd'] as const;
const instant = fc.integer({ min: 0, max: 100_000 });
const vip = fc.constantFrom(...VIPS);
const agent = fc.constantFrom(...AGENTS);

const scene: fc.Arbitrary<Scene> = fc.record({
  settings: fc
    .record({
      vips: fc.subarray([...VIPS]),
      standbyDepth: fc.nat(2),
      announcers: fc.integer({ min: 1, max: 2 }),
      onUnhealthy: fc.constantFrom('withdraw', 'last-resort'),
    })
    .chain(service =>
      fc.constantFrom(1, 2, Number.POSITIVE_INFINITY).map(maxPrefixes => settingsWith(service, { maxPrefixes })),
    ),
  registry: fc.dictionary(
    vip,
    fc.option(agent, { nil: null }).map(owner => entry(owner)),
  ),
  claims: fc.dictionary(vip, fc.dictionary(agent, instant)),
  able: fc.dictionary(
    agent.map(name => `${name}@1`),
    fc.record({ priority: fc.integer({ min: 99, max: 101 }), vips: fc.subarray([...VIPS]) }),
  ),
  agents: fc.subarray([...AGENTS]),
  health: fc.dictionary(vip, fc.constantFrom('passing', 'failing', 'unknown')),
  service: fc.record({
    maintenance: fc.constantFrom(
      { on: false } as const,
      { on: true, czxid: '1', version: 0, seenSinceMs: 0, record: null } as const,
    ),
    drains: fc.subarray(['a', 'b', `vip:${VIPS[0]}@a`, 'nonsense:']).map(names => new Set(names)),
    barrierSentAtMs: fc.option(instant, { nil: null }),
    everSynced: fc.boolean(),
  }),
  view: fc.record({
    coordination: fc.constantFrom(
      { kind: 'connected', epoch: 1, sessionId: '1' } as const,
      { kind: 'suspended' } as const,
      { kind: 'lost' } as const,
    ),
    shutdown: fc.option(fc.record({ sinceMs: fc.constant(0), deadlineMs: instant }), { nil: null }),
  }),
});

/** Decide at each instant in order, carrying the memory. */
function live(
  view: View,
  instants: readonly number[],
): { readonly view: View; readonly decisions: readonly ReturnType<typeof decide>[] } {
  let now = view;
  const decisions = [...instants]
    .sort((x, y) => x - y)
    .map(at => {
      const decision = decide(now, at);
      now = { ...now, memory: decision.memory };
      return decision;
    });
  return { view: now, decisions };
}

group('decide()', () => {
  it('gives every known VIP one verdict, with a known reason and a sentence, and announces exactly what it says', () => {
    fc.assert(
      fc.property(scene, fc.array(instant, { minLength: 1, maxLength: 6 }), (what, instants) => {
        for (const decision of live(viewOf(what), instants).decisions) {
          const said = decision.verdicts.map(verdict => verdict.vip);
          expect(new Set(said).size).toBe(said.length);
          expect(
            decision.verdicts.every(
              verdict => REASONS.includes(verdict.reason) && describe(verdict).includes(verdict.vip),
            ),
          ).toBe(true);
          const announced = decision.verdicts.filter(verdict => verdict.announced).map(verdict => verdict.vip);
          expect(decision.announcements.map(one => one.vip)).toEqual(announced);
        }
      }),
    );
  });

  it('says the same again when nothing has happened', () => {
    fc.assert(
      fc.property(scene, instant, (what, at) => {
        const first = decide(viewOf(what), at);
        const again = decide({ ...viewOf(what), memory: first.memory }, at);
        expect(again.announcements).toEqual(first.announcements);
      }),
    );
  });

  it('never announces in maintenance, and never more than the peers accept', () => {
    fc.assert(
      fc.property(scene, instant, (what, at) => {
        const view = viewOf(what);
        const decision = decide(view, at);
        if (view.services.get('apex')!.maintenance.on) expect(decision.announcements).toEqual([]);
        expect(decision.announcements.length).toBeLessThanOrEqual(view.settings.maxPrefixes);
      }),
    );
  });

  it('withdraws nothing because coordination went away', () => {
    fc.assert(
      fc.property(scene, instant, fc.constantFrom('suspended', 'lost'), (what, at, kind) => {
        const view = viewOf({ ...what, view: { coordination: { kind: 'connected', epoch: 1, sessionId: '1' } } });
        const before = decide(view, at);
        const after = decide(
          { ...view, memory: before.memory, coordination: { kind } as View['coordination'] },
          at + 1,
        );
        expect(after.announcements.map(one => one.vip)).toEqual(before.announcements.map(one => one.vip));
      }),
    );
  });

  it('stops at the deadline of a shutdown, whatever is known', () => {
    fc.assert(
      fc.property(scene, instant, (what, at) => {
        const view = { ...viewOf(what), shutdown: { sinceMs: 0, deadlineMs: at } };
        expect(decide({ ...view, memory: live(viewOf(what), [at]).view.memory }, at).stopped).toBe(true);
      }),
    );
  });
});

group('the orders', () => {
  const candidate: fc.Arbitrary<Candidate> = fc.record({
    agent: fc.string({ minLength: 1, maxLength: 3 }),
    owner: fc.boolean(),
    priority: fc.nat(2),
  });

  it('outranks() is a strict total order over different agents, so two agents can never release to each other', () => {
    fc.assert(
      fc.property(vip, candidate, candidate, candidate, (on, x, y, z) => {
        if (x.agent !== y.agent) expect(outranks(on, x, y)).toBe(!outranks(on, y, x));
        if (outranks(on, x, y) && outranks(on, y, z) && x.agent !== z.agent) expect(outranks(on, x, z)).toBe(true);
      }),
    );
  });

  it('ahead() lets a claim count only among equals', () => {
    fc.assert(
      fc.property(vip, candidate, candidate, (on, x, y) => {
        if (x.owner !== y.owner || x.priority !== y.priority)
          expect(ahead(on, x, true, y)).toBe(ahead(on, x, false, y));
        else expect(ahead(on, x, true, y)).toBe(true);
      }),
    );
  });
});
