// The entry of the BFD thread: sockets that hear, a session per neighbor, and an eye on the main thread. It runs only as
// a worker. A bundler must make a file of its own of it: see `thread.ts`.
//
// BFD promises that the routes it stands for are looked after. A thread of its own keeps its pace whatever the main
// thread does, and so would lie while the main thread hangs: therefore the counter that the main thread moves. Only time
// in which this thread ran itself is counted, so that a process that was stopped as a whole is not held guilty.

import type { Socket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { familyOf, plainAddress } from '../ip-address.ts';
import { bindUdp, Endpoint } from './endpoint.ts';
import { decodeBfdPacket } from './packet.ts';
import { type BfdNeighbor, HEARTBEAT_MS, type WorkerReply, type WorkerRequest, type WorkerStart } from './protocol.ts';

const start = workerData as WorkerStart;
const port = parentPort!;
const counter = new Int32Array(start.heartbeat);
const endpoints = new Map<string, Endpoint>();
const ears = new Map<string, Socket>();
/** AdminDown is said so often, since one packet may be lost, and this far apart. */
const FAREWELL = { times: 3, everyMs: 40 } as const;

const MISSING_RETRY_MS = 1000;
let isMissing = false;
let retry: NodeJS.Timeout | undefined;

const tell = (reply: WorkerReply): void => port.postMessage(reply);

/** Which addresses must hear: one for all where some neighbor of the family has no address of ours. */
function wantedEars(neighbors: readonly BfdNeighbor[]): ReadonlyMap<string, readonly ['udp4' | 'udp6', string]> {
  const wanted = new Map<string, readonly ['udp4' | 'udp6', string]>();
  for (const [family, type, any] of [
    ['ipv4', 'udp4', '0.0.0.0'],
    ['ipv6', 'udp6', '::'],
  ] as const) {
    const own = neighbors.filter(({ address }) => familyOf(address) === family);
    const all = own.some(({ localAddress }) => localAddress === undefined);
    for (const { localAddress } of own) {
      const address = all ? any : (localAddress ?? any);
      wanted.set(address, [type, address]);
    }
  }
  return wanted;
}

async function listen(neighbors: readonly BfdNeighbor[]): Promise<void> {
  const wanted = wantedEars(neighbors);
  for (const [address, socket] of ears) {
    if (wanted.has(address)) continue;
    socket.close();
    ears.delete(address);
  }
  for (const [type, address] of wanted.values()) {
    if (!ears.has(address)) await unlessMissing(open(type, address));
  }
}

async function open(type: 'udp4' | 'udp6', address: string): Promise<void> {
  const socket = await bindUdp(type, address, start.port);
  socket.on('message', (datagram, from) => hear(datagram, from.address));
  ears.set(address, socket);
}

/** An address of ours that is not there may come: links start late, and a new IPv6 address is tentative for a while. */
async function unlessMissing(binding: Promise<void>): Promise<void> {
  try {
    await binding;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
    isMissing = true;
  }
}

/** Strangers are dropped before anything of theirs is read. */
function hear(datagram: Uint8Array, from: string): void {
  const endpoint = endpoints.get(plainAddress(from));
  if (endpoint === undefined) return;
  const decoded = decodeBfdPacket(datagram);
  if (decoded.kind === 'packet') endpoint.received(decoded.packet);
}

/** Random, since a restarted process must not be taken for its predecessor. */
function newDiscriminator(): number {
  for (;;) {
    const value = Math.floor(Math.random() * 0xffff_ffff) + 1;
    if (![...endpoints.values()].some(({ localDiscriminator }) => localDiscriminator === value)) return value;
  }
}

async function follow(neighbors: readonly BfdNeighbor[]): Promise<void> {
  const wanted = new Map(neighbors.map(neighbor => [neighbor.address, neighbor]));
  for (const [address, endpoint] of endpoints) {
    if (JSON.stringify(endpoint.neighbor) === JSON.stringify(wanted.get(address))) continue;
    endpoints.delete(address);
    endpoint.adminDown();
    endpoint.close();
  }
  isMissing = false;
  await listen(neighbors);
  for (const neighbor of wanted.values()) if (!endpoints.has(neighbor.address)) await unlessMissing(add(neighbor));
  clearTimeout(retry);
  if (isMissing) retry = setTimeout(() => enqueue(() => followAndTell(neighbors, false)), MISSING_RETRY_MS);
}

async function add(neighbor: BfdNeighbor): Promise<void> {
  const { address } = neighbor;
  const endpoint = new Endpoint(neighbor, {
    port: start.port,
    localDiscriminator: newDiscriminator(),
    report: (report, change) => tell({ kind: 'report', address, report, change }),
  });
  await endpoint.start();
  endpoints.set(address, endpoint);
}

/** A retry is nobody's question, so it gets no answer. */
async function followAndTell(neighbors: readonly BfdNeighbor[], isAsked: boolean): Promise<void> {
  let failure: string | undefined;
  try {
    await follow(neighbors);
  } catch (error) {
    failure = (error as Error).message;
  }
  if (isAsked) tell({ kind: 'ready', failure });
}

let seen = Atomics.load(counter, 0);
let lookedAt = performance.now();
let stalledMs = 0;

function watchMainThread(): void {
  const now = performance.now();
  const beats = Atomics.load(counter, 0);
  stalledMs = beats === seen ? stalledMs + Math.min(now - lookedAt, 2 * HEARTBEAT_MS) : 0;
  seen = beats;
  lookedAt = now;
  for (const endpoint of endpoints.values()) {
    endpoint.stalled(stalledMs);
    endpoint.report();
  }
}

function close(watch: NodeJS.Timeout): void {
  clearInterval(watch);
  clearTimeout(retry);
  let left = FAREWELL.times;
  const farewell = setInterval(() => {
    left -= 1;
    for (const endpoint of endpoints.values()) endpoint.adminDown();
    if (left > 0) return;
    clearInterval(farewell);
    setTimeout(closeSockets, FAREWELL.everyMs);
  }, FAREWELL.everyMs);
}

function closeSockets(): void {
  for (const endpoint of endpoints.values()) endpoint.close();
  for (const socket of ears.values()) socket.close();
  port.close();
}

const watch = setInterval(watchMainThread, HEARTBEAT_MS);
let work = followAndTell(start.neighbors, true);
port.on('message', (request: WorkerRequest) => {
  enqueue(() => (request.kind === 'close' ? close(watch) : followAndTell(request.neighbors, true)));
});

/** One thing after the other: what is asked next may be the opposite. */
function enqueue(next: () => Promise<void> | void): void {
  work = work.then(next);
}
