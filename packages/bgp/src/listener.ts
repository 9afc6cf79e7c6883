// A passive BGP speaker that keeps what it hears: it plays the router in tests and in the demo. It announces nothing.
// Whoever connects and is of an accepted AS gets a session; several peers behind one address are told apart by their
// BGP identifier, as a router tells neighbours apart by address.

import type { Family } from './advertisement.ts';
import { bestRoute, HeardRib, type HeardRoute } from './heard-rib.ts';
import { checkAs, checkHoldTime, checkRouterId } from './options.ts';
import { type DriverSources, SessionDriver } from './session-driver.ts';
import type { Negotiated } from './session-open.ts';
import type { SessionOptions } from './session-types.ts';
import { type IncomingConnection, listenTcp, type TcpListener } from './tcp.ts';
import { within } from './waiting.ts';
import { AFI, SAFI_UNICAST } from './wire/codes.ts';
import { cease } from './wire/notification.ts';
import type { UpdateMessage } from './wire/update.ts';

/** Where to listen and who we are. */
export interface ListenerOptions {
  readonly address: string;
  /** 0 takes a free port; see `port` of the listener. */
  readonly port: number;
  readonly localAs: number;
  readonly routerId: string;
  /** Accepted peer ASes. Default any. */
  readonly peerAs?: readonly number[];
  /** Default 9. */
  readonly holdTimeSeconds?: number;
  /** The monotonic clock, milliseconds. Default `performance.now()`. */
  readonly clock?: () => number;
}

/** A peer with an Established session. */
export interface HeardPeer {
  readonly routerId: string;
  readonly as: number;
  readonly address: string;
  readonly families: readonly Family[];
  /** Monotonic ms since when the session is Established. */
  readonly sinceMs: number;
}

/** What the listener hears, in the order it hears it. `atMs` is the clock when the bytes were read. */
export type ListenerEvent =
  | { readonly kind: 'peer-up'; readonly atMs: number; readonly peer: HeardPeer }
  /** The session is over; all routes of this peer are gone, without a `withdraw` for each. */
  | { readonly kind: 'peer-down'; readonly atMs: number; readonly peer: HeardPeer; readonly reason: string }
  | { readonly kind: 'announce'; readonly atMs: number; readonly peer: HeardPeer; readonly route: HeardRoute }
  | { readonly kind: 'withdraw'; readonly atMs: number; readonly peer: HeardPeer; readonly prefix: string }
  | { readonly kind: 'end-of-rib'; readonly atMs: number; readonly peer: HeardPeer; readonly family: Family };

/** The listening router. */
export interface Listener {
  /** Resolves when bound; rejects when it cannot be. */
  start(): Promise<void>;
  /** The port in use; 0 before `start()`. */
  readonly port: number;
  /** Peers whose session is Established. */
  peers(): readonly HeardPeer[];
  /** Every route, or those of one peer. */
  routes(routerId?: string): readonly HeardRoute[];
  /** Every peer's route of this prefix. */
  paths(prefix: string): readonly HeardRoute[];
  /** The one a simple router would use: LOCAL_PREF, shortest AS path, lowest MED, lowest BGP identifier. */
  best(prefix: string): HeardRoute | undefined;
  /** Called for everything heard, synchronously; returns how to stop. */
  onEvent(listener: (event: ListenerEvent) => void): () => void;
  /** Asks every peer that understands it for its whole table again (RFC 2918). */
  requestRefresh(family: Family): void;
  /** Cease/Administrative Shutdown to everybody and releases every socket within the limit (default 1000 ms). */
  close(options?: { readonly message?: string; readonly limitMs?: number }): Promise<void>;
}

const DEFAULT_HOLD_TIME_SECONDS = 9;
const OPEN_LIMIT_MS = 30_000;
const CLOSE_LIMIT_MS = 1000;
/** Connections at a time; a router has a limit as well. */
const MAX_CONNECTIONS = 256;
const COLLISION = cease(7);
const SHUTDOWN_SUBCODE = 2;

interface HeardSession {
  readonly driver: SessionDriver;
  up: { readonly peer: HeardPeer; readonly rib: HeardRib } | undefined;
}

class PassiveListener implements Listener {
  readonly #options: ListenerOptions;
  readonly #sources: DriverSources;
  readonly #session: SessionOptions;
  readonly #sessions = new Set<HeardSession>();
  readonly #listeners = new Set<(event: ListenerEvent) => void>();
  #tcp: TcpListener | undefined;

  constructor(options: ListenerOptions) {
    const { localAs, routerId, peerAs = 'any', holdTimeSeconds = DEFAULT_HOLD_TIME_SECONDS } = options;
    checkAs('this listener', localAs);
    checkRouterId('this listener', routerId);
    checkHoldTime('this listener', holdTimeSeconds);
    this.#options = options;
    this.#sources = { clock: options.clock ?? (() => performance.now()), random: Math.random };
    this.#session = {
      ...{ localAs, routerId, peerAs, holdTimeSeconds, families: ['ipv4', 'ipv6'], passive: true },
      ...{ connectRetryMs: OPEN_LIMIT_MS, openLimitMs: OPEN_LIMIT_MS, sendHoldMs: undefined },
    };
  }

  async start(): Promise<void> {
    this.#tcp = await listenTcp(this.#options, connection => this.#onConnection(connection));
  }

  get port(): number {
    return this.#tcp?.port ?? 0;
  }

  peers(): readonly HeardPeer[] {
    return this.#up().map(({ peer }) => peer);
  }

  routes(routerId?: string): readonly HeardRoute[] {
    const wanted = this.#up().filter(({ peer }) => routerId === undefined || peer.routerId === routerId);
    return wanted.flatMap(({ rib }) => rib.routes());
  }

  paths(prefix: string): readonly HeardRoute[] {
    return this.#up().flatMap(({ rib }) => rib.get(prefix) ?? []);
  }

  best(prefix: string): HeardRoute | undefined {
    return bestRoute(this.paths(prefix));
  }

  onEvent(listener: (event: ListenerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  requestRefresh(family: Family): void {
    for (const { driver } of this.#sessions) {
      driver.send({ type: 'routeRefresh', afi: AFI[family], safi: SAFI_UNICAST, subtype: 0 }, () => {});
    }
  }

  async close({ message, limitMs = CLOSE_LIMIT_MS }: { message?: string; limitMs?: number } = {}): Promise<void> {
    this.#tcp?.close();
    const drivers = [...this.#sessions].map(({ driver }) => driver);
    for (const driver of drivers) driver.stop(cease(SHUTDOWN_SUBCODE, message));
    await within(limitMs, Promise.all(drivers.map(driver => driver.released())));
    for (const driver of drivers) driver.abandon();
    this.#listeners.clear();
  }

  #up(): NonNullable<HeardSession['up']>[] {
    return [...this.#sessions].flatMap(({ up }) => up ?? []);
  }

  #emit(event: ListenerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #onConnection(connection: IncomingConnection): void {
    if (this.#sessions.size >= MAX_CONNECTIONS) {
      connection.refuse();
      return;
    }
    const session: HeardSession = { driver: this.#driverFor(connection, () => session), up: undefined };
    this.#sessions.add(session);
    session.driver.start();
    session.driver.accept(events => connection.adopt(events));
  }

  #driverFor(connection: IncomingConnection, session: () => HeardSession): SessionDriver {
    const hooks = {
      connect: () => {
        throw new Error('a listener never connects');
      },
      established: (negotiated: Negotiated) => this.#onEstablished(session(), negotiated, connection.remoteAddress),
      down: (reason: string) => this.#onDown(session(), reason),
      update: (update: UpdateMessage) => this.#onUpdate(session(), update),
      routeRefresh: () => {},
      transition: ({ from, to }: { readonly from: string; readonly to: string }) => {
        if (from !== 'Idle' && (to === 'Active' || to === 'Idle')) this.#forgetSoon(session());
      },
      changed: () => {},
    };
    return new SessionDriver(this.#session, hooks, this.#sources);
  }

  /** A session without its one connection has no future here; the socket may still be closing. */
  #forgetSoon(session: HeardSession): void {
    void session.driver.released().then(() => this.#sessions.delete(session));
  }

  #onEstablished(session: HeardSession, negotiated: Negotiated, address: string): void {
    const { peerIdentifier: routerId, peerAs: as, families } = negotiated;
    if (this.#up().some(({ peer }) => peer.routerId === routerId && peer.as === as)) {
      session.driver.stop(COLLISION);
      return;
    }
    const sinceMs = this.#sources.clock();
    session.up = { peer: { routerId, as, address, families, sinceMs }, rib: new HeardRib(routerId) };
    this.#emit({ kind: 'peer-up', atMs: sinceMs, peer: session.up.peer });
  }

  #onDown(session: HeardSession, reason: string): void {
    const { up } = session;
    session.up = undefined;
    if (up !== undefined) this.#emit({ kind: 'peer-down', atMs: this.#sources.clock(), peer: up.peer, reason });
  }

  #onUpdate(session: HeardSession, update: UpdateMessage): void {
    if (session.up === undefined) return;
    const { peer, rib } = session.up;
    const atMs = this.#sources.clock();
    rib.apply(update, atMs, change => this.#emit({ ...change, atMs, peer }));
  }
}

/** A listening router that keeps what it hears. Throws a RangeError on options that cannot be used. */
export function createListener(options: ListenerOptions): Listener {
  return new PassiveListener(options);
}
