// The network between one agent and the ensemble. Each connection has two pipes that keep their order, as TCP does. While
// the link is blocked nothing arrives and nothing is lost: what was sent is delivered after the heal, unless one end has
// given up by then.
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** One agent's way to all servers. Blocks add up: it is open again when each of them was healed. */
export interface Link {
  readonly blocked: boolean;
  block(): void;
  heal(): void;
  onHeal(listener: () => void): () => void;
}

/** A link that lets everything through. */
export function createLink(): Link {
  const listeners = new Set<() => void>();
  let blocks = 0;
  return {
    get blocked() {
      return blocks > 0;
    },
    block: () => {
      blocks += 1;
    },
    heal: () => {
      blocks -= 1;
      if (blocks > 0) return;
      for (const listener of [...listeners]) listener();
    },
    onHeal: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** One direction of one connection. */
export interface Pipe {
  send(arrive: () => void): void;
  close(): void;
}

/** A pipe over a link, with a latency of a fraction of a millisecond up to `latencyMs`. */
export function createPipe(scheduler: Scheduler, random: Random, link: Link, latencyMs: number): Pipe {
  let queue: (() => void)[] = [];
  let lastAtMs = 0;
  const pump = (): void => {
    if (!link.blocked) queue.shift()?.();
  };
  const plan = (): void => {
    lastAtMs = Math.max(lastAtMs, scheduler.nowMs + random.between(0.1, latencyMs));
    scheduler.at(lastAtMs, pump);
  };
  const stop = link.onHeal(() => {
    for (let i = 0; i < queue.length; i++) plan();
  });
  return {
    send: arrive => {
      queue.push(arrive);
      plan();
    },
    close: () => {
      queue = [];
      stop();
    },
  };
}
