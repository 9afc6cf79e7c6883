// One life of an agent: the daemon's own loop with simulated ports, and the process it runs in. Everything that reaches
// the loop passes through the process, so that SIGSTOP stops all of it: timers and sockets queue up, and after SIGCONT
// both are delivered, either of them first, as an event loop may do.
import { createLoop, type Loop, type LoopPorts } from '@vipkeeper/agent';
import type {
  AgentRecord,
  Decision,
  Health,
  Input,
  Remembered,
  ServiceName,
  Settings,
  View,
  Vip,
} from '@vipkeeper/core';
import type { Host } from './host.ts';
import type { Random } from './random.ts';
import type { Scheduler, Timer } from './scheduler.ts';
import { createZkClient, type ProcessClock } from './zk-client.ts';
import type { Ensemble } from './zk-ensemble.ts';

/** What a process needs of the world. */
export interface ProcessOptions {
  readonly host: Host;
  readonly settings: Settings;
  readonly life: string;
  readonly pid: number;
  readonly sessionTimeoutMs: number;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly ensemble: Ensemble;
  /** The state file of the former life. */
  readonly remembered: Remembered | null;
  /** Whether a recorded process still runs. */
  readonly probe: (record: AgentRecord) => 'gone' | 'alive' | 'unknown';
  /** Told of each input's outcome. */
  readonly decided: (process: AgentProcess, view: View, decision: Decision, localMs: number) => void;
  /** An address came or went: what is true for a VIP may have changed. */
  readonly touched: (vip: Vip) => void;
  readonly coordination: (process: AgentProcess, kind: string) => void;
  /** The process has ended by itself. */
  readonly exited: (process: AgentProcess, inTime: boolean) => void;
}

/** One life. */
export interface AgentProcess {
  readonly agent: string;
  readonly life: string;
  readonly pid: number;
  readonly host: Host;
  readonly loop: Loop;
  readonly decision: Decision;
  /** The instant on this life's own clock. */
  readonly localMs: number;
  readonly running: boolean;
  readonly frozen: boolean;
  /** SIGTERM was sent at this instant (world time). */
  readonly terminatedAtMs: number | null;
  readonly coordination: string;
  settings: Settings;
  freeze(): void;
  thaw(): void;
  /** SIGKILL, or the end of the whole host. */
  kill(): void;
  terminate(): void;
  reload(settings: Settings): void;
  /** The service's true health changed: checks will notice. */
  healthChanged(vip: Vip): void;
  /** The addresses were changed behind the agent's back. */
  addressesChanged(): void;
}

/** How late a check notices, at most: interval x fall + timeout of the usual settings. Milliseconds. */
export const CHECK_MS = 4000;
const ADDRESS_POLL_MS = 1000;

/** Start a life. */
export function startProcess(options: ProcessOptions): AgentProcess {
  const { host, scheduler, random, life, pid } = options;
  const offsetMs = Math.floor(random.between(1000, 5_000_000));
  const timersDue: (() => void)[] = [];
  const socketsDue: (() => void)[] = [];
  const served = new Map<Vip, ServiceName>();
  let running = true;
  let frozen = false;
  let terminatedAtMs: number | null = null;
  let wake: Timer | null = null;
  let poll: Timer | null = null;
  let announcedText = '';

  const localMs = (): number => scheduler.nowMs + offsetMs;

  const clock: ProcessClock = {
    get nowMs() {
      return scheduler.nowMs;
    },
    timer: (delayMs, action) => {
      let due: Timer | null = null;
      let cancelled = false;
      const fire = (): void => {
        if (!running || cancelled) return;
        if (frozen) timersDue.push(fire);
        else action();
      };
      due = scheduler.after(delayMs, fire);
      return {
        atMs: due.atMs,
        cancel: () => {
          cancelled = true;
          due?.cancel();
        },
      };
    },
    io: action => {
      if (!running) return;
      if (frozen) socketsDue.push(action);
      else action();
    },
  };

  const handle = (input: Input): void => {
    if (running) loop.handle(input, localMs());
  };

  const zk = createZkClient(options.ensemble, host.zkLink, clock, random.fork(), options.sessionTimeoutMs, {
    coordination: (coordination, leaseUntilMs) => {
      options.coordination(self, coordination.kind);
      handle({ kind: 'coordination', coordination, leaseUntilMs: leaseUntilMs + offsetMs });
    },
    lease: leaseUntilMs => handle({ kind: 'lease', leaseUntilMs: leaseUntilMs + offsetMs }),
    dirty: path => handle({ kind: 'dirty', path }),
    answer: (id, results, leaseUntilMs) =>
      handle({ kind: 'answer', id, results, leaseUntilMs: leaseUntilMs + offsetMs }),
  });

  const sayAddresses = (): void => handle({ kind: 'addresses', present: [...host.addresses].sort() });

  const setAddress = (vip: Vip, present: boolean): void => {
    if (present) host.addresses.add(vip);
    else host.addresses.delete(vip);
    options.touched(vip);
  };

  const keepAddresses = (): void => {
    const missing = [...served.keys()].filter(vip => !host.addresses.has(vip));
    if (missing.length === 0) return;
    clock.timer(random.between(5, 40), () => {
      for (const vip of missing) if (served.has(vip)) setAddress(vip, true);
      sayAddresses();
    });
  };

  const check = (vip: Vip, withinMs: number): void => {
    const truth = host.unhealthy.has(vip);
    clock.timer(random.between(withinMs / 8, withinMs), () => {
      const service = served.get(vip);
      if (service === undefined || host.unhealthy.has(vip) !== truth) return;
      const health: Health = truth ? 'failing' : 'passing';
      handle({ kind: 'health', service, vip, health, ...(truth ? { detail: 'check failed' } : {}) });
    });
  };

  const serve: LoopPorts['serve'] = wanted => {
    const next = new Map([...wanted].flatMap(([service, vips]) => vips.map(vip => [vip, service] as const)));
    const fresh = [...next.keys()].filter(vip => !served.has(vip));
    for (const vip of [...served.keys()]) if (!next.has(vip)) served.delete(vip);
    if (fresh.length === 0) return;
    for (const vip of fresh) {
      served.set(vip, next.get(vip)!);
      check(vip, 2000);
    }
    keepAddresses();
  };

  const announce: LoopPorts['announce'] = announcements => {
    const text = announcements.map(one => `${one.vip} ${one.role} ${one.rank}`).join();
    if (text === announcedText) return;
    announcedText = text;
    host.set(announcements);
  };

  const end = (): void => {
    running = false;
    wake?.cancel();
    poll?.cancel();
    host.speakerEnds();
  };

  const leave = (inTime: boolean): void => {
    if (!running) return;
    zk.close();
    host.set([]);
    end();
    const { lives } = host;
    const left = [...served.keys()];
    options.exited(self, inTime);
    scheduler.after(1000, () => {
      if (host.lives === lives) for (const vip of left) setAddress(vip, false);
    });
  };

  const ports: LoopPorts = {
    announce,
    submit: request => zk.submit(request),
    serve,
    probeLife: (service, record) => {
      clock.timer(random.between(1, 20), () =>
        handle({ kind: 'life-probed', service, life: record.life, verdict: options.probe(record) }),
      );
    },
    wakeAt: atMs => {
      wake?.cancel();
      wake = atMs === null ? null : clock.timer(Math.max(0.05, atMs - localMs()), () => handle({ kind: 'tick' }));
    },
    decided: (view, decision, nowMs) => {
      options.decided(self, view, decision, nowMs);
      if (decision.stopped && terminatedAtMs !== null) clock.timer(1, () => leave(true));
    },
  };

  const pollAddresses = (): void => {
    poll = clock.timer(random.between(ADDRESS_POLL_MS / 2, ADDRESS_POLL_MS), () => {
      sayAddresses();
      keepAddresses();
    });
  };

  const thaw = (): void => {
    if (!frozen || !running) return;
    frozen = false;
    host.speak();
    const timersFirst = random.chance(0.5);
    const [first, second] = timersFirst ? [timersDue, socketsDue] : [socketsDue, timersDue];
    for (const queue of [first, second]) for (const action of queue.splice(0)) if (running) action();
  };

  const self: AgentProcess = {
    agent: host.name,
    life,
    pid,
    host,
    get loop() {
      return loop;
    },
    get decision() {
      return loop.decision;
    },
    get localMs() {
      return localMs();
    },
    get running() {
      return running;
    },
    get frozen() {
      return frozen;
    },
    get terminatedAtMs() {
      return terminatedAtMs;
    },
    get coordination() {
      return zk.coordination.kind;
    },
    settings: options.settings,
    freeze: () => {
      frozen = true;
      host.silence();
    },
    thaw,
    kill: () => {
      zk.kill();
      end();
    },
    terminate: () => {
      terminatedAtMs ??= scheduler.nowMs;
      clock.io(() => handle({ kind: 'shutdown', deadlineMs: localMs() + self.settings.shutdownMs }));
      clock.timer(self.settings.shutdownMs + 2000, () => leave(false));
    },
    reload: settings => {
      self.settings = settings;
      clock.io(() => handle({ kind: 'settings', settings }));
    },
    healthChanged: vip => check(vip, CHECK_MS),
    addressesChanged: pollAddresses,
  };

  const loop = createLoop(
    {
      settings: options.settings,
      life,
      process: identityOf(host, pid, life),
      startedAtMs: localMs(),
      startedAtWallMs: 1_700_000_000_000 + scheduler.nowMs,
    },
    ports,
  );
  host.lives += 1;
  for (const vip of [...host.addresses]) setAddress(vip, false);
  host.speakerStarts(said => clock.io(() => handle({ kind: 'speaker', ...said })));
  handle({ kind: 'remembered', remembered: options.remembered });
  sayAddresses();
  zk.start();
  return self;
}

function identityOf(host: Host, pid: number, life: string): AgentRecord['process'] {
  return {
    host: host.name,
    pid,
    machineId: `machine-${host.name}`,
    bootId: `boot-${host.boots}`,
    pidNamespace: 'ns',
    startTime: life,
    version: '0.1.0',
  };
}
