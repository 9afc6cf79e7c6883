// What a speaker is told and what it tells back: plain values, no sockets. The set is always whole; absence withdraws.

/** RFC 4271 §8.2.2, spelled as there. */
export type SessionStateName = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established';

/** Address families we can announce (AFI/SAFI 1/1 and 2/1). */
export type Family = 'ipv4' | 'ipv6';

/** Path attributes of one route towards one peer. Everything absent is left out of the UPDATE. */
export interface PathAttributes {
  /** RFC 4271 §5.1.1; default `igp`. */
  readonly origin?: 'igp' | 'egp' | 'incomplete';
  /** How many times our own AS is put before itself (eBGP only; an iBGP route is always sent with an empty AS_PATH). Default 0. */
  readonly prepend?: number;
  /** MULTI_EXIT_DISC, RFC 4271 §5.1.4. */
  readonly med?: number;
  /** LOCAL_PREF, RFC 4271 §5.1.5; sent to iBGP peers only, where it defaults to 100. */
  readonly localPref?: number;
  /** RFC 1997, as `"asn:value"`, or a well-known name such as `graceful-shutdown` (RFC 8326) or `no-export`. */
  readonly communities?: readonly string[];
  /** RFC 8092, as `"global:local1:local2"`. */
  readonly largeCommunities?: readonly string[];
  /** `self` (default) is the session's local address. */
  readonly nextHop?: 'self' | string;
}

/** What a mapper may know of a peer when it spells attributes. */
export interface PeerIdentity {
  readonly key: string;
  readonly address: string;
  readonly as: number;
  readonly kind: 'ebgp' | 'ibgp';
}

/**
 * One route we want out. `attributes` may differ per peer; returning `null` keeps the route from that peer.
 * The function must be pure: it is called again whenever a session comes up or the set changes.
 */
export interface Advertisement {
  /** Canonical (RFC 5952) prefix with length: `192.0.2.1/32`, `2001:db8::1/128`. */
  readonly prefix: string;
  readonly attributes: PathAttributes | ((peer: PeerIdentity) => PathAttributes | null);
}

/** How fast a BFD session is. Peers with one address share one session, the first one's. */
export interface BfdPeerOptions {
  /** Milliseconds between packets, both ways: 10..60000. Default 300. */
  readonly intervalMs?: number;
  /** Intervals of silence until the other end takes us for dead: 1..255. Default 3. */
  readonly multiplier?: number;
  /** So long may this process's main thread hang before the session is taken Down. Default the hold time. */
  readonly stallLimitMs?: number;
}

/** One configured neighbour. */
export interface PeerOptions {
  /** Remote address, canonical (RFC 5952), no zone. The peer's key is this, with `:port` where that is not 179. */
  readonly address: string;
  /** Remote AS, 1..4294967295. */
  readonly as: number;
  /** Default 179. */
  readonly port?: number;
  /** Source address of our connections; next hop self when given. */
  readonly localAddress?: string;
  /** IPv6 next hop for ipv6 routes over an IPv4 session (and the other way round); default: the session's local address when of that family, else localAddress6/4 below. */
  readonly localAddress4?: string;
  readonly localAddress6?: string;
  /** Wait for the peer to connect instead of connecting. Default false. */
  readonly passive?: boolean;
  /**
   * Largest distance in hops; 1 = directly connected. Default 1. Enforced by `ttlSecurity`, and as the outgoing TTL of an
   * eBGP peer that has a password or a device; otherwise the kernel's default TTL is used.
   */
  readonly multihop?: number;
  /** TCP-MD5 key (RFC 2385), 1 to 80 bytes. Needs Linux and koffi, as do the next two. */
  readonly password?: string;
  /** GTSM (RFC 5082): TTL 255 out, and nothing accepted that has come more than `multihop` hops. Default false. */
  readonly ttlSecurity?: boolean;
  /** Network device that the session is bound to (SO_BINDTODEVICE). */
  readonly device?: string;
  /** Proposed hold time in seconds: 0, or 3..65535. Default 9. */
  readonly holdTimeSeconds?: number;
  /** Default 5. */
  readonly connectRetrySeconds?: number;
  /** How long bytes may wait because the peer does not read (RFC 9687). Default twice the hold time, at least 30. */
  readonly sendHoldTimeSeconds?: number;
  /** Default both. */
  readonly families?: readonly Family[];
  /**
   * Keep a BFD session with this address (RFC 5881, single hop, asynchronous mode) from a thread of its own; when it goes
   * Down after having been Up, the BGP session ends at once. Default none.
   */
  readonly bfd?: BfdPeerOptions;
}

/** Whole-speaker options. */
export interface SpeakerOptions {
  readonly localAs: number;
  /** BGP identifier, an IPv4 address other than 0.0.0.0 (RFC 6286). */
  readonly routerId: string;
  /** Only when some peer is passive towards us. */
  readonly listen?: { readonly address: string; readonly port: number };
  readonly peers: readonly PeerOptions[];
  /** Diagnostics for a log: constant message and fields; `peer` is always among them when one is meant. */
  readonly log?: (level: 'debug' | 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** The monotonic clock, milliseconds. Default `performance.now()`. */
  readonly clock?: () => number;
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** How one peer stands. */
export interface PeerStatus extends PeerIdentity {
  readonly state: SessionStateName;
  /** Monotonic ms since when the state holds. */
  readonly sinceMs: number;
  /** Negotiated with this peer and with a next hop of ours to announce; empty unless Established. */
  readonly families: readonly Family[];
  readonly localAddress: string | undefined;
  readonly remoteRouterId: string | undefined;
  readonly holdTimeSeconds: number | undefined;
  /** Why the session last went down, one sentence, with the NOTIFICATION's name where there was one. */
  readonly lastError: string | undefined;
  /** Why a configured family is not announced on this session, one sentence each; empty when all is well. */
  readonly notes?: readonly string[];
  readonly counters: {
    readonly established: number;
    readonly updatesSent: number;
    readonly messagesReceived: number;
    readonly notificationsSent: number;
    readonly notificationsReceived: number;
    readonly malformedReceived: number;
  };
  /** Absent without `bfd`. */
  readonly bfd?: {
    readonly state: 'AdminDown' | 'Down' | 'Init' | 'Up';
    /** Why it last went Down, in the words of RFC 5880 §4.1. */
    readonly diagnostic: string;
    /** Silence of the peer that takes the session Down; absent as long as nothing was heard. */
    readonly detectionTimeMs?: number;
    /** How often it went from Up to anything else. */
    readonly downs: number;
  };
  /** Prefixes whose current announcement has left on this session (bytes handed to the kernel, socket still up). */
  readonly routesOut: number;
}

/** The running speaker. Level-triggered: say the whole set again as often as you like. */
export interface Speaker {
  /** Resolves when listening (if asked to); connecting goes on in the background. Rejects when an address cannot be bound. */
  start(): Promise<void>;
  /** The whole desired set. Announces are flushed before withdraws, equal attributes share an UPDATE. Never throws on a peer's account. */
  set(advertisements: readonly Advertisement[]): void;
  /** Replace the peers (reload): unchanged peers keep their sessions, removed ones get Cease/Peer De-configured. */
  setPeers(peers: readonly PeerOptions[]): Promise<void>;
  status(): readonly PeerStatus[];
  /** Keys of the peers to which the CURRENT announcement of this prefix has left, on a session that is Established. */
  outOn(prefix: string): readonly string[];
  /** Called (synchronously, maybe often) whenever `status()` or `outOn()` may answer differently. */
  onChange(listener: () => void): () => void;
  /**
   * Withdraw everything, wait until the bytes are acknowledged or the limit passes, then Cease with the subcode and the
   * RFC 9003 text, and release every socket. Idempotent.
   */
  close(options: {
    readonly subcode: 'administrative-shutdown' | 'administrative-reset' | 'peer-de-configured';
    readonly message?: string;
    readonly limitMs: number;
  }): Promise<void>;
}
