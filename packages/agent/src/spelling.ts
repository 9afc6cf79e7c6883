// How a role is spelled as path attributes, for one kind of peer.
//
// The decision says `standby, rank 2`; a router understands AS_PATH length, MED and LOCAL_PREF. Towards eBGP the length
// of the path ranks (it travels through the whole fabric) and MED ranks a second time, for load balancers that share a
// router. Towards iBGP only LOCAL_PREF ranks: a path that carries the receiver's own AS is a loop and is dropped in silence.
//
// A draining route must lose against any standby anywhere, so its length is derived: the longest standby, plus the hops
// that standby's path gains on its way to the router where both meet, plus one. The last resort lies as far beyond again.
import type { PathAttributes } from '@vipkeeper/bgp';
import type { Announcement, Role } from '@vipkeeper/core';

/** The part of a spelling that every role may have. */
export interface RoleCommunities {
  /** RFC 1997, `"asn:value"` or a well-known name. */
  readonly communities: readonly string[];
  /** RFC 8092, `"global:local1:local2"`. */
  readonly largeCommunities: readonly string[];
}

/** How a ranked role is spelled. A standby adds its rank to `prepend` and `med` and takes it from `localPref`. */
export interface RoleSpelling extends RoleCommunities {
  /** Times our own AS is put before itself, eBGP only. */
  readonly prepend: number;
  /** MULTI_EXIT_DISC, eBGP only. */
  readonly med: number;
  /** LOCAL_PREF, iBGP only. */
  readonly localPref: number;
}

/** How all roles are spelled. Lengths and preferences of `draining` and `lastResort` are derived from these. */
export interface RoleSettings {
  readonly authority: RoleSpelling;
  readonly standby: RoleSpelling;
  readonly draining: RoleCommunities;
  readonly lastResort: RoleCommunities;
  /** How many ranks are told apart; a higher rank is spelled as the last of them. At least 1. */
  readonly ranks: number;
  /** The longest way, in AS hops, between two routers that hear agents: 2 in a leaf-spine, 4 with one tier more. */
  readonly fabricHops: number;
}

/** The defaults: `preference: fast`. */
export const DEFAULT_ROLES: RoleSettings = {
  authority: { prepend: 0, med: 100, localPref: 200, communities: [], largeCommunities: [] },
  standby: { prepend: 1, med: 200, localPref: 100, communities: [], largeCommunities: [] },
  draining: { communities: ['graceful-shutdown'], largeCommunities: [] },
  lastResort: { communities: [], largeCommunities: [] },
  ranks: 8,
  fabricHops: 4,
};

/** What of a peer matters for the spelling. */
export interface SpelledFor {
  readonly kind: 'ebgp' | 'ibgp';
  /** `none`: no communities of any sort towards this peer. Default `keep`. */
  readonly communities?: 'keep' | 'none';
  /** `self` (default) is the session's local address. */
  readonly nextHop?: string;
}

const MOST_PREPENDS = 63;
const MOST_COMMUNITIES = 64;
const MOST_MED = 0xffffffff;
const DRAINING_LOCAL_PREF = 1;
const LAST_RESORT_LOCAL_PREF = 0;
const LAST_RESORT_MED_STEP = 100;

/** The path attributes of one announcement towards one peer. Pure. */
export function spell(
  announcement: Pick<Announcement, 'role' | 'rank'>,
  peer: SpelledFor,
  roles: RoleSettings = DEFAULT_ROLES,
): PathAttributes {
  const rank = Math.min(announcement.rank, roles.ranks - 1);
  const preference = peer.kind === 'ebgp' ? ebgp(announcement.role, rank, roles) : ibgp(announcement.role, rank, roles);
  return {
    origin: 'igp',
    ...preference,
    ...(peer.communities === 'none' ? {} : communitiesOf(announcement.role, roles)),
    nextHop: peer.nextHop ?? 'self',
  };
}

/** What is wrong with these roles, one sentence each; empty when every role loses to the one before it, everywhere. */
export function roleProblems(roles: RoleSettings): readonly string[] {
  const { authority, standby } = roles;
  const longest = prependOf('last-resort', 0, roles);
  const rules: readonly (readonly [boolean, string])[] = [
    [roles.ranks >= 1, `ranks is ${roles.ranks}, expected at least 1`],
    [roles.fabricHops >= 0, `fabricHops is ${roles.fabricHops}, expected at least 0`],
    [
      standby.prepend > authority.prepend,
      `standby.prepend is ${standby.prepend}, expected more than authority.prepend (${authority.prepend})`,
    ],
    [standby.med > authority.med, `standby.med is ${standby.med}, expected more than authority.med (${authority.med})`],
    [
      authority.localPref > standby.localPref,
      `authority.localPref is ${authority.localPref}, expected more than standby.localPref (${standby.localPref})`,
    ],
    [
      standby.localPref - (roles.ranks - 1) > DRAINING_LOCAL_PREF,
      `standby.localPref is ${standby.localPref}, expected at least ${DRAINING_LOCAL_PREF + roles.ranks}, above draining for every rank`,
    ],
    [
      longest <= MOST_PREPENDS,
      `the last resort's path would be prepended ${longest} times, expected at most ${MOST_PREPENDS}: lower standby.prepend`,
    ],
    [
      medOf('last-resort', 0, roles) <= MOST_MED,
      `the last resort's MED would be ${medOf('last-resort', 0, roles)}, expected at most ${MOST_MED}: lower standby.med`,
    ],
    ...communityRules(roles),
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => problem);
}

/** The speaker refuses longer lists: attributes and a prefix must fit one message. */
function communityRules(roles: RoleSettings): readonly (readonly [boolean, string])[] {
  return (['authority', 'standby', 'draining', 'lastResort'] as const).flatMap(role =>
    (['communities', 'largeCommunities'] as const).map(list => {
      const { length } = roles[role][list];
      return [
        length <= MOST_COMMUNITIES,
        `${role}.${list} has ${length}, expected at most ${MOST_COMMUNITIES}`,
      ] as const;
    }),
  );
}

function ebgp(role: Role, rank: number, roles: RoleSettings): PathAttributes {
  return { prepend: prependOf(role, rank, roles), med: medOf(role, rank, roles) };
}

function prependOf(role: Role, rank: number, roles: RoleSettings): number {
  const beyond = roles.fabricHops + 1;
  switch (role) {
    case 'authority':
      return roles.authority.prepend;
    case 'standby':
      return roles.standby.prepend + rank;
    case 'draining':
      return roles.standby.prepend + roles.ranks - 1 + beyond;
    case 'last-resort':
      return prependOf('draining', 0, roles) + beyond;
  }
}

function medOf(role: Role, rank: number, roles: RoleSettings): number {
  switch (role) {
    case 'authority':
      return roles.authority.med;
    case 'standby':
      return roles.standby.med + rank;
    case 'draining':
      return roles.standby.med + roles.ranks - 1 + LAST_RESORT_MED_STEP;
    case 'last-resort':
      return medOf('draining', 0, roles) + LAST_RESORT_MED_STEP;
  }
}

function ibgp(role: Role, rank: number, roles: RoleSettings): PathAttributes {
  switch (role) {
    case 'authority':
      return { localPref: roles.authority.localPref };
    case 'standby':
      return { localPref: Math.max(roles.standby.localPref - rank, DRAINING_LOCAL_PREF + 1) };
    case 'draining':
      return { localPref: DRAINING_LOCAL_PREF };
    case 'last-resort':
      return { localPref: LAST_RESORT_LOCAL_PREF };
  }
}

function communitiesOf(role: Role, roles: RoleSettings): PathAttributes {
  const { communities, largeCommunities } = roleCommunities(role, roles);
  return {
    ...(communities.length > 0 ? { communities } : {}),
    ...(largeCommunities.length > 0 ? { largeCommunities } : {}),
  };
}

function roleCommunities(role: Role, roles: RoleSettings): RoleCommunities {
  switch (role) {
    case 'authority':
      return roles.authority;
    case 'standby':
      return roles.standby;
    case 'draining':
      return roles.draining;
    case 'last-resort':
      return roles.lastResort;
  }
}
