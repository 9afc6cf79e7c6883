// What the main thread and the BFD worker tell each other. Plain values only: they are copied from thread to thread.

import type { BfdState } from './packet.ts';
import type { BfdCause } from './session.ts';

/** UDP port of single-hop control packets, RFC 5881 §4. */
export const BFD_PORT = 3784;
/** How often the main thread moves the heartbeat's counter. */
export const HEARTBEAT_MS = 100;

/** One neighbor to keep a session with. Addresses are canonical and of one family. */
export interface BfdNeighbor {
  readonly address: string;
  readonly localAddress: string | undefined;
  readonly intervalMs: number;
  readonly multiplier: number;
  /** So long may the main thread hang before the session is taken Down. */
  readonly stallLimitMs: number;
}

/** What the worker is started with. */
export interface WorkerStart {
  /** One 32-bit counter that the main thread moves. */
  readonly heartbeat: SharedArrayBuffer;
  readonly port: number;
  readonly neighbors: readonly BfdNeighbor[];
}

/** To the worker. */
export type WorkerRequest =
  | { readonly kind: 'neighbors'; readonly neighbors: readonly BfdNeighbor[] }
  /** Tell all neighbors AdminDown, then end. */
  | { readonly kind: 'close' };

/** How one session stands. */
export interface BfdReport {
  readonly state: BfdState;
  /** The last reason to leave Up or Init, in the words of RFC 5880 §4.1. */
  readonly diagnostic: string;
  /** Silence of the neighbor that takes the session Down; `undefined` as long as it was never heard. */
  readonly detectionTimeMs: number | undefined;
}

/** A change of state. */
export interface BfdChange {
  readonly from: BfdState;
  readonly to: BfdState;
  readonly cause: BfdCause;
}

/** From the worker. */
export type WorkerReply =
  /** The neighbors are taken over; `failure` says which address cannot be bound. */
  | { readonly kind: 'ready'; readonly failure: string | undefined }
  | {
      readonly kind: 'report';
      readonly address: string;
      readonly report: BfdReport;
      readonly change: BfdChange | undefined;
    };
