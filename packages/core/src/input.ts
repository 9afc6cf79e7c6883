// Everything that can happen to an agent. Inputs are facts, not commands; a lost or doubled one heals at the next.

import type { Remembered } from './remembered.ts';
import type { Settings } from './settings.ts';
import type { Health, ServiceName, Vip } from './vocabulary.ts';
import type { ZkResult } from './zk-request.ts';

/** How the ZooKeeper session stands, in the words of kazoo and Curator. */
export type Coordination =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly epoch: number; readonly sessionId: string }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'lost' };

/** What the speaker says of one peer. */
export interface PeerView {
  readonly key: string;
  readonly established: boolean;
  /** Negotiated families. */
  readonly families: readonly ('ipv4' | 'ipv6')[];
}

/** One fact that reached the agent. Times inside are monotonic milliseconds. */
export type Input =
  /** Nothing happened but time. */
  | { readonly kind: 'tick' }
  /** Every watched path is dirty from here on, whatever the new state is. */
  | { readonly kind: 'coordination'; readonly coordination: Coordination; readonly leaseUntilMs: number }
  /** A heartbeat was acknowledged: our ephemerals are safe until then. */
  | { readonly kind: 'lease'; readonly leaseUntilMs: number }
  /** A watched path went dirty. */
  | { readonly kind: 'dirty'; readonly path: string }
  /** The answer to a batch: one result per operation, in order. */
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly results: readonly ZkResult[];
      readonly leaseUntilMs: number;
    }
  /** Whether a recorded process (of `agents/<agent>`) still runs: `gone` only on proof. */
  | {
      readonly kind: 'life-probed';
      readonly service: ServiceName;
      readonly life: string;
      readonly verdict: 'gone' | 'alive' | 'unknown';
    }
  | {
      readonly kind: 'health';
      readonly service: ServiceName;
      readonly vip: Vip;
      readonly health: Health;
      readonly detail?: string;
    }
  /** The VIPs found on the device, or `unmanaged` when addresses are not ours to manage. */
  | { readonly kind: 'addresses'; readonly present: readonly Vip[] | 'unmanaged' }
  /** Peers, and for each VIP on how many Established sessions its current announcement has left. */
  | { readonly kind: 'speaker'; readonly peers: readonly PeerView[]; readonly out: ReadonlyMap<Vip, number> }
  /** SIGTERM: drain, at most until the deadline. A second one has a deadline of now. */
  | { readonly kind: 'shutdown'; readonly deadlineMs: number }
  /** SIGHUP with a good file. */
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** The state file, read at start; null when there is none. */
  | { readonly kind: 'remembered'; readonly remembered: Remembered | null };
