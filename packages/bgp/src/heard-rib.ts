// The routes that one peer has announced to a listener, with everything it said of them (Adj-RIB-In, RFC 4271 §3.2),
// and the order in which a simple router would prefer them. Routes of one UPDATE share their attributes.

import type { Family } from './advertisement.ts';
import { formatCommunity, formatLargeCommunity } from './community.ts';
import { identifierNumber } from './ip-address.ts';
import { pathLength } from './wire/as-path.ts';
import type { Attributes, Origin } from './wire/path-attribute.ts';
import { endOfRibFamily, treatAsWithdraw, type UpdateMessage } from './wire/update.ts';

/** What a peer said of a route. */
export interface HeardAttributes {
  readonly origin: Origin;
  /** All AS numbers in the order they stand, the nearest first. */
  readonly asPath: readonly number[];
  /** Hops as the decision process counts them: an AS_SET is one. */
  readonly pathLength: number;
  readonly nextHop: string;
  readonly med: number | undefined;
  readonly localPref: number | undefined;
  /** Well-known names where there are such, else `asn:value`. */
  readonly communities: readonly string[];
  /** `global:local1:local2`. */
  readonly largeCommunities: readonly string[];
}

/** One route as one peer announced it. */
export interface HeardRoute {
  readonly prefix: string;
  /** BGP identifier of the peer. */
  readonly routerId: string;
  /** When this announcement arrived, monotonic milliseconds. */
  readonly receivedAtMs: number;
  readonly attributes: HeardAttributes;
}

/** What one UPDATE changed. */
export type RibChange =
  | { readonly kind: 'announce'; readonly route: HeardRoute }
  | { readonly kind: 'withdraw'; readonly prefix: string }
  | { readonly kind: 'end-of-rib'; readonly family: Family };

const DEFAULT_LOCAL_PREF = 100;

function heardAttributes(attributes: Attributes, nextHop: string): HeardAttributes {
  const path = attributes.asPath ?? [];
  return {
    origin: attributes.origin ?? 'incomplete',
    asPath: path.flatMap(segment => segment.ases),
    pathLength: pathLength(path),
    nextHop,
    med: attributes.med,
    localPref: attributes.localPref,
    communities: (attributes.communities ?? []).map(formatCommunity),
    largeCommunities: (attributes.largeCommunities ?? []).map(formatLargeCommunity),
  };
}

/** One peer's routes. */
export class HeardRib {
  readonly #routerId: string;
  readonly #routes = new Map<string, HeardRoute>();

  constructor(routerId: string) {
    this.#routerId = routerId;
  }

  /** The route of this prefix, if the peer announces it. */
  get(prefix: string): HeardRoute | undefined {
    return this.#routes.get(prefix);
  }

  /** All routes, in the order they were first heard. */
  routes(): HeardRoute[] {
    return [...this.#routes.values()];
  }

  get size(): number {
    return this.#routes.size;
  }

  /** Applies an UPDATE and calls `note` for each change, announcements and withdrawals in the order RFC 4271 §3.1 means them. */
  apply(update: UpdateMessage, atMs: number, note: (change: RibChange) => void): void {
    const { attributes, nlri, withdrawn } = update;
    const { mpReach, mpUnreach } = attributes;
    const announced = [...nlri, ...(mpReach?.nlri ?? [])];
    const gone = treatAsWithdraw(update) ? announced : [];
    for (const prefix of [...withdrawn, ...(mpUnreach?.nlri ?? []), ...gone]) this.#withdraw(prefix, note);
    if (gone.length === 0) {
      this.#announce(nlri, attributes, attributes.nextHop ?? '', atMs, note);
      this.#announce(mpReach?.nlri ?? [], attributes, mpReach?.nextHop ?? '', atMs, note);
    }
    const family = endOfRibFamily(update);
    if (family !== undefined) note({ kind: 'end-of-rib', family });
  }

  #withdraw(prefix: string, note: (change: RibChange) => void): void {
    if (this.#routes.delete(prefix)) note({ kind: 'withdraw', prefix });
  }

  #announce(
    prefixes: readonly string[],
    attributes: Attributes,
    nextHop: string,
    receivedAtMs: number,
    note: (change: RibChange) => void,
  ): void {
    if (prefixes.length === 0) return;
    const heard = heardAttributes(attributes, nextHop);
    for (const prefix of prefixes) {
      const route = { prefix, routerId: this.#routerId, receivedAtMs, attributes: heard };
      this.#routes.set(prefix, route);
      note({ kind: 'announce', route });
    }
  }
}

function compareRoutes(one: HeardRoute, other: HeardRoute): number {
  const a = one.attributes;
  const b = other.attributes;
  return (
    (b.localPref ?? DEFAULT_LOCAL_PREF) - (a.localPref ?? DEFAULT_LOCAL_PREF) ||
    a.pathLength - b.pathLength ||
    (a.med ?? 0) - (b.med ?? 0) ||
    (identifierNumber(one.routerId) ?? 0) - (identifierNumber(other.routerId) ?? 0)
  );
}

/**
 * The route a simple router would use: highest LOCAL_PREF (100 where there is none), shortest AS path, lowest MED (0
 * where there is none; compared across neighbouring ASes as well), lowest BGP identifier.
 */
export function bestRoute(routes: readonly HeardRoute[]): HeardRoute | undefined {
  return routes.reduce<HeardRoute | undefined>((best, route) => {
    return best === undefined || compareRoutes(route, best) < 0 ? route : best;
  }, undefined);
}
