// What comes out of `decide`: the whole desired state, the reason for each VIP, and when to ask again.
import type { AbleRecord } from './records.ts';
import type { AgentName, Announcement, Reason, Role, ServiceName, Vip } from './vocabulary.ts';

/** What an agent means to do about a VIP, maintenance and its own ability left aside. Held while coordination is not connected. */
export type Intent = 'none' | 'own' | 'cover' | 'hot-standby' | 'releasing' | 'draining' | 'drained';

/** What the next decision must know of this one, per VIP. */
export interface VipMemory {
  readonly intent: Intent;
  /** The frozen rank while announced as standby. */
  readonly rank: number;
  /** The reason of the intent, before maintenance and ability had their say. */
  readonly meant: Reason;
  /** The reason given, and since when it has been the same. */
  readonly reason: Reason;
  readonly reasonSinceMs: number;
  /** Since when this VIP has been wanted out without a break, ability included; null when not. */
  readonly announcedSinceMs: number | null;
  /** Since when too few better announcers hold a claim (rule 9); null when enough do. */
  readonly lackSinceMs: number | null;
  /** Since when enough better announcers hold claims that this one may go; null when not. */
  readonly releaseSinceMs: number | null;
  readonly drainSinceMs: number | null;
  /** The last instant at which the route was out. */
  readonly lastOutMs: number | null;
  /** Whether a claim was wanted. */
  readonly claimed: boolean;
  /** Since when a claim would be honest but for the settle time; null when it would not. */
  readonly readySinceMs: number | null;
}

/** Why, for one VIP, in terms that `describe` turns into the one sentence. */
export interface Verdict {
  readonly service: ServiceName;
  readonly vip: Vip;
  readonly reason: Reason;
  readonly sinceMs: number;
  readonly announced: boolean;
  readonly role: Role | null;
  readonly rank: number;
  /** The registry's owner, or the configured one before the registry is known. */
  readonly owner: AgentName | null;
  /** Members whose claim stands, sorted. */
  readonly claimedBy: readonly AgentName[];
  /** When time alone would change the answer (cover, release, drain), monotonic ms. */
  readonly untilMs: number | null;
  /** Extra words: the failing check, the twin's host, the other service. */
  readonly detail: string | null;
}

/** What this agent wants to stand in ZooKeeper, per service. */
export interface DesiredFacts {
  /** VIPs to claim, sorted. */
  readonly claims: readonly Vip[];
  /** Null: must not be counted on. */
  readonly able: AbleRecord | null;
  /** Registry entries to create or change: VIP to the owner it should name. */
  readonly registry: ReadonlyMap<Vip, AgentName | null>;
  /** Delete the maintenance flag: its own time limit has passed. */
  readonly endMaintenance: boolean;
  /** A write-then-read is wanted before a withdraw. */
  readonly barrier: boolean;
}

/** The whole desired state. */
export interface Decision {
  readonly announcements: readonly Announcement[];
  /** VIPs that must be on the device: all that are or might be announced. */
  readonly addresses: ReadonlyMap<ServiceName, readonly Vip[]>;
  readonly facts: ReadonlyMap<ServiceName, DesiredFacts>;
  readonly verdicts: readonly Verdict[];
  readonly memory: ReadonlyMap<string, VipMemory>;
  /** When time alone could change the answer, monotonic ms; null when it cannot. */
  readonly wakeAtMs: number | null;
  /** After shutdown was asked for: everything is withdrawn and may be closed. */
  readonly stopped: boolean;
}

/** The key of a VIP in {@link Decision.memory}. */
export function memoryKey(service: ServiceName, vip: Vip): string {
  return `${service}/${vip}`;
}
