// From what we want said of a route to what this peer must read: AS_PATH, next hop and LOCAL_PREF differ between eBGP
// and iBGP (RFC 4271 §5.1). Towards iBGP the path is always empty: routers silently drop a path with their own AS in it.

import type { Family, PathAttributes } from './advertisement.ts';
import { parseCommunity, parseLargeCommunity } from './community.ts';
import { parseIpAddress } from './ip-address.ts';
import type { Attributes } from './wire/path-attribute.ts';

const MAX_PREPEND = 64;
const MAX_COMMUNITIES = 64;
const DEFAULT_LOCAL_PREF = 100;
const U32 = 0xffffffff;

/** What the attributes of every route towards one peer depend on. */
export interface RouteContext {
  readonly localAs: number;
  readonly ibgp: boolean;
  /** Next hop `self` of each family; without one, routes of that family cannot be announced to this peer. */
  readonly nextHopSelf: Readonly<Record<Family, string | undefined>>;
}

function checkNumber(name: string, value: number | undefined, limit: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= limit)) return;
  throw new RangeError(`${name} must be a whole number from 0 to ${limit}: current value is ${value}`);
}

function checkTexts(name: string, texts: readonly string[] = [], parse: (text: string) => unknown): void {
  if (texts.length > MAX_COMMUNITIES) throw new RangeError(`at most ${MAX_COMMUNITIES} ${name}: ${texts.length} given`);
  for (const text of texts) {
    if (parse(text) === undefined) throw new RangeError(`not one of ${name}: "${text}"`);
  }
}

/** Throws a RangeError that names what cannot be sent. */
export function checkAttributes(attributes: PathAttributes): void {
  const { origin = 'igp', nextHop = 'self' } = attributes;
  if (!['igp', 'egp', 'incomplete'].includes(origin)) throw new RangeError(`unknown origin: "${origin}"`);
  checkNumber('prepend', attributes.prepend, MAX_PREPEND);
  checkNumber('med', attributes.med, U32);
  checkNumber('localPref', attributes.localPref, U32);
  checkTexts('communities', attributes.communities, parseCommunity);
  checkTexts('large communities', attributes.largeCommunities, parseLargeCommunity);
  if (nextHop !== 'self' && parseIpAddress(nextHop) === undefined) throw new RangeError(`bad next hop: "${nextHop}"`);
}

function nextHopFor(attributes: PathAttributes, family: Family, context: RouteContext): string | undefined {
  const { nextHop = 'self' } = attributes;
  if (nextHop === 'self') return context.nextHopSelf[family];
  return parseIpAddress(nextHop)?.family === family ? nextHop : undefined;
}

function communitiesOf(attributes: PathAttributes): Pick<Attributes, 'communities' | 'largeCommunities'> {
  const communities = (attributes.communities ?? []).map(text => parseCommunity(text) as number);
  const large = (attributes.largeCommunities ?? []).map(text => parseLargeCommunity(text)!);
  return {
    ...(communities.length > 0 && { communities }),
    ...(large.length > 0 && { largeCommunities: large }),
  };
}

/**
 * The attributes as they go out, with the next hop in `nextHop` for both families; `undefined` when there is no next
 * hop of the route's family. The attributes must have passed `checkAttributes`.
 */
export function spellAttributes(
  attributes: PathAttributes,
  family: Family,
  context: RouteContext,
): Attributes | undefined {
  const nextHop = nextHopFor(attributes, family, context);
  if (nextHop === undefined) return undefined;
  const ases = Array.from({ length: 1 + (attributes.prepend ?? 0) }, () => context.localAs);
  return {
    origin: attributes.origin ?? 'igp',
    asPath: context.ibgp ? [] : [{ kind: 'sequence', ases }],
    nextHop,
    ...(attributes.med !== undefined && { med: attributes.med }),
    ...(context.ibgp && { localPref: attributes.localPref ?? DEFAULT_LOCAL_PREF }),
    ...communitiesOf(attributes),
  };
}
