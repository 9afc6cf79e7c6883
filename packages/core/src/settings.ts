// What the decision needs of the configuration, and nothing else: times in milliseconds, defaults filled in.
import type { AgentName, ServiceName, Vip } from './vocabulary.ts';

/** One service as this agent takes part in it. */
export interface ServiceSettings {
  readonly name: ServiceName;
  /** The VIPs this agent owns by configuration, canonical. */
  readonly vips: readonly Vip[];
  /** Standbys announced beside an announcer; 0 is `takeOver: reactive`. */
  readonly standbyDepth: number;
  /** How many announcers a VIP has when its owner's route is not out. At least 1. */
  readonly announcers: number;
  /** Higher covers first. */
  readonly priority: number;
  readonly settleMs: number;
  readonly releaseDelayMs: number;
  readonly coverTimeoutMs: number;
  readonly onUnhealthy: 'withdraw' | 'last-resort';
  /** Taken out of the configuration at a reload: its VIPs are handed over, then its facts are removed. Default false. */
  readonly leaving?: boolean;
}

/** What the whole agent decides by. */
export interface Settings {
  readonly agent: AgentName;
  /** znode root, absolute, without a trailing slash: `/vipkeeper`. */
  readonly root: string;
  readonly services: readonly ServiceSettings[];
  /** Sessions Established in a VIP's family that make the agent able. At least 1. */
  readonly minSessions: number;
  /** Most host routes that any peer accepts (the least of all peers' `maxPrefixes`). */
  readonly maxPrefixes: number;
  /** True when the VIP is inside the allow-list. */
  readonly allows: (vip: Vip) => boolean;
  readonly coldStart: { readonly waitMs: number; readonly then: 'last-resort' | 'wait' };
  /** A configured agent adopts a VIP whose owner has been gone so long. */
  readonly adoptAfterMs: number;
  /** Longest drain after SIGTERM. */
  readonly shutdownMs: number;
}
