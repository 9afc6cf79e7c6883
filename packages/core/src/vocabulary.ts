// The words everything else is said in. A VIP is its canonical text (RFC 5952, no length), an agent and a service are
// their names; they are plain strings because they come from and go to znodes, files and log lines as such.

/** A virtual IP, canonical text without prefix length: `192.0.2.1`, `2001:db8::1`. Announced as a host route. */
export type Vip = string;
/** An agent's name, unique within a service. */
export type AgentName = string;
/** A service's name. */
export type ServiceName = string;
/** The address family of a VIP. */
export type Family = 'ipv4' | 'ipv6';

/** The family of a canonical VIP. */
export function familyOf(vip: Vip): Family {
  return vip.includes(':') ? 'ipv6' : 'ipv4';
}

/** The host route of a VIP: `192.0.2.1/32`, `2001:db8::1/128`. */
export function hostRoute(vip: Vip): string {
  return familyOf(vip) === 'ipv6' ? `${vip}/128` : `${vip}/32`;
}

/** Which path a route deserves; a per-peer mapper spells it as prepend, MED and LOCAL_PREF. */
export type Role = 'authority' | 'standby' | 'draining' | 'last-resort';

/** After rise/fall counting. `unknown` only before the first verdict. */
export type Health = 'passing' | 'failing' | 'unknown';

/** One route this agent wants out. */
export interface Announcement {
  readonly service: ServiceName;
  readonly vip: Vip;
  readonly role: Role;
  /** Place among the standbys when the announcement began, from 0; frozen while it is announced. 0 for other roles. */
  readonly rank: number;
}

/**
 * Why an agent does or does not announce a VIP. The same word stands in the log, the metric, `/status` and `vipctl explain`.
 */
export type Reason =
  // announcing
  | 'own'
  | 'cover'
  | 'hot-standby'
  | 'releasing'
  | 'draining'
  | 'waiting-for-cover'
  | 'holding'
  | 'last-resort'
  | 'cold-start'
  // not announcing
  | 'owner-out'
  | 'waiting'
  | 'maintenance'
  | 'drained'
  | 'unhealthy'
  | 'health-unknown'
  | 'no-address'
  | 'no-session'
  | 'prefix-limit'
  | 'not-allowed'
  | 'conflict'
  | 'name-in-use'
  | 'foreign-service'
  | 'forgotten'
  | 'starting';

/** Every reason, in the order of the type. */
export const REASONS: readonly Reason[] = [
  'own',
  'cover',
  'hot-standby',
  'releasing',
  'draining',
  'waiting-for-cover',
  'holding',
  'last-resort',
  'cold-start',
  'owner-out',
  'waiting',
  'maintenance',
  'drained',
  'unhealthy',
  'health-unknown',
  'no-address',
  'no-session',
  'prefix-limit',
  'not-allowed',
  'conflict',
  'name-in-use',
  'foreign-service',
  'forgotten',
  'starting',
];
