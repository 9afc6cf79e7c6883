// The one loop, the same in the daemon and in the simulated world: observe, decide, apply. It is synchronous and knows no
// clock and no socket; the ports below do the work at their own pace and come back as inputs.
import type { Announcement, Decision, Input, ServiceName, View, Vip, ZkRequest } from '@vipkeeper/core';

/** Where decisions go. Every call carries the whole desired state; none may throw or call back into the loop. */
export interface LoopPorts {
  /** The whole set of routes. */
  readonly announce: (announcements: readonly Announcement[]) => void;
  /** Send this batch; its answer comes back as an `answer` input with the same id, also when it failed. */
  readonly submit: (request: ZkRequest) => void;
  /** VIPs that must be on the device and be checked, by service. */
  readonly serve: (vips: ReadonlyMap<ServiceName, readonly Vip[]>) => void;
  /** Look whether the process in this record still runs; comes back as `life-probed`. */
  readonly probeLife: (service: ServiceName, record: NonNullable<unknown>) => void;
  /** Be woken with a `tick` at this instant at the latest (monotonic ms); null for never. Replaces the former one. */
  readonly wakeAt: (atMs: number | null) => void;
  /** After each decision: for log lines, metrics, the status page and the state file. */
  readonly decided: (view: View, decision: Decision, nowMs: number) => void;
}

/** The loop's handle. */
export interface Loop {
  /** Take one input, decide, apply. Re-entrant calls are queued. */
  handle(input: Input, nowMs: number): void;
  readonly view: View;
  readonly decision: Decision;
}
