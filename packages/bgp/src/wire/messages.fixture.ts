// Arbitrary messages for property tests: anything we could send, in the canonical form in which decoding gives it back.

import * as fc from 'fast-check';
import type { Family } from '../advertisement.ts';
import { clearHostBits, formatIpAddress, formatPrefix } from '../ip-address.ts';
import type { AsPathSegment } from './as-path.ts';
import type { Capability } from './capability.ts';
import type { Message } from './message.ts';
import type { NotificationMessage } from './notification.ts';
import type { OpenMessage } from './open.ts';
import type { AttributeContext, Attributes, LargeCommunity } from './path-attribute.ts';
import type { RouteRefreshMessage } from './route-refresh.ts';
import type { UpdateMessage } from './update.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
export const u32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

export const address = (family: Family): fc.Arbitrary<string> => bytes(family === 'ipv4' ? 4 : 16).map(formatIpAddress);

export const prefix = (family: Family): fc.Arbitrary<string> => {
  const size = family === 'ipv4' ? 4 : 16;
  return fc.tuple(bytes(size), fc.integer({ min: 0, max: 8 * size })).map(([raw, length]) => {
    const cleared = raw.slice();
    clearHostBits(cleared, length);
    return formatPrefix({ bytes: cleared, length });
  });
};

const prefixes = (family: Family): fc.Arbitrary<string[]> => fc.array(prefix(family), { maxLength: 12 });
export const family: fc.Arbitrary<Family> = fc.constantFrom('ipv4', 'ipv6');
const as = fc.integer({ min: 1, max: 0xffffffff });

/** Sequences only: across AS4_PATH, neighbouring sequences join into one. */
export const asSequence: fc.Arbitrary<AsPathSegment[]> = fc
  .array(as, { maxLength: 10 })
  .map(ases => (ases.length === 0 ? [] : [{ kind: 'sequence', ases }]));

const segment: fc.Arbitrary<AsPathSegment> = fc.record({
  kind: fc.constantFrom('sequence', 'set', 'confedSequence', 'confedSet'),
  ases: fc.array(as, { minLength: 1, maxLength: 255 }),
});

export const asPath: fc.Arbitrary<AsPathSegment[]> = fc.array(segment, { maxLength: 4 });

const optional = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

const mpReach = family.chain(of => fc.record({ family: fc.constant(of), nextHop: address(of), nlri: prefixes(of) }));
const mpUnreach = family.chain(of => fc.record({ family: fc.constant(of), nlri: prefixes(of) }));
const large: fc.Arbitrary<LargeCommunity> = fc.tuple(u32, u32, u32);

/** Attributes with everything that must be there. */
export const attributes = (path: fc.Arbitrary<AsPathSegment[]>): fc.Arbitrary<Attributes> =>
  fc
    .tuple(
      fc.record({
        origin: fc.constantFrom('igp', 'egp', 'incomplete'),
        asPath: path,
        nextHop: address('ipv4'),
        localPref: u32,
      }),
      optional<
        Pick<Attributes, 'med' | 'atomicAggregate' | 'communities' | 'largeCommunities' | 'mpReach' | 'mpUnreach'>
      >({
        med: u32,
        atomicAggregate: fc.constant(true),
        communities: fc.array(u32, { minLength: 1, maxLength: 80 }),
        largeCommunities: fc.array(large, { minLength: 1, maxLength: 30 }),
        mpReach,
        mpUnreach,
      }),
    )
    .map(([must, may]) => ({ ...must, ...may }) as Attributes);

/** An UPDATE as an iBGP session carries it. */
export const update = (path: fc.Arbitrary<AsPathSegment[]> = asPath): fc.Arbitrary<UpdateMessage> =>
  fc.record({
    type: fc.constant('update' as const),
    withdrawn: prefixes('ipv4'),
    attributes: fc.oneof({ weight: 5, arbitrary: attributes(path) }, optional<Attributes>({ mpUnreach })),
    nlri: fc.constant([] as string[]),
    problems: fc.constant([]),
  });

/** An UPDATE with classic NLRI. */
export const announcement: fc.Arbitrary<UpdateMessage> = fc
  .tuple(update(), attributes(asPath), prefixes('ipv4'))
  .map(([message, all, nlri]) => ({ ...message, attributes: all, nlri }));

const capability: fc.Arbitrary<Capability> = fc.oneof(
  fc.record({ kind: fc.constant('multiprotocol' as const), afi: u16, safi: u8 }),
  fc.constantFrom<Capability>({ kind: 'routeRefresh' }, { kind: 'extendedMessage' }, { kind: 'enhancedRouteRefresh' }),
  fc.record({ kind: fc.constant('fourOctetAs' as const), as: u32 }),
  fc.record({
    kind: fc.constant('unknown' as const),
    code: fc.integer({ min: 128, max: 255 }),
    value: fc.uint8Array({ maxLength: 100 }),
  }),
);

export const open: fc.Arbitrary<OpenMessage> = fc.record({
  type: fc.constant('open' as const),
  myAs: u16,
  holdTime: u16,
  identifier: address('ipv4'),
  capabilities: fc.array(capability, { maxLength: 12 }),
});

export const notification: fc.Arbitrary<NotificationMessage> = fc.record({
  type: fc.constant('notification' as const),
  code: u8,
  subcode: u8,
  data: fc.uint8Array({ maxLength: 64 }),
});

export const routeRefresh: fc.Arbitrary<RouteRefreshMessage> = fc.record({
  type: fc.constant('routeRefresh' as const),
  afi: u16,
  safi: u8,
  subtype: u8,
});

export const message: fc.Arbitrary<Message> = fc.oneof(
  open,
  update(),
  announcement,
  notification,
  routeRefresh,
  fc.constant<Message>({ type: 'keepalive' }),
);

export const context: fc.Arbitrary<AttributeContext> = fc.record({
  fourOctetAs: fc.boolean(),
  ibgp: fc.boolean(),
});
