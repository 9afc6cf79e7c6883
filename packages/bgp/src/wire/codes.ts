// Numbers that IANA and the RFCs assigned, and the names people know them by. One list, so that a log line, a
// NOTIFICATION and a test say the same word.

import type { Family } from '../advertisement.ts';

/** Message types, RFC 4271 §4.1 and RFC 2918 §3. */
export const MESSAGE_TYPE = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

/** Path attribute type codes that we encode or understand (IANA "BGP Path Attributes"). */
export const ATTRIBUTE = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  communities: 8,
  originatorId: 9,
  clusterList: 10,
  mpReach: 14,
  mpUnreach: 15,
  extendedCommunities: 16,
  as4Path: 17,
  as4Aggregator: 18,
  largeCommunities: 32,
} as const;

/** Capability codes, RFC 5492 and IANA "Capability Codes". */
export const CAPABILITY = {
  multiprotocol: 1,
  routeRefresh: 2,
  extendedMessage: 6,
  fourOctetAs: 65,
  enhancedRouteRefresh: 70,
} as const;

/** NOTIFICATION error codes, RFC 4271 §4.5, RFC 7313 §5, RFC 9687 §3.2. */
export const ERROR = {
  header: 1,
  open: 2,
  update: 3,
  holdTimerExpired: 4,
  finiteStateMachine: 5,
  cease: 6,
  routeRefresh: 7,
  sendHoldTimerExpired: 8,
} as const;

/** Stands for an AS number that does not fit two octets (RFC 6793 §2). */
export const AS_TRANS = 23456;

/** AFI of a family; the SAFI is always 1, unicast (RFC 4760). */
export const AFI: Readonly<Record<Family, number>> = { ipv4: 1, ipv6: 2 };

/** SAFI unicast. */
export const SAFI_UNICAST = 1;

/** The family we know for AFI and SAFI, if we do. */
export function familyFor(afi: number, safi: number): Family | undefined {
  if (safi !== SAFI_UNICAST) return undefined;
  return afi === AFI.ipv4 ? 'ipv4' : afi === AFI.ipv6 ? 'ipv6' : undefined;
}

const NAMES: Readonly<Record<number, { readonly name: string; readonly sub: Readonly<Record<number, string>> }>> = {
  1: {
    name: 'Message Header Error',
    sub: { 1: 'Connection Not Synchronized', 2: 'Bad Message Length', 3: 'Bad Message Type' },
  },
  2: {
    name: 'OPEN Message Error',
    sub: {
      1: 'Unsupported Version Number',
      2: 'Bad Peer AS',
      3: 'Bad BGP Identifier',
      4: 'Unsupported Optional Parameter',
      6: 'Unacceptable Hold Time',
      7: 'Unsupported Capability',
      11: 'Role Mismatch',
    },
  },
  3: {
    name: 'UPDATE Message Error',
    sub: {
      1: 'Malformed Attribute List',
      2: 'Unrecognized Well-known Attribute',
      3: 'Missing Well-known Attribute',
      4: 'Attribute Flags Error',
      5: 'Attribute Length Error',
      6: 'Invalid ORIGIN Attribute',
      8: 'Invalid NEXT_HOP Attribute',
      9: 'Optional Attribute Error',
      10: 'Invalid Network Field',
      11: 'Malformed AS_PATH',
    },
  },
  4: { name: 'Hold Timer Expired', sub: {} },
  5: {
    name: 'Finite State Machine Error',
    sub: {
      1: 'Unexpected Message in OpenSent',
      2: 'Unexpected Message in OpenConfirm',
      3: 'Unexpected Message in Established',
    },
  },
  6: {
    name: 'Cease',
    sub: {
      1: 'Maximum Number of Prefixes Reached',
      2: 'Administrative Shutdown',
      3: 'Peer De-configured',
      4: 'Administrative Reset',
      5: 'Connection Rejected',
      6: 'Other Configuration Change',
      7: 'Connection Collision Resolution',
      8: 'Out of Resources',
      9: 'Hard Reset',
      10: 'BFD Down',
    },
  },
  7: { name: 'ROUTE-REFRESH Message Error', sub: { 1: 'Invalid Message Length' } },
  8: { name: 'Send Hold Timer Expired', sub: {} },
};

/** What people call this NOTIFICATION, such as `OPEN Message Error/Bad Peer AS`; numbers where there is no name. */
export function errorName(code: number, subcode: number): string {
  const known = NAMES[code];
  if (known === undefined) return `error ${code}/${subcode}`;
  const sub = known.sub[subcode];
  if (sub === undefined) return subcode === 0 ? known.name : `${known.name}/${subcode}`;
  return `${known.name}/${sub}`;
}
