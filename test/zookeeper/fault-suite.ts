// What any driver behind the port must survive, against real ZooKeeper. Each case is a sentence, a way to make the fault,
// and what must hold; `redOn` names the driver on which it was seen to fail, so that nobody has to take its word for it.
//
// The cases of one file run side by side, each with its own session, paths and proxy; only the servers are shared.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionState, ZkOptions, ZkSession } from '../../packages/zk/src/session.ts';
import { DRIVERS, type DriverName } from './driver.ts';
import { type Ensemble, type EnsembleOptions, startEnsemble } from './ensemble.ts';
import { FaultProxy } from './fault-proxy.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** The driver a case ran on, for reports. */
    driver?: DriverName;
  }
}

/** What a case gets to work with. Everything made through it is closed after the case. */
export interface World {
  readonly driverName: DriverName;
  readonly ensemble: Ensemble;
  /** A path that no other case uses. */
  readonly path: string;
  /** A session of the driver under test. Without servers: all of the ensemble. */
  connect(options?: Partial<ZkOptions>): ZkSession;
  /** A session of the product's own driver straight to a server, to see what is really there. */
  observe(): Promise<ZkSession>;
  proxy(host?: string): Promise<FaultProxy>;
  /** To be closed after the case. */
  also(close: () => Promise<unknown>): void;
}

/** One fault and what must hold. */
export interface FaultCase {
  readonly number: number;
  readonly name: string;
  readonly redOn: DriverName;
  /** Longest time for the case itself. Milliseconds. */
  readonly limitMs?: number;
  readonly run: (world: World) => Promise<void>;
}

const DEFAULT_LIMIT_MS = 40_000;

/** The session timeout of the cases on one server. Milliseconds. */
export const SESSION_TIMEOUT_MS = 2000;

/** Declares the cases as tests on servers of their own; the driver under test is $VIPKEEPER_ZK_DRIVER, by default ours. */
export function declareCases(
  title: string,
  cases: readonly FaultCase[],
  options: EnsembleOptions & { readonly sideBySide: boolean },
): void {
  describe(title, () => {
    let ensemble: Ensemble;
    beforeAll(async () => {
      ensemble = await startEnsemble(options);
    });
    afterAll(() => ensemble?.close());
    for (const each of cases) {
      const declare = options.sideBySide ? it.concurrent : it;
      const limitMs = (each.limitMs ?? DEFAULT_LIMIT_MS) + 20_000;
      const driverName = driverFor(each);
      const run = () => runCase(each, driverName, ensemble);
      declare(`${each.number}. ${each.name}`, { timeout: limitMs, meta: { driver: driverName } }, run);
    }
  });
}

function driverFor(each: FaultCase): DriverName {
  const wanted = process.env.VIPKEEPER_ZK_DRIVER ?? 'hardened';
  if (wanted === 'red') return each.redOn;
  if (!(wanted in DRIVERS))
    throw new Error(`VIPKEEPER_ZK_DRIVER is "${wanted}", wanted red or ${Object.keys(DRIVERS).join(', ')}`);
  return wanted as DriverName;
}

async function runCase(each: FaultCase, driverName: DriverName, ensemble: Ensemble): Promise<void> {
  const closers: (() => Promise<unknown>)[] = [];
  const limitMs = each.limitMs ?? DEFAULT_LIMIT_MS;
  try {
    await within(each.run(newWorld(each, driverName, ensemble, closers)), limitMs, `case ${each.number} did not end`);
  } finally {
    // A driver that fails its case may well fail to close too.
    for (const close of closers.reverse()) await within(close(), 3000, '').catch(() => undefined);
  }
}

function newWorld(
  each: FaultCase,
  driverName: DriverName,
  ensemble: Ensemble,
  closers: (() => Promise<unknown>)[],
): World {
  const track = <T>(thing: T, close: () => Promise<unknown>): T => {
    closers.push(close);
    return thing;
  };
  return {
    driverName,
    ensemble,
    path: `/case-${each.number}`,
    connect(options = {}) {
      const session = DRIVERS[driverName]({
        servers: ensemble.servers,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        ...options,
      });
      return track(session, async () => session.close());
    },
    async observe() {
      const servers = [await ensemble.leader()];
      const session = DRIVERS.hardened({ servers, sessionTimeoutMs: 4000 });
      track(session, () => session.close());
      await untilState(session, 'connected', 15_000);
      return session;
    },
    async proxy(host) {
      const proxy = await FaultProxy.start(ensemble.servers[0]!, host);
      return track(proxy, () => proxy.close());
    },
    also: close => void closers.push(close),
  };
}

/** Rejects with the sentence when the promise does not settle in time. */
export async function within<T>(promise: Promise<T>, limitMs: number, sentence: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${sentence} within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves with the time it became true; rejects with the sentence otherwise. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  limitMs: number,
  sentence: string | (() => string),
): Promise<number> {
  const giveUpAtMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) {
      throw new Error(`not within ${limitMs} ms: ${typeof sentence === 'string' ? sentence : sentence()}`);
    }
    await pause(10);
  }
  return performance.now();
}

/** Resolves when the session says so. */
export function untilState(session: ZkSession, kind: SessionState['kind'], limitMs: number): Promise<number> {
  return until(
    () => session.state.kind === kind,
    limitMs,
    () => `the session is ${kind} (it is ${session.state.kind})`,
  );
}

/** Lets time pass. */
export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** Every state a session goes through, with when it was told. */
export function recordStates(session: ZkSession): { readonly state: SessionState; readonly atMs: number }[] {
  const states: { state: SessionState; atMs: number }[] = [];
  session.onState(state => states.push({ state, atMs: performance.now() }));
  return states;
}

/** The kinds alone. */
export function kindsOf(states: readonly { readonly state: SessionState }[]): readonly string[] {
  return states.map(({ state }) => state.kind);
}

/** What a session says when connected; fails when it is not. */
export function connectedState(session: ZkSession): Extract<SessionState, { kind: 'connected' }> {
  const { state } = session;
  expect(state.kind).toBe('connected');
  if (state.kind !== 'connected') throw new Error('not connected');
  return state;
}

/** Text as octets. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Octets as text. */
export const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);
