// One BFD session as RFC 5880 §6.8 describes it, asynchronous mode: `stepBfd(session, input, now, random)` gives the next
// session and what to do. No socket, no clock, no chance in here: time comes in (milliseconds, monotonic), and so does
// one random number per step, for the jitter.
//
//   Down --heard Down--> Init --heard Init or Up--> Up       Down --heard Init--> Up
//   Init or Up --nothing heard for the detection time--> Down (1)      Up --heard Down--> Down (3)
//   any --heard AdminDown--> Down (3)
//
// While `held`, the session stays Down with diagnostic 5 (Path Down) and says so: whoever feeds this session has learned
// that the routes behind it are nobody's any more. That is Down and not AdminDown, since AdminDown asks the neighbor to
// leave its routes alone (RFC 5882 §3.2).
//
// The transmit timer is counted from the last periodic packet, and set again whenever the interval becomes shorter: on
// entering Up, and when the neighbor will take packets more often (RFC 5880 §6.8.3). Without that, the next packet leaves
// up to a second late, and a neighbor that counts at the new pace goes Down.

import { type BfdPacket, type BfdState, DIAGNOSTIC } from './packet.ts';

/** What is wished for. */
export interface BfdOptions {
  /** Both of DesiredMinTxInterval once Up, and RequiredMinRxInterval. */
  readonly intervalUs: number;
  readonly multiplier: number;
  /** Not 0, and of no other session here. */
  readonly localDiscriminator: number;
}

/** The state variables of RFC 5880 §6.8.1, and the timers. */
export interface BfdSession {
  readonly options: BfdOptions;
  readonly state: BfdState;
  readonly diagnostic: number;
  readonly held: boolean;
  readonly desiredMinTxUs: number;
  readonly remoteState: BfdState;
  readonly remoteDiscriminator: number;
  readonly remoteMinRxUs: number;
  readonly remoteMinTxUs: number;
  readonly remoteMultiplier: number;
  readonly remoteDemand: boolean;
  /** A Poll Sequence goes on (§6.5). */
  readonly polling: boolean;
  /** When a periodic packet last left. */
  readonly sentAt: number | undefined;
  readonly transmitAt: number | undefined;
  readonly detectAt: number | undefined;
}

/** What can happen. */
export type BfdInput =
  | { readonly kind: 'Received'; readonly packet: BfdPacket }
  | { readonly kind: 'TimersDue' }
  | { readonly kind: 'Hold'; readonly held: boolean }
  | { readonly kind: 'AdminDown' };

/** What to do. */
export type BfdOutput =
  | { readonly kind: 'send'; readonly packet: BfdPacket }
  | { readonly kind: 'transition'; readonly from: BfdState; readonly to: BfdState; readonly cause: BfdCause };

/** Why a state was entered. */
export type BfdCause =
  | 'handshake'
  | 'detection-time-expired'
  | 'neighbor-down'
  | 'neighbor-admin-down'
  | 'held'
  | 'admin-down';

/** A step's answer. */
export interface BfdStep {
  readonly session: BfdSession;
  readonly outputs: readonly BfdOutput[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** RFC 5880 §6.8.3: not Up, nobody sends more often. */
const SLOW_US = 1_000_000;
/** What a neighbor that was not heard yet is taken to accept (§6.8.1). */
const UNKNOWN_MIN_RX_US = 1;

/** A session at rest: Down, its first packet due at once. */
export function createBfdSession(options: BfdOptions, now: number): BfdSession {
  return {
    options,
    state: 'Down',
    diagnostic: DIAGNOSTIC.none,
    held: false,
    desiredMinTxUs: slow(options),
    remoteState: 'Down',
    remoteDiscriminator: 0,
    remoteMinRxUs: UNKNOWN_MIN_RX_US,
    remoteMinTxUs: 0,
    remoteMultiplier: 0,
    remoteDemand: false,
    polling: false,
    sentAt: undefined,
    transmitAt: now,
    detectAt: undefined,
  };
}

const slow = ({ intervalUs }: BfdOptions): number => Math.max(intervalUs, SLOW_US);

/** The detection time in milliseconds (§6.8.4); `undefined` as long as the neighbor was never heard. */
export function detectionTimeMs(session: BfdSession): number | undefined {
  if (session.remoteMultiplier === 0) return undefined;
  return (session.remoteMultiplier * Math.max(session.options.intervalUs, session.remoteMinTxUs)) / 1000;
}

/** When `TimersDue` should be put in next. */
export function bfdWakeAt({ transmitAt, detectAt }: BfdSession): number | undefined {
  const earliest = Math.min(transmitAt ?? Infinity, detectAt ?? Infinity);
  return earliest === Infinity ? undefined : earliest;
}

/** The session after this input, and what to do about it, in order. `random` is in [0, 1). */
export function stepBfd(session: BfdSession, input: BfdInput, now: number, random: number): BfdStep {
  const draft = new BfdDraft(session, now, random);
  switch (input.kind) {
    case 'Received':
      draft.received(input.packet);
      break;
    case 'TimersDue':
      draft.timersDue();
      break;
    case 'Hold':
      draft.hold(input.held);
      break;
    case 'AdminDown':
      draft.adminDown();
      break;
    default:
      input satisfies never;
  }
  return { session: draft.session, outputs: draft.outputs };
}

/** A session under change. */
class BfdDraft {
  readonly session: Mutable<BfdSession>;
  readonly outputs: BfdOutput[] = [];
  readonly #now: number;
  readonly #random: number;

  constructor(session: BfdSession, now: number, random: number) {
    this.session = { ...session };
    this.#now = now;
    this.#random = random;
  }

  /** RFC 5880 §6.8.6, from the point where a session was found. */
  received(packet: BfdPacket): void {
    const { session } = this;
    if (packet.yourDiscriminator !== 0 && packet.yourDiscriminator !== session.options.localDiscriminator) return;
    this.#learn(packet);
    if (packet.final) session.polling = false;
    if (session.state === 'AdminDown') return;
    this.#follow(packet.state);
    this.#hurry();
    if (packet.poll) this.#send({ final: true });
  }

  timersDue(): void {
    if (this.#due(this.session.detectAt)) this.#expire();
    if (this.#due(this.session.transmitAt)) this.#transmit();
  }

  /** Exactly one packet tells it: a second at once would take the neighbor on to Init before its BGP has seen Down. */
  hold(held: boolean): void {
    const { session } = this;
    if (held === session.held || session.state === 'AdminDown') return;
    session.held = held;
    if (held && session.state !== 'Down') this.#enter('Down', 'held', DIAGNOSTIC.pathDown);
  }

  /** For good: the session is about to be forgotten, so it says so once at each call. */
  adminDown(): void {
    const { session } = this;
    if (session.state !== 'AdminDown') this.#enter('AdminDown', 'admin-down', DIAGNOSTIC.administrativelyDown);
    session.polling = false;
    session.detectAt = undefined;
    session.transmitAt = undefined;
    this.#send({});
  }

  #learn(packet: BfdPacket): void {
    const { session } = this;
    session.remoteDiscriminator = packet.myDiscriminator;
    session.remoteState = packet.state;
    session.remoteDemand = packet.demand;
    session.remoteMinRxUs = packet.requiredMinRxUs;
    session.remoteMinTxUs = packet.desiredMinTxUs;
    session.remoteMultiplier = packet.detectMultiplier;
    if (session.state !== 'AdminDown') session.detectAt = this.#now + (detectionTimeMs(session) ?? 0);
  }

  #follow(remote: BfdState): void {
    const { state, held } = this.session;
    if (remote === 'AdminDown') {
      if (state !== 'Down') this.#enter('Down', 'neighbor-admin-down', DIAGNOSTIC.neighborSignaledDown);
    } else if (state === 'Down') {
      if (held || remote === 'Up') return;
      this.#enter(remote === 'Down' ? 'Init' : 'Up', 'handshake');
    } else if (state === 'Init') {
      if (remote !== 'Down') this.#enter('Up', 'handshake');
    } else if (remote === 'Down') {
      this.#enter('Down', 'neighbor-down', DIAGNOSTIC.neighborSignaledDown);
    }
  }

  /** A diagnostic explains the last way down, so it stays until there is another one or the session is Up. */
  #enter(to: BfdState, cause: BfdCause, diagnostic?: number): void {
    const { session } = this;
    this.outputs.push({ kind: 'transition', from: session.state, to, cause });
    session.state = to;
    session.diagnostic = diagnostic ?? (to === 'Up' ? DIAGNOSTIC.none : session.diagnostic);
    this.#setDesiredMinTx(to === 'Up' ? session.options.intervalUs : slow(session.options));
    if (to === 'AdminDown') return;
    this.#transmit();
  }

  /** A new interval is confirmed by a Poll Sequence (§6.8.3), if there is anybody to answer it. */
  #setDesiredMinTx(us: number): void {
    const { session } = this;
    if (session.desiredMinTxUs !== us) session.polling = session.remoteDiscriminator !== 0;
    session.desiredMinTxUs = us;
  }

  /** §6.8.1: who was silent for a whole detection time is a stranger again. */
  #expire(): void {
    const { session } = this;
    session.detectAt = undefined;
    session.remoteDiscriminator = 0;
    session.remoteState = 'Down';
    session.remoteMinRxUs = UNKNOWN_MIN_RX_US;
    session.remoteDemand = false;
    session.polling = false;
    if (session.state === 'Init' || session.state === 'Up') {
      this.#enter('Down', 'detection-time-expired', DIAGNOSTIC.detectionTimeExpired);
    } else {
      this.#hurry();
    }
  }

  /** A periodic packet now, and the next one an interval later. */
  #transmit(): void {
    const { session } = this;
    if (this.#isSilent()) {
      session.transmitAt = undefined;
      return;
    }
    this.#send({ poll: session.polling });
    session.sentAt = this.#now;
    session.transmitAt = this.#now + this.#jittered();
  }

  /** The next packet may come sooner than was planned, never later. */
  #hurry(): void {
    const { session } = this;
    if (this.#isSilent()) {
      session.transmitAt = undefined;
      return;
    }
    const at = Math.max(this.#now, (session.sentAt ?? this.#now) + this.#jittered());
    // What was planned for this interval carries a jitter of its own; only an interval that fell is worth a new one.
    const latest = (session.sentAt ?? this.#now) + this.#intervalMs();
    if (session.transmitAt === undefined || session.transmitAt > latest) session.transmitAt = at;
  }

  /** §6.8.7: the neighbor wants no periodic packets. */
  #isSilent(): boolean {
    const { state, remoteState, remoteMinRxUs, remoteDemand, polling } = this.session;
    return remoteMinRxUs === 0 || (remoteDemand && state === 'Up' && remoteState === 'Up' && !polling);
  }

  #intervalMs(): number {
    return Math.max(this.session.desiredMinTxUs, this.session.remoteMinRxUs) / 1000;
  }

  /** §6.8.7: 75 to 100 per cent of the interval, at most 90 with a multiplier of 1. */
  #jittered(): number {
    const most = this.session.options.multiplier === 1 ? 0.9 : 1;
    return this.#intervalMs() * (0.75 + (most - 0.75) * this.#random);
  }

  #send({ poll = false, final = false }: { readonly poll?: boolean; readonly final?: boolean }): void {
    const { options, state, diagnostic, desiredMinTxUs, remoteDiscriminator } = this.session;
    const packet = {
      diagnostic,
      state,
      poll,
      final,
      demand: false,
      detectMultiplier: options.multiplier,
      myDiscriminator: options.localDiscriminator,
      yourDiscriminator: remoteDiscriminator,
      desiredMinTxUs,
      requiredMinRxUs: options.intervalUs,
    };
    this.outputs.push({ kind: 'send', packet });
  }

  #due(at: number | undefined): boolean {
    return at !== undefined && at <= this.#now;
  }
}
