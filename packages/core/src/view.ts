// All that one agent knows, with the instants at which it learnt it. Only `observe` makes views; `decide` reads them.
// Instants are milliseconds of the agent's monotonic clock.

import type { VipMemory } from './decision.ts';
import type { Coordination, PeerView } from './input.ts';
import type { AbleRecord, AgentRecord, MaintenanceRecord, RegistryRecord } from './records.ts';
import type { Remembered } from './remembered.ts';
import type { Settings } from './settings.ts';
import type { AgentName, Health, ServiceName, Vip } from './vocabulary.ts';
import type { ZkRequest } from './zk-request.ts';

/** A watched place in the tree: never read, read but since touched, or up to date. */
export type Freshness = 'unread' | 'dirty' | 'fresh';

/** The folders and gates of one service, in reading order; maintenance and drain last. */
export const PLACES = ['registry', 'able', 'agents', 'out', 'maintenance', 'drain'] as const;
export type Place = (typeof PLACES)[number];

/** A claim as seen: since when it has stood without a gap in our sight. */
export interface ClaimSeen {
  readonly sinceMs: number;
}

/** A VIP in the registry. A VIP once seen stays known though the tree be emptied; only a tombstone ends it. */
export interface RegistryEntry {
  readonly record: RegistryRecord;
  /** For compare-and-set. */
  readonly version: number;
  /** False when the znode has vanished since. */
  readonly present: boolean;
  /** Since when the owner has had no `agents/<owner>` znode; null while it has one or there is no owner. */
  readonly ownerGoneSinceMs: number | null;
  /** Why the record could not be read (a newer version, garbage); it is never overwritten then. */
  readonly unreadable: string | null;
}

/** How `agents/<me>` stands: the right to write facts in this name. */
export type Presence =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'mine' }
  /** Left by another life of this name; `verdict` once its process was looked for. */
  | {
      readonly kind: 'taken';
      readonly record: AgentRecord | null;
      readonly version: number;
      readonly verdict: 'gone' | 'alive' | 'unknown' | null;
    };

/** The maintenance flag as last read. */
export type Maintenance =
  | { readonly on: false }
  | {
      readonly on: true;
      readonly czxid: string;
      readonly version: number;
      /** When this agent first saw this very flag. */
      readonly seenSinceMs: number;
      /** Null when the data is empty or unreadable; the flag counts all the same. */
      readonly record: MaintenanceRecord | null;
    };

/** What is known of one service. */
export interface ServiceView {
  readonly name: ServiceName;
  readonly freshness: Readonly<Record<Place, Freshness>>;
  /** All places were fresh at once at least one time in this life. */
  readonly everSynced: boolean;
  readonly claims: ReadonlyMap<Vip, ReadonlyMap<AgentName, ClaimSeen>>;
  /** The names at the last read of `out/`, and the folder's count of changes then: a difference unexplained by the names means that something came and went unseen. */
  readonly claimsRead: { readonly names: ReadonlySet<string>; readonly cversion: number } | null;
  /** By znode name `<agent>@<life>`; null while unread, `unreadable` when the record makes no sense. */
  readonly able: ReadonlyMap<string, AbleRecord | 'unreadable' | null>;
  readonly agents: ReadonlySet<AgentName>;
  readonly registry: ReadonlyMap<Vip, RegistryEntry>;
  /** Registry names whose data is unread or dirty. */
  readonly registryUnread: ReadonlySet<Vip>;
  /** `vips/<vip>` for the configured VIPs: the service each is in; null = absent; missing = unread. */
  readonly vipService: ReadonlyMap<Vip, ServiceName | null>;
  readonly maintenance: Maintenance;
  readonly drains: ReadonlySet<string>;
  readonly presence: Presence;
  /** Ephemerals created (or confirmed) on the present session, by path. */
  readonly mine: ReadonlySet<string>;
  /** Send time of the last write-then-read that succeeded whole; null when none since the last (re)connect. */
  readonly barrierSentAtMs: number | null;
  /** When this agent first had the whole picture on the present ZooKeeper session; null until then. */
  readonly syncedSinceMs: number | null;
  /** What was last written to `agents/<me>`, to write only changes; and when. */
  readonly statusWritten: { readonly data: string; readonly atMs: number } | null;
  /** An operation was refused or had no outcome: do not try again before. */
  readonly retryAtMs: number | null;
  /** The last refusal, for people. */
  readonly lastRefusal: string | null;
  /** Folders that were found missing and must be made before they can be read. */
  readonly missing: ReadonlySet<string>;
}

/** A VIP's route as the speaker reports it. */
export interface OutSeen {
  /** On how many Established sessions. */
  readonly sessions: number;
  /** Since when on at least one. */
  readonly sinceMs: number;
}

/** What one operation of a batch was for, so that its answer can be understood. */
export type Purpose =
  | { readonly kind: 'place'; readonly service: ServiceName; readonly place: Place }
  | { readonly kind: 'registry'; readonly service: ServiceName; readonly vip: Vip }
  | { readonly kind: 'able'; readonly service: ServiceName; readonly name: string }
  | { readonly kind: 'vip-service'; readonly service: ServiceName; readonly vip: Vip }
  | { readonly kind: 'presence'; readonly service: ServiceName }
  /** A write of one of our own ephemerals; `creates` and `deletes` are its paths. */
  | {
      readonly kind: 'fact';
      readonly service: ServiceName;
      readonly creates: readonly string[];
      readonly deletes: readonly string[];
    }
  | { readonly kind: 'take-presence'; readonly service: ServiceName; readonly status: string }
  | { readonly kind: 'status'; readonly service: ServiceName; readonly status: string }
  /** The write that opens a write-then-read. */
  | { readonly kind: 'barrier'; readonly service: ServiceName; readonly status: string }
  | { readonly kind: 'registry-write'; readonly service: ServiceName; readonly vip: Vip }
  | { readonly kind: 'ensure'; readonly service: ServiceName; readonly path: string }
  | { readonly kind: 'end-maintenance'; readonly service: ServiceName };

/** The batch under way: what each operation was for, and what went dirty since it was sent. */
export interface Pending {
  readonly request: ZkRequest;
  readonly purposes: readonly Purpose[];
  readonly sentAtMs: number;
  readonly dirtied: ReadonlySet<string>;
}

/** All that one agent knows. */
export interface View {
  readonly settings: Settings;
  /** Names this life of the process. */
  readonly life: string;
  /** The process, for `agents/<agent>`. */
  readonly process: ProcessIdentity;
  readonly startedAtMs: number;
  /** The wall clock at `startedAtMs`, Unix milliseconds; only for instants shown to people. */
  readonly startedAtWallMs: number;
  readonly coordination: Coordination;
  readonly leaseUntilMs: number;
  readonly services: ReadonlyMap<ServiceName, ServiceView>;
  readonly health: ReadonlyMap<
    ServiceName,
    ReadonlyMap<Vip, { readonly health: Health; readonly sinceMs: number; readonly detail?: string }>
  >;
  readonly addresses: ReadonlySet<Vip> | 'unmanaged';
  readonly peers: readonly PeerView[];
  readonly out: ReadonlyMap<Vip, OutSeen>;
  readonly shutdown: { readonly sinceMs: number; readonly deadlineMs: number } | null;
  readonly remembered: Remembered | null;
  /** The batch under way. */
  readonly pending: Pending | null;
  readonly nextRequestId: number;
  /** The epoch of the last connected session; 0 before the first. Facts of an earlier epoch are not ours any more. */
  readonly epoch: number;
  /** What the last decision wants remembered, by `service/vip`. */
  readonly memory: ReadonlyMap<string, VipMemory>;
}

/** Proof of which process wrote a record; equal ids on one machine make `gone` provable. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  readonly machineId: string;
  readonly bootId: string;
  /** Tells pid namespaces apart; empty where there are none. */
  readonly pidNamespace: string;
  /** When the process started, in the kernel's or the runtime's own unit: tells a reused pid apart. */
  readonly startTime: string;
  /** Product version. */
  readonly version: string;
}
