// A session under random events: connections that come, fail and collide, right and wrong messages, timers, stops. After
// each step: nothing was thrown; at most one connection is Established and all are few; a connection that is gone was
// closed, exactly once; what is sent can be written within the session's limit; and no timer is due that was just served
// (that would be an endless loop).
import {
  createSession,
  DecodeError,
  type Message,
  type Session,
  type SessionInput,
  type SessionOptions,
  type SessionOutput,
  step,
  wakeAt,
} from '@vipkeeper/bgp';
import { checkSize, decoded, LENGTH_LIMIT } from './fuzz-checks.ts';
import { anyContext, anyFrame } from './fuzz-frames.ts';
import type { Random } from './random.ts';

const STEPS = 40;
/** Ours, theirs, and a newcomer that has not been judged. */
const MAX_CONNECTIONS = 3;

const GOOD_OPEN: Message = {
  ...{ type: 'open', myAs: 64_601, holdTime: 9, identifier: '10.0.0.1' },
  capabilities: [
    { kind: 'multiprotocol', afi: 1, safi: 1 },
    { kind: 'fourOctetAs', as: 64_601 },
    { kind: 'extendedMessage' },
    { kind: 'routeRefresh' },
  ],
};

function anyOptions(random: Random): SessionOptions {
  return {
    localAs: 64_512,
    routerId: '10.0.0.2',
    peerAs: random.pick([64_601, [64_601, 70_000], 'any'] as const),
    holdTimeSeconds: random.pick([0, 3, 9, 90]),
    families: random.pick([['ipv4'], ['ipv4', 'ipv6']] as const),
    passive: random.chance(0.3),
    connectRetryMs: 5000,
    openLimitMs: 30_000,
    sendHoldMs: random.pick([undefined, 30_000]),
  };
}

/** The life of one session. */
export function checkSession(random: Random): void {
  let nowMs = random.below(1_000_000);
  let session = createSession(anyOptions(random), random.below(2 ** 32), nowMs);
  const open = new Set<string>();
  let arrived = 0;
  for (let left = STEPS; left > 0; left--) {
    nowMs += random.pick([0, 1, 100, 3000, 31_000]);
    const input = left === STEPS ? ({ kind: 'ManualStart' } as const) : anyInput(random, session, () => ++arrived);
    if (input.kind === 'TcpCrAcked') open.add(input.connection);
    const result = step(session, input, nowMs);
    checkOutputs(session, result.outputs, open);
    checkState(result.session, open, input, nowMs);
    session = result.session;
  }
}

function anyInput(random: Random, session: Session, arrive: () => number): SessionInput {
  const ids = [...session.connections.map(({ id }) => id), ...(session.attempt === undefined ? [] : [session.attempt])];
  const connection = ids.length > 0 && random.chance(0.95) ? random.pick(ids) : 'out-0';
  switch (random.below(20)) {
    case 0:
      return { kind: 'ManualStart' };
    case 1:
      return random.chance(0.2) ? { kind: 'ManualStop', notification: cease() } : { kind: 'TimersDue' };
    case 2:
    case 3:
      return { kind: 'TcpCrAcked', connection: `in-${arrive()}` };
    case 4:
    case 5:
    case 6:
      return { kind: 'TcpConnectionConfirmed', connection: session.attempt ?? 'out-0' };
    case 7:
      return { kind: 'TcpConnectionFails', connection, reason: 'refused' };
    case 8:
      return { kind: 'WriteProgress', connection, pending: random.chance(0.5) };
    case 9:
    case 10:
    case 11:
      return { kind: 'TimersDue' };
    default:
      return anyReceived(random, session, connection);
  }
}

function cease(): Extract<Message, { type: 'notification' }> {
  return { type: 'notification', code: 6, subcode: 2, data: new Uint8Array(0) };
}

/** Mostly what the state waits for, so that sessions come up; else anything. */
function anyReceived(random: Random, session: Session, connection: string): SessionInput {
  const phase = session.connections.find(({ id }) => id === connection)?.phase;
  if (random.chance(0.7)) {
    const message: Message = phase === 'OpenSent' ? GOOD_OPEN : { type: 'keepalive' };
    return { kind: 'MessageReceived', connection, message };
  }
  const result = decoded(anyFrame(random), anyContext(random));
  if (result instanceof DecodeError) return { kind: 'DecodeFailed', connection, error: result };
  return { kind: 'MessageReceived', connection, message: result };
}

function checkOutputs(before: Session, outputs: readonly SessionOutput[], open: Set<string>): void {
  for (const output of outputs) {
    if (output.kind === 'connect') open.add(output.connection);
    if (output.kind === 'finish' || output.kind === 'abandon') {
      const stranger = output.connection === 'out-0';
      if (!open.delete(output.connection) && !stranger) throw new Error(`${output.connection} is closed twice`);
    }
    if (output.kind === 'send') {
      const connection = before.connections.find(({ id }) => id === output.connection);
      const extended = connection?.negotiated?.extendedMessage ?? false;
      checkSize(output.message, extended ? LENGTH_LIMIT.extended : LENGTH_LIMIT.standard);
    }
  }
}

function checkState(session: Session, open: ReadonlySet<string>, input: SessionInput, nowMs: number): void {
  const ids = session.connections.map(({ id }) => id);
  const established = session.connections.filter(({ phase }) => phase === 'Established');
  if (ids.length > MAX_CONNECTIONS) throw new Error(`${ids.length} connections`);
  if (established.length > 1) throw new Error('two connections are Established');
  const known = new Set([...ids, ...(session.attempt === undefined ? [] : [session.attempt])]);
  for (const id of known) if (!open.has(id)) throw new Error(`${id} lives on after it was closed`);
  if (input.kind === 'ManualStop' && known.size > 0) throw new Error('connections after ManualStop');
  const at = wakeAt(session);
  if (at !== undefined && !Number.isFinite(at)) throw new Error(`wakes at ${at}`);
  if (input.kind === 'TimersDue' && at !== undefined && at <= nowMs) throw new Error('a timer was served and is due');
}
