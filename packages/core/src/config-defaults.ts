// Every default of the configuration file, in one table, in the file's own words and units. The schema fills them in, the
// generated JSON Schema shows them, and nothing else knows a default.

/** What a key is when the file leaves it out. Times in seconds, as in the file. */
export const DEFAULTS = {
  zookeeper: { port: 2181, root: '/vipkeeper', sessionTimeoutSeconds: 4 },
  coldStart: { waitSeconds: 60, then: 'last-resort' },
  stateFile: '/var/lib/vipkeeper/state.json',
  adoptAfterSeconds: 600,
  shutdownSeconds: 45,
  bgp: {
    port: 179,
    minSessions: 1,
    preference: 'fast',
    roles: {
      authority: { prepend: 0, med: 100, localPref: 200 },
      standby: { med: 200, localPref: 100 },
      /** Prepended by a standby, by preference. */
      standbyPrepend: { fast: 1, strict: 3 },
      drainingCommunities: ['graceful-shutdown'],
    },
    peer: {
      passive: false,
      ttlSecurity: false,
      multihop: 1,
      holdTimeSeconds: 9,
      connectRetrySeconds: 5,
      families: ['ipv4', 'ipv6'],
      nextHop: 'self',
      communities: 'keep',
      /** Of a peer that has `bfd` at all. */
      bfd: { intervalMs: 300, multiplier: 3 },
    },
  },
  service: {
    mode: 'authority',
    takeOver: 'hot',
    standbyDepth: 1,
    announcers: 1,
    priority: 100,
    failback: 'immediate',
    settleSeconds: 3,
    releaseDelaySeconds: 30,
    coverTimeoutSeconds: 5,
    onUnhealthy: 'withdraw',
    require: 'all',
  },
  check: { intervalSeconds: 2, fastIntervalSeconds: 0.5, timeoutSeconds: 1, rise: 2, fall: 3 },
  addresses: { manage: true, device: 'lo', leaseSeconds: 30 },
  admin: { listen: '127.0.0.1:9478' },
  log: { level: 'info' },
} as const;

/** A kernel lease of an address is renewed this many times within its length. */
export const LEASE_RENEWALS = 3;
/** How many standby ranks are told apart on the wire; a higher rank is spelled as the last of them. */
export const STANDBY_RANKS = 8;
