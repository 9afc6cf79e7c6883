// What an agent keeps on disk for a start without ZooKeeper: reasons NOT to announce, and who owned what.
import type { AgentName, ServiceName, Vip } from './vocabulary.ts';

/** One service as last seen. */
export interface RememberedService {
  readonly name: ServiceName;
  readonly maintenance: boolean;
  /** Names under `drain/`. */
  readonly drains: readonly string[];
  /** Owner by VIP; null for a VIP without one. */
  readonly owners: Readonly<Record<Vip, AgentName | null>>;
}

/** The state file's content. */
export interface Remembered {
  readonly version: 1;
  readonly agent: AgentName;
  readonly services: readonly RememberedService[];
}
