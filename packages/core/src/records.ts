// The znodes' contents: versioned JSON, read tolerantly (unknown fields are kept out, a newer version is refused by name).

import type { ProcessIdentity } from './view.ts';
import type { AgentName, Health, Reason, Role, ServiceName, Vip } from './vocabulary.ts';

/** `vips/<vip>`. */
export interface VipRecord {
  readonly service: ServiceName;
}

/** `services/<service>/registry/<vip>`. */
export interface RegistryRecord {
  /** Null: nobody's configuration has this VIP any more; it is still covered. */
  readonly owner: AgentName | null;
  /** Grows with each change of owner. */
  readonly epoch: number;
  /** A tombstone: nobody covers it any more. */
  readonly forgotten: boolean;
}

/** `services/<service>/able/<agent>@<life>`: immutable. */
export interface AbleRecord {
  readonly priority: number;
  /** VIPs this agent can serve. */
  readonly vips: readonly Vip[];
}

/** `services/<service>/maintenance`; advisory but for `forSeconds`. */
export interface MaintenanceRecord {
  readonly by: string;
  readonly reason: string | null;
  /** RFC 3339. */
  readonly at: string;
  readonly forSeconds: number | null;
}

/** `services/<service>/drain/<name>`: advisory. */
export interface DrainRecord {
  readonly by: string;
  readonly reason: string | null;
  readonly at: string;
}

/** One VIP as an agent reports it. */
export interface VipReport {
  readonly vip: Vip;
  readonly reason: Reason;
  /** The one sentence. */
  readonly because: string;
  /** Null when not announced. */
  readonly role: Role | null;
  readonly health: Health;
  /** RFC 3339: since when this reason holds. */
  readonly since: string;
}

/** `services/<service>/agents/<agent>`: the process lives; status for people and vipctl. */
export interface AgentRecord {
  readonly life: string;
  readonly process: ProcessIdentity;
  readonly priority: number;
  /** Peers Established of peers configured. */
  readonly sessions: { readonly established: number; readonly configured: number };
  readonly vips: readonly VipReport[];
  /** The czxid of the maintenance flag this agent has acted on; null when it acts on none. */
  readonly maintenance: string | null;
  readonly draining: boolean;
}
