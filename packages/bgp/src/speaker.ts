// The announce-only speaker: a set of peers that are all told the same desired set, each in its own words. Nothing a
// peer does can make `set` fail; whatever a caller does wrong (a prefix that is none, a community that is none) throws
// at once and changes nothing.

import type { WantedRoutes } from './adj-rib-out.ts';
import type { Advertisement, PeerOptions, Speaker, SpeakerOptions } from './advertisement.ts';
import { SpeakerBfd } from './bfd/coupling.ts';
import { formatPrefix, parsePrefix } from './ip-address.ts';
import { type CheckedPeer, checkPeers, checkSpeaker } from './options.ts';
import { Peer, type PeerSurroundings, routesFor } from './peer.ts';
import { checkSocketOptions } from './secured-socket.ts';
import { type ListenerNeeds, listenerNeeds } from './socket-options.ts';
import { type IncomingConnection, listenTcp, type TcpListener } from './tcp.ts';
import { within } from './waiting.ts';
import { cease } from './wire/notification.ts';

/** Cease subcodes of RFC 4486 §3 that a caller may choose. */
const SUBCODES = { 'administrative-shutdown': 2, 'peer-de-configured': 3, 'administrative-reset': 4 } as const;
const OTHER_CONFIGURATION_CHANGE = 6;
/** How long a peer that was removed or changed may take to close. */
const RELEASE_LIMIT_MS = 2000;

/** All prefixes of a set; those in `known` were looked at before. */
function checkPrefixes(advertisements: readonly Advertisement[], known: ReadonlySet<string>): Set<string> {
  const prefixes = new Set<string>();
  for (const { prefix } of advertisements) {
    if (prefixes.has(prefix)) throw new RangeError(`prefix is there twice: "${prefix}"`);
    prefixes.add(prefix);
    if (known.has(prefix)) continue;
    const parsed = parsePrefix(prefix);
    if (parsed === undefined || formatPrefix(parsed) !== prefix) {
      throw new RangeError(`not a canonical prefix: "${prefix}"`);
    }
  }
  return prefixes;
}

class EmbeddedSpeaker implements Speaker {
  readonly #options: SpeakerOptions;
  readonly #surroundings: PeerSurroundings;
  readonly #listeners = new Set<() => void>();
  readonly #bfd: SpeakerBfd;
  #peers: Peer[];
  #advertisements: readonly Advertisement[] = [];
  #prefixes: ReadonlySet<string> = new Set();
  #tcp: TcpListener | undefined;
  #needs: ListenerNeeds;
  #phase: 'new' | 'running' | 'closed' = 'new';
  #closing: Promise<void> | undefined;

  constructor(options: SpeakerOptions) {
    checkSpeaker(options);
    this.#options = options;
    this.#surroundings = {
      localAs: options.localAs,
      routerId: options.routerId,
      log: options.log ?? (() => {}),
      clock: options.clock ?? (() => performance.now()),
      random: options.random ?? Math.random,
      changed: () => {
        for (const listener of this.#listeners) listener();
      },
      bfd: peer => this.#bfd.statusOf(peer),
    };
    this.#bfd = new SpeakerBfd(this.#surroundings, () => this.#peers);
    const peers = checkPeers(options.peers);
    checkSocketOptions(peers, options.localAs);
    this.#needs = listenerNeeds(peers);
    this.#peers = peers.map(peer => new Peer(peer, this.#surroundings));
  }

  async start(): Promise<void> {
    if (this.#phase !== 'new') return;
    this.#phase = 'running';
    const { listen } = this.#options;
    if (listen !== undefined) await this.#listen(listen);
    await this.#startBfd();
    if (this.#phase === 'running') for (const peer of this.#peers) peer.start();
  }

  async #startBfd(): Promise<void> {
    try {
      await this.#bfd.follow();
    } catch (error) {
      this.#phase = 'new';
      this.#tcp?.close();
      await this.#bfd.close();
      throw error;
    }
  }

  async #listen(at: NonNullable<SpeakerOptions['listen']>): Promise<void> {
    try {
      const tcp = await listenTcp(at, connection => this.#onConnection(connection), this.#needs);
      if (this.#phase === 'closed') tcp.close();
      else this.#tcp = tcp;
    } catch (cause) {
      this.#phase = 'new';
      throw new Error(`Cannot listen for BGP on ${at.address} port ${at.port}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Several peers may share an address; the one that waits for a connection gets it. */
  #onConnection(connection: IncomingConnection): void {
    const candidates = this.#peers.filter(({ identity }) => identity.address === connection.remoteAddress);
    const free = candidates.filter(peer => !peer.isEstablished);
    const peer = free.find(({ options }) => options.passive) ?? free[0] ?? candidates[0];
    if (peer !== undefined && this.#phase === 'running') {
      peer.accept(connection);
      return;
    }
    this.#surroundings.log('warn', 'connection from an address that is no peer', { address: connection.remoteAddress });
    connection.refuse();
  }

  set(advertisements: readonly Advertisement[]): void {
    if (this.#phase === 'closed') return;
    const prefixes = checkPrefixes(advertisements, this.#prefixes);
    const wanted = this.#peers.map((peer): [Peer, WantedRoutes] => [peer, routesFor(peer.identity, advertisements)]);
    this.#advertisements = [...advertisements];
    this.#prefixes = prefixes;
    for (const [peer, routes] of wanted) peer.want(routes);
    this.#surroundings.changed();
  }

  async setPeers(options: readonly PeerOptions[]): Promise<void> {
    if (this.#phase === 'closed') return;
    const wanted = new Map(checkPeers(options).map(peer => [peer.key, peer]));
    checkSocketOptions([...wanted.values()], this.#options.localAs);
    this.#secureListener(listenerNeeds([...wanted.values()]));
    const kept = this.#peers.filter(peer => this.#keeps(peer, wanted.get(peer.identity.key)));
    const gone = this.#peers.filter(peer => !kept.includes(peer));
    const keptKeys = new Set(kept.map(({ identity }) => identity.key));
    const added = [...wanted.values()].filter(({ key }) => !keptKeys.has(key));
    for (const peer of gone) {
      const subcode = wanted.has(peer.identity.key) ? OTHER_CONFIGURATION_CHANGE : SUBCODES['peer-de-configured'];
      peer.stop(cease(subcode));
    }
    const fresh = added.map(peer => this.#newPeer(peer));
    this.#peers = [...wanted.keys()].map(key => [...kept, ...fresh].find(({ identity }) => identity.key === key)!);
    await this.#release(gone, RELEASE_LIMIT_MS);
    if (this.#phase === 'running') await this.#bfd.followOrWarn();
    if (this.#phase === 'running') for (const peer of fresh) if (this.#peers.includes(peer)) peer.start();
    this.#surroundings.changed();
  }

  /** The listener first: a peer that already has its new key may connect at any moment. */
  #secureListener(needs: ListenerNeeds): void {
    const before = new Map(this.#needs.keys.map(({ address, password }) => [address, password]));
    const wanted = new Set(needs.keys.map(({ address }) => address));
    const gone = [...before.keys()].filter(address => !wanted.has(address));
    const changed = needs.keys.filter(({ address, password }) => before.get(address) !== password);
    const keys = [...gone.map(address => ({ address, password: undefined })), ...changed];
    this.#tcp?.secure({ keys, fullTtl: needs.fullTtl });
    this.#needs = needs;
  }

  /** Another password alone is no reason to end a session. */
  #keeps(peer: Peer, wanted: CheckedPeer | undefined): boolean {
    if (sameOptions(peer.options, wanted)) return true;
    const password = wanted?.password;
    if (password === undefined || peer.options.password === undefined) return false;
    if (!sameOptions({ ...peer.options, password }, wanted)) return false;
    try {
      peer.changePassword(password);
      return true;
    } catch (error) {
      const reason = (error as Error).message;
      this.#surroundings.log('warn', 'password cannot be changed on a session, which starts anew', {
        peer: peer.identity.key,
        reason,
      });
      return false;
    }
  }

  #newPeer(options: CheckedPeer): Peer {
    const peer = new Peer(options, this.#surroundings);
    peer.want(routesFor(peer.identity, this.#advertisements));
    return peer;
  }

  async #release(peers: readonly Peer[], limitMs: number): Promise<void> {
    await within(limitMs, Promise.all(peers.map(peer => peer.released())));
    for (const peer of peers) peer.abandon();
  }

  status(): ReturnType<Speaker['status']> {
    return this.#peers.map(peer => peer.status());
  }

  outOn(prefix: string): readonly string[] {
    return this.#peers.filter(peer => peer.isOut(prefix)).map(({ identity }) => identity.key);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(options: Parameters<Speaker['close']>[0]): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close({ subcode, message, limitMs }: Parameters<Speaker['close']>[0]): Promise<void> {
    const deadline = this.#surroundings.clock() + limitMs;
    const left = (): number => deadline - this.#surroundings.clock();
    this.#phase = 'closed';
    this.#tcp?.close();
    for (const peer of this.#peers) peer.want(new Map());
    await within(left(), this.#settled());
    for (const peer of this.#peers) peer.stop(cease(SUBCODES[subcode], message));
    await this.#release(this.#peers, left());
    await this.#bfd.close();
    this.#listeners.clear();
  }

  #settled(): Promise<void> {
    return new Promise(resolve => {
      const check = (): void => {
        if (!this.#peers.every(peer => peer.settled)) return;
        this.#listeners.delete(check);
        resolve();
      };
      this.#listeners.add(check);
      check();
    });
  }
}

function sameOptions(one: CheckedPeer, other: CheckedPeer | undefined): boolean {
  if (other === undefined) return false;
  const text = (peer: CheckedPeer): string => JSON.stringify(Object.entries(peer).sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

/**
 * An announce-only BGP-4 speaker (RFC 4271). Nothing connects before `start()`; `set()` before that just remembers.
 * Throws a RangeError on options that cannot be used, and an Error that names what is missing when this machine cannot
 * give a peer its password, ttlSecurity or device.
 */
export function createSpeaker(options: SpeakerOptions): Speaker {
  return new EmbeddedSpeaker(options);
}
