// The session's word about itself, as a pure function: (machine, event, time) -> machine. No socket, no timer, no clock.
//
// The lease is the heart of it. A server gives our ephemerals away no earlier than one session timeout after the last
// request it received from us. We know when we sent what it has acknowledged, so `send time + timeout` on our own
// monotonic clock is never later than the server's verdict. Whatever else happens, `connected` and `suspended` end there.
//
// An epoch belongs to a session id, not to a connection: a session that comes back, even after `lost`, keeps its epoch.
import type { SessionState } from './session.ts';

/** Everything the driver knows of its session. Times are milliseconds of the driver's monotonic clock. */
export interface SessionMachine {
  readonly state: SessionState;
  /** Number of different session ids seen so far. */
  readonly epoch: number;
  /** Lower-case hex, `''` before the first session. */
  readonly sessionId: string;
  readonly sessionTimeoutMs: number;
  readonly leaseUntilMs: number;
}

/** What can happen to a session. */
export type SessionEvent =
  /** A server answered our connect request, sent at `sentAtMs`, and a first round trip on the session succeeded. */
  | {
      readonly kind: 'established';
      readonly sessionId: string;
      readonly sessionTimeoutMs: number;
      readonly sentAtMs: number;
    }
  /** A server answered something we sent at `sentAtMs`. */
  | { readonly kind: 'acknowledged'; readonly sentAtMs: number }
  | { readonly kind: 'disconnected'; readonly cause: string }
  /** A server said that the session is gone. */
  | { readonly kind: 'expired'; readonly cause: string }
  /** A server refused our credentials. */
  | { readonly kind: 'refused'; readonly cause: string }
  /** Nothing but time has passed. */
  | { readonly kind: 'clock' }
  | { readonly kind: 'close' };

/** A machine that has never been connected. `sessionTimeoutMs` is the wish. */
export function startMachine(sessionTimeoutMs: number, nowMs: number): SessionMachine {
  return { state: { kind: 'connecting', sinceMs: nowMs }, epoch: 0, sessionId: '', sessionTimeoutMs, leaseUntilMs: 0 };
}

/** True when this session id would replace one that was not yet given up: the caller has to be told `lost` first. */
export function replacesLiveSession(machine: SessionMachine, sessionId: string): boolean {
  const { kind } = machine.state;
  return machine.sessionId !== '' && machine.sessionId !== sessionId && kind !== 'lost' && kind !== 'closed';
}

/** The next machine. Total: every event is legal in every state, and `closed` is never left. */
export function stepMachine(machine: SessionMachine, event: SessionEvent, nowMs: number): SessionMachine {
  if (machine.state.kind === 'closed') return machine;
  return withLeaseChecked(applied(machine, event, nowMs), nowMs);
}

function applied(machine: SessionMachine, event: SessionEvent, nowMs: number): SessionMachine {
  switch (event.kind) {
    case 'established':
      return established(machine, event, nowMs);
    case 'acknowledged':
      return { ...machine, leaseUntilMs: Math.max(machine.leaseUntilMs, event.sentAtMs + machine.sessionTimeoutMs) };
    case 'disconnected':
      return disconnected(machine, event.cause, nowMs);
    case 'expired':
      return lost({ ...machine, leaseUntilMs: Math.min(machine.leaseUntilMs, nowMs) }, event.cause, nowMs);
    case 'refused':
      if (machine.state.kind === 'auth-failed') return machine;
      return { ...machine, state: { kind: 'auth-failed', sinceMs: nowMs, cause: event.cause } };
    case 'clock':
      return machine;
    case 'close':
      return {
        ...machine,
        state: { kind: 'closed', sinceMs: nowMs },
        leaseUntilMs: Math.min(machine.leaseUntilMs, nowMs),
      };
  }
}

function established(
  machine: SessionMachine,
  event: Extract<SessionEvent, { kind: 'established' }>,
  nowMs: number,
): SessionMachine {
  const { sessionId, sessionTimeoutMs } = event;
  const epoch = sessionId === machine.sessionId ? machine.epoch : machine.epoch + 1;
  return {
    state: { kind: 'connected', sinceMs: nowMs, epoch, sessionId },
    epoch,
    sessionId,
    sessionTimeoutMs,
    leaseUntilMs: event.sentAtMs + sessionTimeoutMs,
  };
}

function disconnected(machine: SessionMachine, cause: string, nowMs: number): SessionMachine {
  if (machine.state.kind !== 'connected') return machine;
  return { ...machine, state: { kind: 'suspended', sinceMs: nowMs, cause } };
}

function lost(machine: SessionMachine, cause: string, nowMs: number): SessionMachine {
  const { kind } = machine.state;
  if (kind !== 'connected' && kind !== 'suspended' && kind !== 'auth-failed') return machine;
  if (machine.sessionId === '') return machine;
  return { ...machine, state: { kind: 'lost', sinceMs: nowMs, cause } };
}

function withLeaseChecked(machine: SessionMachine, nowMs: number): SessionMachine {
  const { kind } = machine.state;
  const held = kind === 'connected' || kind === 'suspended';
  return held && nowMs >= machine.leaseUntilMs ? lost(machine, 'the lease ran out', nowMs) : machine;
}
