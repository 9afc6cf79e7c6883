// The main thread's side of BFD: starts the worker when there is the first neighbor, moves the heartbeat, and keeps what
// the worker reports. The worker is a file beside this one; in a bundle (one `.mjs` file) it is `bfd-worker.mjs` beside
// the bundle.

import { Worker } from 'node:worker_threads';
import { within } from '../waiting.ts';
import {
  BFD_PORT,
  type BfdChange,
  type BfdNeighbor,
  type BfdReport,
  HEARTBEAT_MS,
  type WorkerReply,
  type WorkerRequest,
  type WorkerStart,
} from './protocol.ts';

/** How one session stands. */
export interface BfdStatus extends BfdReport {
  /** How often it went from Up to anything else. */
  readonly downs: number;
}

/** Who hears of it, and what tests set otherwise. */
export interface BfdThreadOptions {
  /** After each change; `change` is absent when only numbers differ. */
  readonly onReport: (address: string, change: BfdChange | undefined) => void;
  readonly entry?: URL;
  readonly port?: number;
}

/** How long the worker may take to say farewell. */
const CLOSE_LIMIT_MS = 1000;
/** Small on purpose: the thread keeps a few numbers per neighbor, and its collector's pauses should be short. */
const HEAP_LIMIT_MB = 64;

const ENTRY = new URL(import.meta.url.endsWith('.mjs') ? './bfd-worker.mjs' : './worker.js', import.meta.url);

/** Whether a session's end means that the neighbor is not to be trusted with traffic; AdminDown does not (RFC 5882 §3.2). */
export function isLoss({ from, to, cause }: BfdChange): boolean {
  return from === 'Up' && to === 'Down' && cause !== 'neighbor-admin-down';
}

/** All BFD sessions of a speaker. */
export class BfdThread {
  readonly #options: BfdThreadOptions;
  readonly #statuses = new Map<string, BfdStatus>();
  readonly #heartbeat = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #waiting: ((failure: string | undefined) => void)[] = [];
  #addresses: ReadonlySet<string> = new Set();
  #worker: Worker | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #beat: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: BfdThreadOptions) {
    this.#options = options;
  }

  /** The whole set of neighbors. Rejects when an address cannot be bound; then the others are watched all the same. */
  async follow(neighbors: readonly BfdNeighbor[]): Promise<void> {
    if (this.#isClosed || (this.#worker === undefined && neighbors.length === 0)) return;
    this.#addresses = new Set(neighbors.map(({ address }) => address));
    for (const address of this.#statuses.keys()) if (!this.#addresses.has(address)) this.#statuses.delete(address);
    const answer = new Promise<string | undefined>(resolve => this.#waiting.push(resolve));
    if (this.#worker === undefined) this.#start(neighbors);
    else this.#ask({ kind: 'neighbors', neighbors });
    const failure = await answer;
    if (failure !== undefined) throw new Error(`Cannot run BFD: ${failure}`);
  }

  /** `undefined` for an address without a session. */
  status(address: string): BfdStatus | undefined {
    return this.#statuses.get(address);
  }

  /** Says AdminDown to all neighbors and ends the thread, within a second. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#ask({ kind: 'close' });
    if (!(await within(CLOSE_LIMIT_MS, this.#exited))) await worker.terminate();
    clearInterval(this.#beat);
  }

  #start(neighbors: readonly BfdNeighbor[]): void {
    const { entry = ENTRY, port = BFD_PORT } = this.#options;
    const workerData: WorkerStart = { heartbeat: this.#heartbeat, port, neighbors };
    const resourceLimits = { maxOldGenerationSizeMb: HEAP_LIMIT_MB };
    const worker = new Worker(entry, { name: 'bfd', workerData, resourceLimits, execArgv: [] });
    const counter = new Int32Array(this.#heartbeat);
    this.#worker = worker;
    this.#beat = setInterval(() => Atomics.add(counter, 0, 1), HEARTBEAT_MS).unref();
    this.#exited = new Promise(resolve => worker.once('exit', resolve));
    worker.on('message', (reply: WorkerReply) => this.#onReply(reply));
    worker.on('error', error => this.#onError(error));
  }

  #ask(request: WorkerRequest): void {
    this.#worker?.postMessage(request);
  }

  #onReply(reply: WorkerReply): void {
    if (reply.kind === 'ready') {
      this.#waiting.shift()?.(reply.failure);
      return;
    }
    const { address, report, change } = reply;
    if (!this.#addresses.has(address)) return;
    const downs = (this.#statuses.get(address)?.downs ?? 0) + (change?.from === 'Up' ? 1 : 0);
    this.#statuses.set(address, { ...report, downs });
    this.#options.onReport(address, change);
  }

  /** A thread that cannot be loaded is told to who waits; one that breaks later is a bug, and stops the process. */
  #onError(error: Error): void {
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) throw error;
    for (const resolve of waiting) resolve(error.message);
  }
}
