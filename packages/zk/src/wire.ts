// The words between the session and whatever speaks the wire for it: requests, answers, and what a connection reports.
// Paths here are the server's own (chroot included).
import type { AclEntry } from './session.ts';
import type { WireStat } from './stat-codec.ts';

/** One request. `flags`: 1 ephemeral, 2 sequential. */
export type WireRequest =
  | {
      readonly op: 'create';
      readonly path: string;
      readonly data: Uint8Array;
      readonly acl: readonly AclEntry[];
      readonly flags: number;
    }
  | { readonly op: 'delete' | 'check'; readonly path: string; readonly version: number }
  | { readonly op: 'exists' | 'getData' | 'getChildren'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'setData'; readonly path: string; readonly data: Uint8Array; readonly version: number }
  | { readonly op: 'setAcl'; readonly path: string; readonly acl: readonly AclEntry[]; readonly version: number }
  | { readonly op: 'multi'; readonly ops: readonly WireRequest[] };

/** What an answer may carry; which of these depends on the request. */
export interface WireAnswer {
  readonly path?: string;
  readonly data?: Buffer;
  readonly stat?: WireStat;
  readonly children?: readonly string[];
  /** One per step of a multi; `err` is there for steps of a failed one. */
  readonly results?: readonly { readonly err?: number }[];
}

/** Called once per request: `err` is 0 or ZooKeeper's error number. Never called when the connection ends first. */
export type OnAnswer = (err: number, answer: WireAnswer) => void;

/** What proves to a server that a session is ours. All zeros asks for a new one. */
export interface SessionTicket {
  /** 8 octets. */
  readonly sessionId: Buffer;
  /** 16 octets. */
  readonly password: Buffer;
}

/** What a connection tells, each synchronously in its socket's callback. After `ended` nothing is told any more. */
export interface ConnectionListener {
  /** The ConnectRequest is on its way. */
  readonly asked: () => void;
  readonly session: (ticket: SessionTicket, timeoutMs: number) => void;
  readonly sessionExpired: () => void;
  readonly credentialsRefused: () => void;
  /** Something arrived, whatever it was. */
  readonly heard: () => void;
  readonly pong: () => void;
  /** ZooKeeper's event type: 1 created, 2 deleted, 3 data changed, 4 children changed, or one we do not know. */
  readonly watchEvent: (type: number, path: string) => void;
  readonly ended: (cause: string) => void;
}

/** What a connection is opened with. */
export interface Hello {
  readonly ticket: SessionTicket;
  /** The newest transaction we have seen: a server that is behind it refuses us. */
  readonly lastZxid: bigint;
  readonly sessionTimeoutMs: number;
  readonly auth: readonly { readonly scheme: string; readonly credentials: Uint8Array }[];
}
