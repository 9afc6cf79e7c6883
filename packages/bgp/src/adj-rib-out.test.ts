import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdjRibOut, type WantedRoutes } from './adj-rib-out.ts';
import type { PathAttributes } from './advertisement.ts';
import { HeardRib } from './heard-rib.ts';
import type { Negotiated } from './session-open.ts';
import { encodeMessage, type Message } from './wire/message.ts';
import { endOfRibFamily } from './wire/update.ts';

const NEGOTIATED: Negotiated = {
  peerAs: 64501,
  peerIdentifier: '192.0.2.9',
  ibgp: false,
  holdTimeSeconds: 9,
  families: ['ipv4', 'ipv6'],
  fourOctetAs: true,
  routeRefresh: true,
  enhancedRouteRefresh: false,
  extendedMessage: false,
};
const CONTEXT = { localAs: 64500, ibgp: false, nextHopSelf: { ipv4: '10.0.0.1', ipv6: '2001:db8::1' } };

const ribOf = (over: Partial<Negotiated> = {}): AdjRibOut => {
  const negotiated = { ...NEGOTIATED, ...over };
  return new AdjRibOut(negotiated, { ...CONTEXT, ibgp: negotiated.ibgp });
};

const wanted = (...routes: [string, PathAttributes][]): WantedRoutes => new Map(routes);

/** All messages there are; each has left at once. */
function drain(rib: AdjRibOut): Message[] {
  const messages: Message[] = [];
  for (let next = rib.next(); next !== undefined; next = rib.next()) {
    messages.push(next.message);
    rib.left(next.number);
  }
  return messages;
}

function words(message: Message): string {
  if (message.type === 'routeRefresh') return `route refresh ${message.afi} ${message.subtype}`;
  if (message.type !== 'update') return message.type;
  const { withdrawn, nlri, attributes } = message;
  const family = endOfRibFamily(message);
  if (family !== undefined) return `end of ${family}`;
  const gone = [...withdrawn, ...(attributes.mpUnreach?.nlri ?? [])];
  const here = [...nlri, ...(attributes.mpReach?.nlri ?? [])];
  return [
    here.length > 0 ? `announce ${here.join(' ')}` : '',
    gone.length > 0 ? `withdraw ${gone.join(' ')}` : '',
  ].join('');
}

const said = (rib: AdjRibOut): string[] => drain(rib).map(words);
const host = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32`;
const A = '192.0.2.1/32';
const B = '192.0.2.2/32';
const C6 = '2001:db8:5::1/128';

describe('Adj-RIB-Out', () => {
  it('tells the first table and then its end, for each family', () => {
    const rib = ribOf();
    rib.set(wanted([A, {}], [C6, {}]));
    expect(said(rib)).toEqual([`announce ${A}`, `announce ${C6}`, 'end of ipv4', 'end of ipv6']);
    expect(said(rib)).toEqual([]);
  });

  it('marks the end of an empty table as well, only for families of the session', () => {
    const rib = ribOf({ families: ['ipv6'] });
    rib.set(wanted([A, {}]));
    expect(said(rib)).toEqual(['end of ipv6']);
  });

  it('announces before it withdraws', () => {
    const rib = ribOf();
    rib.set(wanted([A, {}]));
    drain(rib);
    rib.set(wanted([B, {}], [C6, {}]));
    expect(said(rib)).toEqual([`announce ${B}`, `announce ${C6}`, `withdraw ${A}`]);
  });

  it('says nothing when the same set comes again', () => {
    const rib = ribOf();
    rib.set(wanted([A, { med: 1 }]));
    drain(rib);
    rib.set(wanted([A, { med: 1 }]));
    expect(said(rib)).toEqual([]);
  });

  it('sends a route that changed while nobody wrote once, in its last form', () => {
    const rib = ribOf();
    for (const med of [1, 2, 3]) rib.set(wanted([A, { med }]));
    const [first] = drain(rib);
    expect(first?.type === 'update' && first.attributes.med).toBe(3);
  });

  it('says nothing of a route that came and went before it was sent', () => {
    const rib = ribOf();
    rib.set(wanted([A, {}]));
    rib.set(wanted());
    expect(said(rib)).toEqual(['end of ipv4', 'end of ipv6']);
  });

  it('does not withdraw what is wanted again in time', () => {
    const rib = ribOf();
    rib.set(wanted([A, {}]));
    drain(rib);
    rib.set(wanted());
    rib.set(wanted([A, {}]));
    expect([said(rib), rib.isOut(A)]).toEqual([[], true]);
  });

  it('calls a route out when the message with its current form has left, not before', () => {
    const rib = ribOf();
    rib.set(wanted([A, { med: 1 }]));
    const first = rib.next();
    expect([rib.isOut(A), rib.settled]).toEqual([false, false]);
    rib.left(first?.number ?? 0);
    expect([rib.isOut(A), rib.countOut()]).toEqual([true, 1]);
    drain(rib);
    expect(rib.settled).toBe(true);
    rib.set(wanted([A, { med: 2 }]));
    expect(rib.isOut(A)).toBe(false);
    const second = rib.next();
    expect(rib.isOut(A)).toBe(false);
    rib.left(second?.number ?? 0);
    expect(rib.isOut(A)).toBe(true);
    rib.set(wanted());
    expect(rib.isOut(A)).toBe(false);
  });

  it('sends a family again on request; its routes stay out', () => {
    const rib = ribOf();
    rib.set(wanted([A, {}], [B, { med: 1 }], [C6, {}]));
    drain(rib);
    rib.refresh('ipv4');
    const again = rib.next();
    expect([again && words(again.message), rib.isOut(A)]).toEqual([`announce ${A}`, true]);
    expect(said(rib)).toEqual([`announce ${B}`]);
  });

  it('brackets a refresh where the peer understands that (RFC 7313)', () => {
    const rib = ribOf({ enhancedRouteRefresh: true });
    rib.set(wanted([A, {}], [C6, {}]));
    drain(rib);
    rib.refresh('ipv6');
    expect(said(rib)).toEqual(['route refresh 2 1', `announce ${C6}`, 'route refresh 2 2']);
  });

  it('does not announce a family that has no next hop', () => {
    const rib = new AdjRibOut(NEGOTIATED, { ...CONTEXT, nextHopSelf: { ipv4: '10.0.0.1', ipv6: undefined } });
    rib.set(wanted([A, {}], [C6, {}]));
    expect([said(rib), rib.isOut(C6)]).toEqual([[`announce ${A}`, 'end of ipv4', 'end of ipv6'], false]);
  });

  it('prepends towards eBGP only, and sends LOCAL_PREF to iBGP only', () => {
    const attributes = { prepend: 2, localPref: 300, med: 5 };
    const sent = [ribOf(), ribOf({ ibgp: true })].map(rib => {
      rib.set(wanted([A, attributes]));
      const [first] = drain(rib);
      return first?.type === 'update' ? first.attributes : undefined;
    });
    expect(sent).toEqual([
      { origin: 'igp', asPath: [{ kind: 'sequence', ases: [64500, 64500, 64500] }], nextHop: '10.0.0.1', med: 5 },
      { origin: 'igp', asPath: [], nextHop: '10.0.0.1', med: 5, localPref: 300 },
    ]);
  });
});

describe('packing', () => {
  // Around the NLRI of a v4 route without options: 19 header, 2 + 2 lengths, 4 ORIGIN, 9 AS_PATH, 7 NEXT_HOP.
  const FRAME = 19 + 4 + 4 + 9 + 7;

  function announced(count: number, extendedMessage: boolean): { messages: number; longest: number } {
    const rib = ribOf({ extendedMessage, families: ['ipv4'] });
    rib.set(new Map(Array.from({ length: count }, (_, i) => [host(i), {}])));
    const messages = drain(rib).slice(0, -1);
    return {
      messages: messages.length,
      longest: Math.max(...messages.map(message => encodeMessage(message, NEGOTIATED).length)),
    };
  }

  it('puts as many routes of equal attributes into a message as fit', () => {
    const perMessage = Math.floor((4096 - FRAME - 1) / 5);
    expect(announced(perMessage, false).messages).toBe(1);
    expect(announced(perMessage + 1, false).messages).toBe(2);
    expect(announced(10_000, false)).toEqual({
      messages: Math.ceil(10_000 / perMessage),
      longest: FRAME + 5 * perMessage,
    });
  });

  it('fills 65535 bytes where both sides have extended messages', () => {
    expect(announced(100_000, true)).toEqual({ messages: 8, longest: FRAME + 5 * 13_098 });
  });

  it('keeps routes of different attributes apart', () => {
    const rib = ribOf();
    rib.set(wanted([A, { med: 1 }], [B, { med: 2 }], [host(1), { med: 1 }]));
    expect(said(rib).slice(0, 2)).toEqual([`announce ${A} ${host(1)}`, `announce ${B}`]);
  });

  it('never exceeds the limit by the second length byte of a long MP_REACH_NLRI', () => {
    const prefixes = Array.from({ length: 300 }, (_, i) => `2001:db8::${(i + 1).toString(16)}/128`);
    const longest = Array.from({ length: 17 }, (_, prepend) => {
      const rib = ribOf();
      rib.set(new Map(prefixes.map(prefix => [prefix, { prepend }])));
      return Math.max(...drain(rib).map(message => encodeMessage(message, NEGOTIATED).length));
    });
    expect(Math.max(...longest)).toBe(4096);
  });

  it('stays within the limit for any attributes, and for IPv6 and withdrawals', () => {
    const rib = ribOf();
    const prefixes = Array.from({ length: 1000 }, (_, i) => `2001:db8::${(i + 1).toString(16)}/128`);
    const communities = Array.from({ length: 64 }, (_, i) => `64500:${i}`);
    rib.set(
      new Map([
        ...prefixes.map(prefix => [prefix, { communities }] as const),
        ...Array.from({ length: 3000 }, (_, i) => [host(i), {}] as const),
      ]),
    );
    const announces = drain(rib);
    rib.set(wanted());
    const lengths = [...announces, ...drain(rib)].map(message => encodeMessage(message, NEGOTIATED).length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4096);
    expect(lengths.filter(length => length > 4000).length).toBeGreaterThan(8);
  });
});

it('whatever is set and in whatever order messages are made, the peer ends with what was set last', () => {
  const attributes = fc.record({ med: fc.integer({ min: 0, max: 2 }), prepend: fc.integer({ min: 0, max: 1 }) });
  const prefix = fc.constantFrom(A, B, C6, host(1), '2001:db8:5::2/128');
  const set = fc.array(fc.tuple(prefix, attributes), { maxLength: 5 });
  const action = fc.oneof(
    fc.record({ set }),
    fc.record({ write: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ refresh: fc.constantFrom('ipv4' as const, 'ipv6' as const) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 20 }), set, (actions, last) => {
      const rib = ribOf();
      const heard = new HeardRib('192.0.2.5');
      const write = (limit: number): void => {
        for (let i = 0; i < limit; i++) {
          const next = rib.next();
          if (next === undefined) return;
          if (next.message.type === 'update') heard.apply(next.message, 0, () => {});
          rib.left(next.number);
        }
      };
      for (const act of actions) {
        if ('set' in act) rib.set(new Map(act.set));
        else if ('write' in act) write(act.write);
        else rib.refresh(act.refresh);
      }
      rib.set(new Map(last));
      write(1000);
      const peerHas = heard.routes().map(route => [route.prefix, route.attributes.med, route.attributes.pathLength]);
      const wantedNow = [...new Map(last)].map(([at, { med, prepend }]) => [at, med, prepend + 1]);
      expect(peerHas.sort()).toEqual(wantedNow.sort());
      expect([rib.settled, rib.countOut()]).toEqual([true, wantedNow.length]);
    }),
    { numRuns: 300 },
  );
});
