// One session at work: its socket to send from, its one timer, what it reports. It belongs to the worker thread.
//
// A detection time that is over is believed only after pending datagrams were read: a process that was held up must not
// take a neighbor for dead whose packets lie in the kernel's buffer.

import { createSocket, type Socket } from 'node:dgram';
import type { LookupOptions } from 'node:dns';
import { familyOf } from '../ip-address.ts';
import { type BfdPacket, diagnosticName, encodeBfdPacket } from './packet.ts';
import type { BfdChange, BfdNeighbor, BfdReport } from './protocol.ts';
import { type BfdInput, type BfdSession, bfdWakeAt, createBfdSession, detectionTimeMs, stepBfd } from './session.ts';

/** Source ports of control packets, RFC 5881 §4. */
const SOURCE_PORTS = { first: 49_152, count: 16_384 } as const;
const BIND_TRIES = 20;
/** RFC 5881 §5: so that the other side can tell a packet of its own link. */
const TTL = 255;

/** Where it is, and who hears of it. */
export interface EndpointSurroundings {
  readonly port: number;
  readonly localDiscriminator: number;
  report(report: BfdReport, change: BfdChange | undefined): void;
}

/** One neighbor's session. */
export class Endpoint {
  readonly neighbor: BfdNeighbor;
  readonly #surroundings: EndpointSurroundings;
  #session: BfdSession;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: number | undefined;
  #reported = '';
  #isClosed = false;

  constructor(neighbor: BfdNeighbor, surroundings: EndpointSurroundings) {
    this.neighbor = neighbor;
    this.#surroundings = surroundings;
    const { intervalMs, multiplier } = neighbor;
    const { localDiscriminator } = surroundings;
    this.#session = createBfdSession(
      { intervalUs: intervalMs * 1000, multiplier, localDiscriminator },
      performance.now(),
    );
  }

  get localDiscriminator(): number {
    return this.#surroundings.localDiscriminator;
  }

  /** Binds and begins. Rejects when there is no port to send from. */
  async start(): Promise<void> {
    const socket = await bindSource(this.neighbor);
    if (this.#isClosed) {
      socket.close();
      return;
    }
    socket.setTTL(TTL);
    this.#socket = socket;
    this.report();
    this.#arm();
  }

  received(packet: BfdPacket): void {
    this.#input({ kind: 'Received', packet });
  }

  /** The main thread has not moved for so long. */
  stalled(forMs: number): void {
    this.#input({ kind: 'Hold', held: forMs >= this.neighbor.stallLimitMs });
  }

  /** Says AdminDown, once more at each call. */
  adminDown(): void {
    this.#input({ kind: 'AdminDown' });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Says how things are, if that is news. */
  report(change?: BfdChange): void {
    const { state, diagnostic } = this.#session;
    const report = { state, diagnostic: diagnosticName(diagnostic), detectionTimeMs: detectionTimeMs(this.#session) };
    const text = JSON.stringify(report);
    if (change === undefined && text === this.#reported) return;
    this.#reported = text;
    this.#surroundings.report(report, change);
  }

  #input(input: BfdInput): void {
    if (this.#socket === undefined) return;
    const { session, outputs } = stepBfd(this.#session, input, performance.now(), Math.random());
    this.#session = session;
    for (const output of outputs) {
      if (output.kind === 'send') this.#send(output.packet);
      else this.report({ from: output.from, to: output.to, cause: output.cause });
    }
    this.#arm();
  }

  /** What cannot be sent is not sent: silence is understood at the other end. */
  #send(packet: BfdPacket): void {
    this.#socket?.send(encodeBfdPacket(packet), this.#surroundings.port, this.neighbor.address, () => {});
  }

  #arm(): void {
    const at = bfdWakeAt(this.#session);
    if (at === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    if (at !== undefined) this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, at - performance.now()));
  }

  #onTimer(): void {
    this.#timerAt = undefined;
    const silent = (this.#session.detectAt ?? Infinity) <= performance.now();
    if (silent) setImmediate(() => this.#input({ kind: 'TimersDue' }));
    else this.#input({ kind: 'TimersDue' });
  }
}

/** A source port that nobody has, by chance; bounded tries. */
async function bindSource({ address, localAddress }: BfdNeighbor): Promise<Socket> {
  for (let tries = 1; ; tries += 1) {
    const port = SOURCE_PORTS.first + Math.floor(Math.random() * SOURCE_PORTS.count);
    try {
      return await bindUdp(familyOf(address) === 'ipv6' ? 'udp6' : 'udp4', localAddress, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === BIND_TRIES) throw error;
    }
  }
}

/** Addresses are numbers already. Answering at once keeps a last packet from being overtaken by `close`. */
function asItIs(
  address: string,
  _options: LookupOptions,
  found: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  found(null, address, familyOf(address) === 'ipv6' ? 6 : 4);
}

/** A bound UDP socket; IPv6 ones take no IPv4. Later errors are swallowed: each has its effect on the session anyway. */
export function bindUdp(type: 'udp4' | 'udp6', address: string | undefined, port: number): Promise<Socket> {
  const socket = createSocket({ type, ipv6Only: type === 'udp6', lookup: asItIs });
  return new Promise((resolve, reject) => {
    socket.once('error', error => {
      socket.close();
      reject(error);
    });
    socket.bind({ port, ...(address !== undefined && { address }) }, () => {
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
