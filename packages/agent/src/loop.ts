// The one loop, the same in the daemon and in the simulated world: observe, decide, apply. It is synchronous and knows no
// clock and no socket; the ports below do the work at their own pace and come back as inputs.
import {
  type AgentRecord,
  type Announcement,
  type Birth,
  coordinate,
  type Decision,
  decide,
  type Input,
  initialView,
  observe,
  type ServiceName,
  sent,
  type View,
  type Vip,
  type ZkRequest,
} from '@vipkeeper/core';

/** Where decisions go. Every call carries the whole desired state; none may throw. Calling back into the loop is queued. */
export interface LoopPorts {
  /** The whole set of routes. */
  readonly announce: (announcements: readonly Announcement[]) => void;
  /** Send this batch; its answer comes back as an `answer` input with the same id, also when it failed. */
  readonly submit: (request: ZkRequest) => void;
  /** VIPs that must be on the device and be checked, by service. */
  readonly serve: (vips: ReadonlyMap<ServiceName, readonly Vip[]>) => void;
  /** Look whether the process in this record still runs; comes back as `life-probed`. Asked once per record. */
  readonly probeLife: (service: ServiceName, record: AgentRecord) => void;
  /** Be woken with a `tick` at this instant at the latest (monotonic ms); null for never. Replaces the former one. */
  readonly wakeAt: (atMs: number | null) => void;
  /** After each decision: for log lines, metrics, the status page and the state file. */
  readonly decided: (view: View, decision: Decision, nowMs: number) => void;
}

/** The loop's handle. */
export interface Loop {
  /** Take one input, decide, apply. Re-entrant calls are queued. `nowMs` is monotonic. */
  handle(input: Input, nowMs: number): void;
  readonly view: View;
  readonly decision: Decision;
}

/** Inputs that may wait while one is being handled; more means that a port calls back without end. */
const MAX_QUEUE = 10_000;

/** A loop at the start of a life: it knows nothing and announces nothing until inputs arrive. */
export function createLoop(birth: Birth, ports: LoopPorts): Loop {
  let view = initialView(birth);
  let decision = decide(view, birth.startedAtMs);
  let busy = false;
  const queue: { readonly input: Input; readonly nowMs: number }[] = [];
  const probed = new Set<string>();

  const turn = (input: Input, nowMs: number): void => {
    view = observe(view, input, nowMs);
    decision = decide(view, nowMs);
    view = { ...view, memory: decision.memory };
    ports.announce(decision.announcements);
    ports.serve(decision.addresses);
    const next = coordinate(view, decision, nowMs);
    if (next.batch !== null) view = sent(view, next.batch, nowMs);
    const wakes = [decision.wakeAtMs, next.wakeAtMs].filter(at => at !== null);
    ports.wakeAt(wakes.length === 0 ? null : Math.min(...wakes));
    ports.decided(view, decision, nowMs);
    if (next.batch !== null) ports.submit(next.batch.request);
    for (const { service, record } of next.probes) {
      const key = `${service}/${record.life}`;
      if (!probed.has(key)) ports.probeLife(service, record);
      probed.add(key);
    }
  };

  return {
    handle(input, nowMs) {
      if (queue.length >= MAX_QUEUE)
        throw new Error(`Cannot queue input ${input.kind}: ${MAX_QUEUE} inputs are waiting already`);
      queue.push({ input, nowMs });
      if (busy) return;
      busy = true;
      try {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) turn(next.input, next.nowMs);
      } finally {
        busy = false;
      }
    },
    get view() {
      return view;
    },
    get decision() {
      return decision;
    },
  };
}
