// The client half, keeping the promises of the ZooKeeper port: `connected`, `suspended`, `lost` by the lease on our own
// clock (send time of the last acknowledged request + session timeout), nothing hangs, watched paths go dirty
// synchronously. It lives inside an agent's process: a frozen process runs none of its timers and reads nothing.
import type { Coordination, ZkOp, ZkRequest, ZkResult } from '@vipkeeper/core';
import type { Random } from './random.ts';
import type { Timer } from './scheduler.ts';
import type { Dialled, Ensemble, ServerEvent } from './zk-ensemble.ts';
import type { Link } from './zk-wire.ts';

/** The process the client lives in: its clock, its timers and its socket queue, all of which a SIGSTOP stops. */
export interface ProcessClock {
  /** World time; the client speaks world time, the agent translates. */
  readonly nowMs: number;
  timer(delayMs: number, action: () => void): Timer;
  /** Something arrived on a socket. */
  io(action: () => void): void;
}

/** What the client tells its agent. Instants are world time. */
export interface ZkClientEvents {
  readonly coordination: (coordination: Coordination, leaseUntilMs: number) => void;
  /** A heartbeat was acknowledged. */
  readonly lease: (leaseUntilMs: number) => void;
  readonly dirty: (path: string) => void;
  readonly answer: (id: number, results: readonly ZkResult[], leaseUntilMs: number) => void;
}

/** A session that renews itself. */
export interface ZkClient {
  start(): void;
  submit(request: ZkRequest): void;
  /** End the session gracefully. */
  close(): void;
  /** The process is gone: the kernel closes the socket, the session lives on. */
  kill(): void;
  readonly coordination: Coordination;
}

interface Batch {
  readonly id: number;
  readonly results: (ZkResult | null)[];
  open: number;
}

interface Sent {
  readonly sentAtMs: number;
  readonly take: ((result: ZkResult) => void) | null;
}

const UNREACHABLE: ZkResult = { kind: 'failed', code: 'unreachable', message: 'connection lost' };

/** A client with a session timeout, on a link, inside a process. */
export function createZkClient(
  ensemble: Ensemble,
  link: Link,
  process: ProcessClock,
  random: Random,
  sessionTimeoutMs: number,
  events: ZkClientEvents,
): ZkClient {
  let coordination: Coordination = { kind: 'connecting' };
  let sessionId: string | null = null;
  let epoch = 0;
  let seen = 0;
  let leaseUntilMs = 0;
  let connection: { readonly dialled: Dialled; readonly dialledAtMs: number } | null = null;
  let accepted = false;
  let sent = new Map<number, Sent>();
  let xid = 0;
  let round: number[] = [];
  let heartbeat: Timer | null = null;
  let retry: Timer | null = null;
  let dialLimit: Timer | null = null;
  let lease: Timer | null = null;
  let ended = false;

  const say = (next: Coordination): void => {
    coordination = next;
    events.coordination(next, leaseUntilMs);
  };

  const leaseCheck = (): void => {
    lease?.cancel();
    lease = process.timer(Math.max(0, leaseUntilMs - process.nowMs), () => {
      if (ended || process.nowMs < leaseUntilMs) return;
      if (accepted) drop();
      if (coordination.kind === 'suspended') say({ kind: 'lost' });
    });
  };

  const acknowledge = (id: number): Sent | undefined => {
    const request = sent.get(id);
    sent.delete(id);
    if (request === undefined) return undefined;
    leaseUntilMs = Math.max(leaseUntilMs, request.sentAtMs + sessionTimeoutMs);
    return request;
  };

  const hangUp = (): void => {
    heartbeat?.cancel();
    dialLimit?.cancel();
    connection = null;
    accepted = false;
    const orphans = [...sent.values()];
    sent = new Map();
    if (coordination.kind === 'connected') say({ kind: 'suspended' });
    leaseCheck();
    for (const orphan of orphans) orphan.take?.(UNREACHABLE);
  };

  const drop = (): void => {
    connection?.dialled.abort();
    hangUp();
    redial();
  };

  const redial = (): void => {
    if (ended) return;
    retry?.cancel();
    const pauseMs = round.length > 0 ? random.between(5, 50) : random.between(50, Math.min(1000, sessionTimeoutMs / 4));
    retry = process.timer(pauseMs, dial);
  };

  const dial = (): void => {
    if (ended) return;
    if (round.length === 0) round = random.shuffle(Array.from({ length: ensemble.size }, (_, id) => id));
    const server = round.shift()!;
    const dialledAtMs = process.nowMs;
    const mine: { dialled: Dialled; dialledAtMs: number } = {
      dialledAtMs,
      dialled: ensemble.dial({
        server,
        link,
        sessionId,
        timeoutMs: sessionTimeoutMs,
        seen,
        onEvent: event => process.io(() => connection === mine && !ended && take(event)),
      }),
    };
    connection = mine;
    dialLimit = process.timer(sessionTimeoutMs / 3, () => {
      if (!accepted && connection === mine) drop();
    });
  };

  const welcome = (id: string): void => {
    dialLimit?.cancel();
    accepted = true;
    round = [];
    if (id !== sessionId) epoch += 1;
    sessionId = id;
    leaseUntilMs = Math.max(leaseUntilMs, connection!.dialledAtMs + sessionTimeoutMs);
    say({ kind: 'connected', epoch, sessionId: id });
    leaseCheck();
    beat();
  };

  const expired = (): void => {
    sessionId = null;
    seen = 0;
    if (coordination.kind === 'suspended') say({ kind: 'lost' });
    drop();
  };

  const answered = (event: Extract<ServerEvent, { kind: 'reply' }>): void => {
    seen = Math.max(seen, event.seen);
    const request = acknowledge(event.xid);
    leaseCheck();
    request?.take?.(event.result);
  };

  const beaten = (id: number): void => {
    acknowledge(id);
    leaseCheck();
    events.lease(leaseUntilMs);
  };

  const take = (event: ServerEvent): void => {
    if (event.kind === 'accepted') welcome(event.sessionId);
    else if (event.kind === 'expired') expired();
    else if (event.kind === 'closed') drop();
    else if (event.kind === 'pong') beaten(event.xid);
    else if (event.kind === 'watch') events.dirty(event.path);
    else answered(event);
  };

  const oldestSentMs = (): number => sent.values().next().value?.sentAtMs ?? process.nowMs;

  const beat = (): void => {
    heartbeat?.cancel();
    heartbeat = process.timer(sessionTimeoutMs / 3, () => {
      if (ended || !accepted) return;
      if (process.nowMs - oldestSentMs() >= (2 * sessionTimeoutMs) / 3 - 1) return drop();
      xid += 1;
      sent.set(xid, { sentAtMs: process.nowMs, take: null });
      connection!.dialled.ping(xid);
      beat();
    });
  };

  const sendOp = (op: ZkOp, take: (result: ZkResult) => void): void => {
    xid += 1;
    sent.set(xid, { sentAtMs: process.nowMs, take });
    connection!.dialled.send(xid, op);
  };

  const settle = (batch: Batch, index: number, result: ZkResult): void => {
    batch.results[index] = result;
    batch.open -= 1;
    if (batch.open === 0 && !ended) events.answer(batch.id, batch.results as ZkResult[], leaseUntilMs);
  };

  const submit = (request: ZkRequest): void => {
    if (!accepted) {
      const results = request.ops.map(() => UNREACHABLE);
      process.timer(1, () => !ended && events.answer(request.id, results, leaseUntilMs));
      return;
    }
    const batch: Batch = { id: request.id, results: request.ops.map(() => null), open: request.ops.length };
    request.ops.forEach((op, index) => {
      sendOp(op, result => settle(batch, index, result));
    });
  };

  const stop = (): void => {
    ended = true;
    for (const timer of [heartbeat, retry, dialLimit, lease]) timer?.cancel();
  };

  return {
    start: dial,
    submit,
    close: () => {
      if (accepted) connection?.dialled.closeSession();
      connection?.dialled.abort();
      stop();
    },
    kill: () => {
      connection?.dialled.abort();
      stop();
    },
    get coordination() {
      return coordination;
    },
  };
}
