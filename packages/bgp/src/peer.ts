// One configured neighbour: its session, and while that is Established its Adj-RIB-Out. What is wanted is remembered
// whether or not there is a session. Messages are made only when the socket has room, so a slow peer costs no memory.

import { AdjRibOut, type WantedRoutes } from './adj-rib-out.ts';
import type { Advertisement, Family, PathAttributes, PeerIdentity, PeerStatus } from './advertisement.ts';
import { familyOf } from './ip-address.ts';
import type { CheckedPeer } from './options.ts';
import { checkAttributes } from './route-attributes.ts';
import { type DriverSources, SessionDriver } from './session-driver.ts';
import type { Negotiated } from './session-open.ts';
import type { SessionOutput } from './session-types.ts';
import { type SocketOptions, socketOptionsOf } from './socket-options.ts';
import { connectTcp, type IncomingConnection, type Transport } from './tcp.ts';
import type { NotificationMessage } from './wire/notification.ts';
import { treatAsWithdraw, type UpdateMessage } from './wire/update.ts';

/** A log as in SpeakerOptions. */
export type Log = (
  level: 'debug' | 'info' | 'warn',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/** What all peers of a speaker share. */
export interface PeerSurroundings extends DriverSources {
  readonly localAs: number;
  readonly routerId: string;
  readonly log: Log;
  readonly changed: () => void;
  /** What a peer's status says of its BFD session. */
  readonly bfd: (options: CheckedPeer) => Pick<PeerStatus, 'bfd'>;
}

type Transition = Extract<SessionOutput, { kind: 'transition' }>;

type NextHops = Readonly<Record<Family, string | undefined>>;

/** A configured family that this session cannot announce, and why. */
interface Missing {
  readonly family: Family;
  readonly reason: string;
}

/** Bytes that may wait in the socket before no more messages are made. */
const WRITE_AHEAD_BYTES = 256 * 1024;
/** How long a peer may take for its whole OPEN. RFC 4271 suggests 4 minutes; nobody needs them. */
const OPEN_LIMIT_MS = 30_000;

/** Which routes one peer should hear. Throws a RangeError on attributes that cannot be sent. */
export function routesFor(peer: PeerIdentity, advertisements: readonly Advertisement[]): WantedRoutes {
  const wanted = new Map<string, PathAttributes>();
  const checked = new Set<PathAttributes>();
  for (const { prefix, attributes } of advertisements) {
    const own = typeof attributes === 'function' ? attributes(peer) : attributes;
    if (own === null) continue;
    if (!checked.has(own)) checkAttributes(own);
    checked.add(own);
    wanted.set(prefix, own);
  }
  return wanted;
}

function hasFamily(wanted: WantedRoutes, family: Family): boolean {
  for (const prefix of wanted.keys()) if (familyOf(prefix) === family) return true;
  return false;
}

/** Runs one neighbour. */
export class Peer {
  readonly identity: PeerIdentity;
  readonly #surroundings: PeerSurroundings;
  readonly #driver: SessionDriver;
  /** Every open connection of a peer that needs socket options. */
  readonly #secured = new Set<Transport>();
  #options: CheckedPeer;
  #wanted: WantedRoutes = new Map();
  #rib: AdjRibOut | undefined;
  #negotiated: Negotiated | undefined;
  #missing: readonly Missing[] = [];
  readonly #told = new Set<string>();
  #lastReason: string | undefined;

  constructor(options: CheckedPeer, surroundings: PeerSurroundings) {
    const { key, address, as } = options;
    this.#options = options;
    this.identity = { key, address, as, kind: as === surroundings.localAs ? 'ibgp' : 'ebgp' };
    this.#surroundings = surroundings;
    this.#driver = this.#makeDriver();
  }

  get options(): CheckedPeer {
    return this.#options;
  }

  #makeDriver(): SessionDriver {
    const { options } = this;
    const { localAs, routerId, changed } = this.#surroundings;
    const session = {
      localAs,
      routerId,
      peerAs: options.as,
      passive: options.passive,
      holdTimeSeconds: options.holdTimeSeconds,
      connectRetryMs: options.connectRetrySeconds * 1000,
      families: options.families,
      openLimitMs: OPEN_LIMIT_MS,
      sendHoldMs: options.sendHoldTimeSeconds === undefined ? undefined : options.sendHoldTimeSeconds * 1000,
    };
    return new SessionDriver(
      session,
      {
        connect: events => this.#remember(connectTcp(options, events, this.#socketOptions())),
        established: (negotiated, transport) => this.#onEstablished(negotiated, transport),
        down: () => this.#onDown(),
        update: update => this.#onUpdate(update),
        routeRefresh: family => this.#onRouteRefresh(family),
        transition: transition => this.#onTransition(transition),
        changed,
      },
      this.#surroundings,
    );
  }

  start(): void {
    this.#driver.start();
  }

  stop(notification: NotificationMessage): void {
    this.#driver.stop(notification);
  }

  /** BFD says that the peer, or the way to it, is gone. */
  bfdDown(reason: string): void {
    this.#driver.bfdDown(reason);
  }

  /** A connection that cannot be given the peer's options is refused: better none than a clear one. */
  accept(connection: IncomingConnection): void {
    const options = this.#socketOptions();
    try {
      if (options !== undefined) connection.secure(options);
    } catch (error) {
      this.#log('warn', 'connection refused', { reason: (error as Error).message });
      connection.refuse();
      return;
    }
    this.#driver.accept(events => this.#remember(connection.adopt(events)));
  }

  /**
   * Takes a new key over, on open connections too: they go on as soon as the peer has it as well. Throws when the kernel
   * refuses; the peer must then be made anew.
   */
  changePassword(password: string): void {
    this.#options = { ...this.#options, password };
    const options = this.#socketOptions();
    if (options !== undefined) for (const transport of this.#secured) transport.secure(options);
  }

  #socketOptions(): SocketOptions | undefined {
    return socketOptionsOf(this.#options, this.#surroundings.localAs);
  }

  #remember(transport: Transport): Transport {
    if (this.#socketOptions() === undefined) return transport;
    this.#secured.add(transport);
    void transport.released.then(() => this.#secured.delete(transport));
    return transport;
  }

  released(): Promise<void> {
    return this.#driver.released();
  }

  abandon(): void {
    this.#driver.abandon();
  }

  /** The whole set for this peer. */
  want(wanted: WantedRoutes): void {
    this.#wanted = wanted;
    this.#tellMissing();
    this.#rib?.set(wanted);
    this.#pump();
  }

  isOut(prefix: string): boolean {
    return this.#rib?.isOut(prefix) ?? false;
  }

  /** Whether nothing is left to tell: all of it has left, or there is nobody to tell it to. */
  get settled(): boolean {
    return this.#rib?.settled ?? true;
  }

  get isEstablished(): boolean {
    return this.#rib !== undefined;
  }

  status(): PeerStatus {
    const { state, sinceMs, lastError } = this.#driver.session;
    const negotiated = this.#negotiated;
    return {
      ...this.identity,
      state,
      sinceMs,
      families: negotiated?.families.filter(family => this.#nextHopSelf(family) !== undefined) ?? [],
      localAddress: this.#driver.transport?.localAddress,
      remoteRouterId: negotiated?.peerIdentifier,
      holdTimeSeconds: negotiated?.holdTimeSeconds,
      lastError: lastError === undefined ? undefined : `${lastError}${this.#likelyCause(lastError)}`,
      notes: this.#missing.map(({ reason }) => reason),
      counters: { ...this.#driver.counters },
      ...this.#surroundings.bfd(this.options),
      routesOut: this.#rib?.countOut() ?? 0,
    };
  }

  /** A kernel that drops what is not signed rightly, or has come too far, says nothing; neither does the other end. */
  #likelyCause(reason: string): string {
    if (!/timed out|ETIMEDOUT|no OPEN in time/.test(reason)) return '';
    const { password, ttlSecurity } = this.#options;
    const causes = [
      ...(password === undefined ? [] : ['the password differs or is missing there']),
      ...(ttlSecurity ? ['TTL security is off there or the peer is further away than multihop'] : []),
    ];
    return causes.length === 0 ? '' : ` (likely: ${causes.join(', or ')})`;
  }

  #log(level: 'debug' | 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#surroundings.log(level, message, { peer: this.identity.key, ...fields });
  }

  /** A failure is worth a warning once; while it repeats, and for the steps on the way up, debug is enough. */
  #onTransition({ from, to, event, reason }: Transition): void {
    const failed = reason !== undefined && reason !== this.#lastReason;
    const level = failed ? 'warn' : to === 'Established' || from === 'Established' ? 'info' : 'debug';
    this.#lastReason = to === 'Established' ? undefined : (reason ?? this.#lastReason);
    this.#log(level, 'BGP session state', { from, to, event, reason });
  }

  #nextHopSelf(family: Family): string | undefined {
    const local = this.#driver.transport?.localAddress;
    if (local !== undefined && familyOf(local) === family) return local;
    return family === 'ipv4' ? this.options.localAddress4 : this.options.localAddress6;
  }

  #onEstablished(negotiated: Negotiated, transport: Transport): void {
    const nextHopSelf = { ipv4: this.#nextHopSelf('ipv4'), ipv6: this.#nextHopSelf('ipv6') };
    this.#negotiated = negotiated;
    this.#missing = this.#missingFrom(negotiated, nextHopSelf, transport);
    this.#tellMissing();
    this.#rib = new AdjRibOut(negotiated, {
      localAs: this.#surroundings.localAs,
      ibgp: negotiated.ibgp,
      nextHopSelf,
    });
    this.#rib.set(this.#wanted);
    this.#pump();
  }

  /** A family that cannot be announced is worth a sentence: the session looks healthy from everywhere else. */
  #missingFrom({ families }: Negotiated, nextHopSelf: NextHops, { localAddress }: Transport): Missing[] {
    const option = { ipv4: 'localAddress4', ipv6: 'localAddress6' } as const;
    return this.options.families.flatMap(family => {
      const start = `${family} is not announced:`;
      if (!families.includes(family)) return { family, reason: `${start} the peer does not offer it` };
      if (nextHopSelf[family] !== undefined) return [];
      const reason = `${start} the session's address ${localAddress} is no next hop for it and ${option[family]} is not set`;
      return { family, reason };
    });
  }

  /** A warning once, and only where there is a route that somebody will miss. */
  #tellMissing(): void {
    for (const { family, reason } of this.#missing) {
      if (this.#told.has(reason) || !hasFamily(this.#wanted, family)) continue;
      this.#told.add(reason);
      this.#log('warn', 'family not announced', { reason });
    }
  }

  #onDown(): void {
    this.#rib = undefined;
    this.#negotiated = undefined;
    this.#missing = [];
  }

  /** Routes from peers are none of our business; only their faults are worth a line. */
  #onUpdate(update: UpdateMessage): void {
    if (update.problems.length === 0) return;
    const grade = treatAsWithdraw(update) ? 'treat-as-withdraw' : 'attribute-discard';
    const [first] = update.problems;
    this.#log('warn', 'malformed UPDATE ignored', { grade, attribute: first?.attribute, detail: first?.detail });
  }

  #onRouteRefresh(family: Family): void {
    this.#log('info', 'route refresh requested', { family });
    this.#rib?.refresh(family);
    this.#pump();
  }

  #pump(): void {
    const rib = this.#rib;
    while (rib !== undefined && (this.#driver.pendingBytes ?? Infinity) < WRITE_AHEAD_BYTES) {
      const next = rib.next();
      if (next === undefined) return;
      this.#driver.send(next.message, () => this.#onLeft(rib, next.number));
    }
  }

  #onLeft(rib: AdjRibOut, number: number): void {
    rib.left(number);
    if (rib === this.#rib) this.#pump();
    this.#surroundings.changed();
  }
}
