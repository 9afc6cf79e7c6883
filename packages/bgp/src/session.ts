// One peer's session as RFC 4271 §8 describes it: `step(session, input, now)` gives the next session and what to do.
// Nothing here knows sockets, clocks or chance: time comes in, jitter comes from a seed inside the session, and every
// effect is an output. Bytes are not here either; messages arrive decoded, or as the error that decoding gave.
//
//   Idle --ManualStart--> Connect --TcpConnectionConfirmed--> OpenSent --BGPOpen--> OpenConfirm --KeepAliveMsg--> Established
//     ^       (passive: Active, until TcpCrAcked)                 |                      |                            |
//     '--IdleHoldTimer_Expires reconnects---- any error or close -+----------------------+----------------------------'
//
// A peer may briefly have two connections, ours and its own (RFC 4271 §6.8). Each has its own phase here and the state
// of the session is that of the most advanced one. An incoming connection is welcome in the idle hold as well: damping
// slows down our own attempts, the peer paces its own.
//
// Delays are bounded: an attempt lasts connectRetry, the OPEN must come within openLimit, a failed session waits
// 1, 2, 4 .. 30 s before the next attempt.

import { Draft } from './session-draft.ts';
import { collisionWinner, negotiate } from './session-open.ts';
import {
  type ConnectionState,
  fatal,
  type Session,
  type SessionInput,
  type SessionOptions,
  type SessionOutput,
  stateOf,
} from './session-types.ts';
import { AFI, ERROR, SAFI_UNICAST } from './wire/codes.ts';
import { DecodeError } from './wire/decode-error.ts';
import type { Message } from './wire/message.ts';
import { describeNotification, type NotificationMessage } from './wire/notification.ts';
import type { OpenMessage } from './wire/open.ts';
import type { RouteRefreshMessage } from './wire/route-refresh.ts';

/** Subcode of Cease, RFC 9384. */
const BFD_DOWN = 10;

/** A session at rest, in Idle. `seed` decides the jitter of all its timers. */
export function createSession(options: SessionOptions, seed: number, now: number): Session {
  return {
    options,
    seed: seed >>> 0,
    started: false,
    state: 'Idle',
    sinceMs: now,
    attempt: undefined,
    attempts: 0,
    connections: [],
    connectRetryAt: undefined,
    idleHoldAt: undefined,
    establishedAt: undefined,
    failures: 0,
    lastError: undefined,
  };
}

/** The session after this input, and what has to be done about it, in order. */
export function step(
  session: Session,
  input: SessionInput,
  now: number,
): { session: Session; outputs: SessionOutput[] } {
  const draft = new Draft(session, now);
  apply(draft, input);
  draft.settle();
  const next = draft.session;
  const to = stateOf(next);
  if (to === session.state) return { session: next, outputs: draft.outputs };
  const reason = to === 'Idle' || to === 'Active' ? next.lastError : undefined;
  const outputs: SessionOutput[] = [
    ...draft.outputs,
    { kind: 'transition', from: session.state, to, event: input.kind, reason },
  ];
  return { session: { ...next, state: to, sinceMs: now }, outputs };
}

/** When `TimersDue` should be put in next; `undefined` when nothing is waited for. */
export function wakeAt(session: Session): number | undefined {
  let earliest = Math.min(session.connectRetryAt ?? Infinity, session.idleHoldAt ?? Infinity);
  for (const { holdAt, keepaliveAt, sendHoldAt } of session.connections) {
    earliest = Math.min(earliest, holdAt ?? Infinity, keepaliveAt ?? Infinity, sendHoldAt ?? Infinity);
  }
  return earliest === Infinity ? undefined : earliest;
}

function apply(draft: Draft, input: SessionInput): void {
  switch (input.kind) {
    case 'ManualStart':
      draft.start();
      return;
    case 'ManualStop':
      draft.stop(input.notification);
      return;
    case 'TcpConnectionConfirmed':
      onConfirmed(draft, input.connection);
      return;
    case 'TcpCrAcked':
      onAccepted(draft, input.connection);
      return;
    case 'TcpConnectionFails':
      onTcpFails(draft, input.connection, input.reason);
      return;
    case 'MessageReceived':
      onConnection(draft, input.connection, connection => onMessage(draft, connection, input.message));
      return;
    case 'DecodeFailed':
      onConnection(draft, input.connection, connection => draft.fail(connection, input.error));
      return;
    case 'BfdDown':
      onBfdDown(draft, input.reason);
      return;
    case 'WriteProgress':
      draft.writeProgress(input.connection, input.pending);
      return;
    case 'TimersDue':
      onTimers(draft);
      return;
    default:
      input satisfies never;
      return;
  }
}

function onConnection(draft: Draft, id: string, act: (connection: ConnectionState) => void): void {
  const connection = draft.connection(id);
  if (connection !== undefined) act(connection);
}

function onConfirmed(draft: Draft, id: string): void {
  if (draft.session.attempt !== id) {
    draft.output({ kind: 'abandon', connection: id });
    return;
  }
  draft.attemptEnded();
  draft.openConnection(id, 'outgoing');
}

/** RFC 4271 §6.8: an Established session is not given up for a newcomer, and one unfinished incoming one is enough. */
function onAccepted(draft: Draft, id: string): void {
  if (!draft.session.started) {
    draft.output({ kind: 'abandon', connection: id });
    return;
  }
  if (draft.established() !== undefined) {
    draft.refuse(id);
    return;
  }
  const older = draft.session.connections.find(({ direction }) => direction === 'incoming');
  if (older?.phase === 'OpenConfirm') {
    draft.refuse(id);
    return;
  }
  if (older !== undefined) draft.replaceSilently(older);
  draft.openConnection(id, 'incoming');
}

function onTcpFails(draft: Draft, id: string, reason: string): void {
  if (draft.session.attempt === id) {
    draft.attemptFailed(reason);
    return;
  }
  onConnection(draft, id, connection => draft.drop(connection, reason));
}

function onMessage(draft: Draft, connection: ConnectionState, message: Message): void {
  if (message.type === 'notification') {
    draft.drop(connection, `the peer sent ${describeNotification(message)}`);
    return;
  }
  switch (connection.phase) {
    case 'OpenSent':
      if (message.type === 'open') onOpen(draft, connection, message);
      else unexpected(draft, connection, message, 1);
      return;
    case 'OpenConfirm':
      if (message.type === 'keepalive') draft.establish(connection);
      else unexpected(draft, connection, message, 2);
      return;
    case 'Established':
      onEstablishedMessage(draft, connection, message);
      return;
  }
}

/** RFC 6608: a message that its state does not allow. */
function unexpected(draft: Draft, connection: ConnectionState, message: Message, subcode: number): void {
  const detail = `${message.type.toUpperCase()} in ${connection.phase}`;
  draft.fail(connection, new DecodeError(ERROR.finiteStateMachine, subcode, detail));
}

function onOpen(draft: Draft, connection: ConnectionState, open: OpenMessage): void {
  const { options } = draft.session;
  try {
    const negotiated = negotiate(open, options);
    if (resolveCollision(draft, connection, open)) draft.confirm(connection, negotiated);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    draft.fail(connection, error);
  }
}

/** Closes the loser of a collision; false when that is this very connection. */
function resolveCollision(draft: Draft, connection: ConnectionState, open: OpenMessage): boolean {
  const rival = draft.session.connections.find(other => other !== connection && other.phase === 'OpenConfirm');
  if (rival === undefined) return true;
  const wins = connection.direction === collisionWinner(draft.session.options, open);
  draft.dumpCollision(wins ? rival : connection);
  return wins;
}

function onEstablishedMessage(
  draft: Draft,
  connection: ConnectionState,
  message: Exclude<Message, NotificationMessage>,
): void {
  switch (message.type) {
    case 'open':
      unexpected(draft, connection, message, 3);
      return;
    case 'keepalive':
      draft.heard(connection);
      return;
    case 'update':
      draft.heard(connection);
      draft.output({ kind: 'update', connection: connection.id, update: message });
      return;
    case 'routeRefresh':
      draft.heard(connection);
      onRouteRefresh(draft, connection, message);
      return;
  }
}

/** Only requests (subtype 0) for negotiated families mean anything to somebody who never asks (RFC 7313 §4). */
function onRouteRefresh(draft: Draft, connection: ConnectionState, message: RouteRefreshMessage): void {
  const wanted = connection.negotiated?.families.find(family => AFI[family] === message.afi);
  if (wanted === undefined || message.safi !== SAFI_UNICAST || message.subtype !== 0) return;
  draft.output({ kind: 'routeRefresh', connection: connection.id, family: wanted });
}

/** A connection that is only being opened is left alone: it may be the one that comes after the failure. */
function onBfdDown(draft: Draft, reason: string): void {
  const connection = draft.established();
  if (connection !== undefined) draft.fail(connection, new DecodeError(ERROR.cease, BFD_DOWN, reason));
}

function onTimers(draft: Draft): void {
  for (const { id } of draft.session.connections)
    onConnection(draft, id, connection => onConnectionTimers(draft, connection));
  if (draft.due(draft.session.connectRetryAt)) draft.connectRetryExpired();
  if (draft.due(draft.session.idleHoldAt)) draft.idleHoldExpired();
}

function onConnectionTimers(draft: Draft, connection: ConnectionState): void {
  if (draft.due(connection.sendHoldAt)) {
    draft.sendHoldExpired(connection);
  } else if (draft.due(connection.holdAt)) {
    const waitedFor = connection.phase === 'OpenSent' ? 'no OPEN in time' : 'nothing heard from the peer in time';
    draft.fail(connection, fatal(ERROR.holdTimerExpired, waitedFor));
  } else if (draft.due(connection.keepaliveAt)) {
    draft.keepalive(connection);
  }
}
