// The nouns of the session: what it is, what can happen to it, what it asks for. Inputs carry the names that RFC 4271
// §8.1 gives the events, where it gives one.

import type { Family, SessionStateName } from './advertisement.ts';
import type { Negotiated, OpenTerms } from './session-open.ts';
import { DecodeError } from './wire/decode-error.ts';
import type { Message } from './wire/message.ts';
import type { NotificationMessage } from './wire/notification.ts';
import type { UpdateMessage } from './wire/update.ts';

/** Everything about a session that does not change while it lives. */
export interface SessionOptions extends OpenTerms {
  /** Never connect, only wait. */
  readonly passive: boolean;
  /** Milliseconds between attempts, and the longest one may take, before jitter (RFC 4271 §8, ConnectRetryTime). */
  readonly connectRetryMs: number;
  /** How long an OPEN, and the KEEPALIVE after it, may take when no hold time is agreed; RFC 4271 suggests 4 minutes. */
  readonly openLimitMs: number;
  /** How long unread bytes may stay unsent (RFC 9687); `undefined`: twice the hold time, at least 30 s. */
  readonly sendHoldMs: number | undefined;
}

/** One TCP connection of a session. Its bytes are somewhere else; this is what the machine remembers of it. */
export interface ConnectionState {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly phase: 'OpenSent' | 'OpenConfirm' | 'Established';
  readonly negotiated: Negotiated | undefined;
  readonly holdAt: number | undefined;
  readonly keepaliveAt: number | undefined;
  readonly sendHoldAt: number | undefined;
}

/** One peer's session. All instants are monotonic milliseconds. */
export interface Session {
  readonly options: SessionOptions;
  readonly seed: number;
  readonly started: boolean;
  readonly state: SessionStateName;
  readonly sinceMs: number;
  /** The connection attempt that is going on. */
  readonly attempt: string | undefined;
  /** Attempts made so far; numbers them. */
  readonly attempts: number;
  readonly connections: readonly ConnectionState[];
  readonly connectRetryAt: number | undefined;
  readonly idleHoldAt: number | undefined;
  readonly establishedAt: number | undefined;
  /** Sessions that failed in a row; decides the idle hold. */
  readonly failures: number;
  readonly lastError: string | undefined;
}

/** What can happen. `connection` of an incoming one is any name that no outgoing one has (those are `out-N`). */
export type SessionInput =
  | { readonly kind: 'ManualStart' }
  | { readonly kind: 'ManualStop'; readonly notification: NotificationMessage }
  | { readonly kind: 'TcpConnectionConfirmed'; readonly connection: string }
  | { readonly kind: 'TcpCrAcked'; readonly connection: string }
  | { readonly kind: 'TcpConnectionFails'; readonly connection: string; readonly reason: string }
  | { readonly kind: 'MessageReceived'; readonly connection: string; readonly message: Message }
  | { readonly kind: 'DecodeFailed'; readonly connection: string; readonly error: DecodeError }
  /** Liveness below BGP is gone; the Established connection is closed with Cease/BFD Down (RFC 9384). */
  | { readonly kind: 'BfdDown'; readonly reason: string }
  /** Bytes were handed to the kernel; `pending` says whether more wait (RFC 9687 restarts its timer on progress). */
  | { readonly kind: 'WriteProgress'; readonly connection: string; readonly pending: boolean }
  | { readonly kind: 'TimersDue' };

/** What to do. */
export type SessionOutput =
  | { readonly kind: 'connect'; readonly connection: string }
  | { readonly kind: 'send'; readonly connection: string; readonly message: Message }
  /** Both OPENs are known: whatever comes next may use what was negotiated. */
  | { readonly kind: 'negotiated'; readonly connection: string; readonly negotiated: Negotiated }
  | { readonly kind: 'established'; readonly connection: string; readonly negotiated: Negotiated }
  /** An Established session is over. */
  | { readonly kind: 'down'; readonly connection: string; readonly reason: string }
  | { readonly kind: 'update'; readonly connection: string; readonly update: UpdateMessage }
  | { readonly kind: 'routeRefresh'; readonly connection: string; readonly family: Family }
  /** Close after what was sent has left. */
  | { readonly kind: 'finish'; readonly connection: string }
  /** Close at once. */
  | { readonly kind: 'abandon'; readonly connection: string }
  | {
      readonly kind: 'transition';
      readonly from: SessionStateName;
      readonly to: SessionStateName;
      readonly event: SessionInput['kind'];
      readonly reason: string | undefined;
    };

/** An error without subcode or data, for the timers. */
export function fatal(code: number, detail: string): DecodeError {
  return new DecodeError(code, 0, detail);
}

const PHASES = ['Established', 'OpenConfirm', 'OpenSent'] as const;

/** The state a session is in: that of its most advanced connection, else what it waits for. */
export function stateOf(session: Session): SessionStateName {
  for (const phase of PHASES) if (session.connections.some(connection => connection.phase === phase)) return phase;
  if (session.attempt !== undefined) return 'Connect';
  return session.started && session.idleHoldAt === undefined ? 'Active' : 'Idle';
}
