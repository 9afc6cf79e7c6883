import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BFD_STATES, type BfdPacket } from './packet.ts';
import {
  type BfdInput,
  type BfdOutput,
  type BfdSession,
  bfdWakeAt,
  createBfdSession,
  detectionTimeMs,
  stepBfd,
} from './session.ts';

const options = { intervalUs: 50_000, multiplier: 3, localDiscriminator: 7 };
const heard: BfdPacket = {
  diagnostic: 0,
  state: 'Down',
  poll: false,
  final: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 9,
  yourDiscriminator: 7,
  desiredMinTxUs: 50_000,
  requiredMinRxUs: 50_000,
};

/** A session and all it did, driven by hand. `random` 0 makes every jitter 75 per cent. */
class Driven {
  session: BfdSession;
  outputs: readonly BfdOutput[] = [];
  random = 0;

  constructor(now = 0, given = options) {
    this.session = createBfdSession(given, now);
  }

  put(input: BfdInput, now: number): this {
    const { session, outputs } = stepBfd(this.session, input, now, this.random);
    this.session = session;
    this.outputs = outputs;
    return this;
  }

  hear(packet: Partial<BfdPacket>, now: number): this {
    return this.put({ kind: 'Received', packet: { ...heard, ...packet } }, now);
  }

  get sent(): readonly BfdPacket[] {
    return this.outputs.flatMap(output => (output.kind === 'send' ? [output.packet] : []));
  }

  get moves(): readonly string[] {
    return this.outputs.flatMap(output =>
      output.kind === 'transition' ? [`${output.from} ${output.to} ${output.cause}`] : [],
    );
  }

  /** Up at 100 ms, the Poll Sequence answered. */
  static up(): Driven {
    const init = new Driven().put({ kind: 'TimersDue' }, 0).hear({}, 50);
    return init.hear({ state: 'Init' }, 100).hear({ state: 'Up', final: true }, 100);
  }
}

describe('a BFD session', () => {
  it('begins with a packet at once, says 1 s while it is not Up, and repeats within 75 to 100 per cent of it', () => {
    const begun = new Driven(1000);
    expect(bfdWakeAt(begun.session)).toBe(1000);
    begun.put({ kind: 'TimersDue' }, 1000);
    expect(begun.sent).toEqual([
      {
        diagnostic: 0,
        state: 'Down',
        poll: false,
        final: false,
        demand: false,
        detectMultiplier: 3,
        myDiscriminator: 7,
        yourDiscriminator: 0,
        desiredMinTxUs: 1_000_000,
        requiredMinRxUs: 50_000,
      },
    ]);
    expect(bfdWakeAt(begun.session)).toBe(1750);
    begun.random = 0.999999;
    begun.put({ kind: 'TimersDue' }, 1750);
    expect(bfdWakeAt(begun.session)).toBeCloseTo(2750, 1);
  });

  it('with a multiplier of 1 leaves at least a tenth for the way (RFC 5880 6.8.7)', () => {
    const begun = new Driven(0, { ...options, multiplier: 1 });
    begun.random = 0.999999;
    begun.put({ kind: 'TimersDue' }, 0);
    expect(begun.session.transmitAt).toBeCloseTo(900, 1);
  });

  it.each([
    ['Down', 'Down', ['Down Init handshake']],
    ['Down', 'Init', ['Down Up handshake']],
    ['Down', 'Up', []],
    ['Down', 'AdminDown', []],
    ['Init', 'Down', []],
    ['Init', 'Init', ['Init Up handshake']],
    ['Init', 'Up', ['Init Up handshake']],
    ['Init', 'AdminDown', ['Init Down neighbor-admin-down']],
    ['Up', 'Down', ['Up Down neighbor-down']],
    ['Up', 'Init', []],
    ['Up', 'Up', []],
    ['Up', 'AdminDown', ['Up Down neighbor-admin-down']],
    ['AdminDown', 'Down', []],
    ['AdminDown', 'Init', []],
    ['AdminDown', 'Up', []],
    ['AdminDown', 'AdminDown', []],
  ] as const)('in %s hears %s', (state, remote, moves) => {
    const driven = new Driven();
    if (state !== 'Down') driven.hear({}, 0);
    if (state === 'Up') driven.hear({ state: 'Init' }, 1);
    if (state === 'AdminDown') driven.put({ kind: 'AdminDown' }, 1);
    expect(driven.session.state).toBe(state);
    expect(driven.hear({ state: remote }, 2).moves).toEqual(moves);
  });

  it('ignores a packet for another discriminator', () => {
    const before = Driven.up();
    const { session } = before;
    expect(before.hear({ state: 'Down', yourDiscriminator: 8 }, 110)).toMatchObject({ session, outputs: [] });
  });

  it('sends its next packet at the new pace when it becomes Up, with a poll, not a second later', () => {
    const driven = new Driven().put({ kind: 'TimersDue' }, 0).hear({}, 10);
    expect(driven.session.transmitAt).toBe(760);
    driven.hear({ state: 'Init' }, 20);
    expect(driven.sent).toMatchObject([{ state: 'Up', poll: true, desiredMinTxUs: 50_000 }]);
    expect(driven.session.transmitAt).toBe(20 + 37.5);
  });

  it('sends sooner when the neighbor takes packets more often (RFC 5880 6.8.3)', () => {
    const driven = Driven.up();
    driven.hear({ state: 'Up', requiredMinRxUs: 1_000_000 }, 110);
    driven.put({ kind: 'TimersDue' }, 150);
    expect(driven.session.transmitAt).toBe(150 + 750);
    driven.hear({ state: 'Up', requiredMinRxUs: 50_000 }, 160);
    expect(driven.session.transmitAt).toBe(150 + 37.5);
    driven.hear({ state: 'Up', requiredMinRxUs: 1_000_000 }, 170).put({ kind: 'TimersDue' }, 187.5);
    driven.hear({ state: 'Up', requiredMinRxUs: 50_000 }, 400);
    expect(driven.session.transmitAt).toBe(400);
  });

  it('does not put off its next packet because packets arrive', () => {
    const driven = Driven.up();
    const at = driven.session.transmitAt!;
    driven.random = 0.9;
    for (let now = 101; now < at; now += 1) expect(driven.hear({ state: 'Up' }, now).session.transmitAt).toBe(at);
  });

  it('repeats the poll until the final comes, and answers a poll at once without polling', () => {
    const driven = new Driven().hear({}, 0).hear({ state: 'Init' }, 10);
    driven.put({ kind: 'TimersDue' }, driven.session.transmitAt!);
    expect(driven.sent).toMatchObject([{ poll: true, final: false }]);
    driven.hear({ state: 'Up', poll: true }, 60);
    expect(driven.sent).toMatchObject([{ poll: false, final: true }]);
    expect(driven.session.polling).toBe(true);
    driven.hear({ state: 'Up', final: true }, 70).put({ kind: 'TimersDue' }, driven.session.transmitAt!);
    expect(driven.sent).toMatchObject([{ poll: false, final: false }]);
  });

  it('goes Down with diagnostic 1 after the detection time, slows down and forgets the discriminator', () => {
    const driven = Driven.up();
    expect(detectionTimeMs(driven.session)).toBe(150);
    driven.put({ kind: 'TimersDue' }, 249.9);
    expect(driven.session.state).toBe('Up');
    driven.put({ kind: 'TimersDue' }, 250);
    expect(driven.moves).toEqual(['Up Down detection-time-expired']);
    expect(driven.sent).toMatchObject([
      { state: 'Down', diagnostic: 1, yourDiscriminator: 0, desiredMinTxUs: 1_000_000, poll: false },
    ]);
  });

  it('counts the detection time with the slower of the two (RFC 5880 6.8.4)', () => {
    expect(
      detectionTimeMs(Driven.up().hear({ state: 'Up', desiredMinTxUs: 400_000, detectMultiplier: 5 }, 110).session),
    ).toBe(2000);
    expect(detectionTimeMs(Driven.up().hear({ state: 'Up', desiredMinTxUs: 10_000 }, 110).session)).toBe(150);
    expect(detectionTimeMs(createBfdSession(options, 0))).toBeUndefined();
  });

  it('sends nothing to who takes nothing, and begins again when that neighbor has fallen silent', () => {
    const driven = new Driven().hear({ state: 'AdminDown', requiredMinRxUs: 0 }, 10);
    expect(driven.session.transmitAt).toBeUndefined();
    driven.put({ kind: 'TimersDue' }, driven.session.detectAt!);
    expect(driven.session.transmitAt).toBeDefined();
  });

  it('is silent towards a neighbor in demand mode once both are Up', () => {
    const driven = Driven.up().hear({ state: 'Up', demand: true }, 110);
    expect(driven.session.transmitAt).toBeUndefined();
    expect(driven.hear({ state: 'Up' }, 120).session.transmitAt).toBeDefined();
  });

  it('held: says Down with diagnostic 5, never AdminDown, and does not come up until it is let go', () => {
    const driven = Driven.up().put({ kind: 'Hold', held: true }, 110);
    expect(driven.moves).toEqual(['Up Down held']);
    // One packet only: BIRD's BGP does not see a Down that a second packet turns into Init within a millisecond.
    expect(driven.sent).toMatchObject([{ state: 'Down', diagnostic: 5 }]);
    expect(driven.hear({ state: 'Down' }, 120).moves).toEqual([]);
    expect(driven.hear({ state: 'Init' }, 130).moves).toEqual([]);
    driven.put({ kind: 'Hold', held: false }, 140);
    expect(driven.hear({ state: 'Down' }, 150).moves).toEqual(['Down Init handshake']);
  });

  it('says AdminDown with diagnostic 7 at each call, and then nothing more', () => {
    const driven = Driven.up().put({ kind: 'AdminDown' }, 110);
    expect(driven.sent).toMatchObject([{ state: 'AdminDown', diagnostic: 7 }]);
    expect(driven.put({ kind: 'AdminDown' }, 120).sent).toMatchObject([{ state: 'AdminDown', diagnostic: 7 }]);
    expect(driven.hear({ state: 'Up', poll: true }, 130).outputs).toEqual([]);
    expect(bfdWakeAt(driven.session)).toBeUndefined();
  });

  it('whatever happens never polls and answers in one packet, never is fast unless Up, never goes from Down to Up on Up', () => {
    const uint32 = fc.constantFrom(0, 1, 10_000, 50_000, 1_000_000, 0xffff_ffff);
    const inputs: fc.Arbitrary<BfdInput> = fc.oneof(
      fc.record({
        kind: fc.constant('Received' as const),
        packet: fc.record({
          diagnostic: fc.constant(0),
          state: fc.constantFrom(...BFD_STATES),
          poll: fc.boolean(),
          final: fc.boolean(),
          demand: fc.boolean(),
          detectMultiplier: fc.integer({ min: 1, max: 255 }),
          myDiscriminator: fc.integer({ min: 1, max: 3 }),
          yourDiscriminator: fc.constantFrom(0, 7, 8),
          desiredMinTxUs: uint32,
          requiredMinRxUs: uint32,
        }),
      }),
      fc.constant({ kind: 'TimersDue' as const }),
      fc.record({ kind: fc.constant('Hold' as const), held: fc.boolean() }),
    );
    const steps = fc.array(fc.tuple(inputs, fc.integer({ min: 0, max: 2000 })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, list => {
        const driven = new Driven();
        let now = 0;
        for (const [input, waitMs] of list) {
          now += waitMs;
          driven.put(input, now);
          expect(driven.outputs.length).toBeLessThanOrEqual(4);
          for (const packet of driven.sent) {
            expect(packet.poll && packet.final).toBe(false);
            if (packet.state !== 'Up') expect(packet.desiredMinTxUs).toBeGreaterThanOrEqual(1_000_000);
          }
          if (driven.session.held) expect(driven.session.state).toBe('Down');
          expect(Number.isFinite(bfdWakeAt(driven.session) ?? 0)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
