import { afterEach, describe, expect, it } from 'vitest';
import type { Advertisement, PeerOptions, Speaker } from './advertisement.ts';
import { createListener, type Listener, type ListenerEvent, type ListenerOptions } from './listener.ts';
import { createSpeaker } from './speaker.ts';

const SHUTDOWN = { subcode: 'administrative-shutdown', limitMs: 1000 } as const;
const open: { speakers: Speaker[]; listeners: Listener[] } = { speakers: [], listeners: [] };

afterEach(async () => {
  await Promise.all(open.speakers.splice(0).map(speaker => speaker.close(SHUTDOWN)));
  await Promise.all(open.listeners.splice(0).map(listener => listener.close()));
});

async function router(over: Partial<ListenerOptions> = {}): Promise<{ listener: Listener; events: ListenerEvent[] }> {
  const listener = createListener({ address: '127.0.0.1', port: 0, localAs: 64501, routerId: '192.0.2.254', ...over });
  const events: ListenerEvent[] = [];
  listener.onEvent(event => events.push(event));
  await listener.start();
  open.listeners.push(listener);
  return { listener, events };
}

async function announce(
  port: number,
  routerId: string,
  advertisements: readonly Advertisement[],
  over: Partial<PeerOptions> & { localAs?: number } = {},
): Promise<Speaker> {
  const { localAs = 64500, ...rest } = over;
  const peer = { address: '127.0.0.1', as: 64501, port, localAddress6: '2001:db8::a', ...rest };
  const speaker = createSpeaker({ localAs, routerId, peers: [peer] });
  open.speakers.push(speaker);
  speaker.set(advertisements);
  await speaker.start();
  return speaker;
}

function heard(listener: Listener, wanted: (event: ListenerEvent) => boolean): Promise<ListenerEvent> {
  return new Promise(resolve => {
    const stop = listener.onEvent(event => {
      if (!wanted(event)) return;
      stop();
      resolve(event);
    });
  });
}

const VIP4 = '198.51.100.1/32';
const VIP6 = '2001:db8:1::1/128';

describe('a listener', () => {
  it('keeps every attribute of v4 and v6 routes that it hears over an IPv4 session', async () => {
    const { listener } = await router();
    const done = heard(listener, event => event.kind === 'end-of-rib' && event.family === 'ipv6');
    const attributes = {
      med: 100,
      prepend: 1,
      localPref: 300,
      communities: ['graceful-shutdown', '64500:7'],
      largeCommunities: ['4200000000:1:2'],
    };
    await announce(listener.port, '192.0.2.1', [
      { prefix: VIP4, attributes },
      { prefix: VIP6, attributes: { origin: 'incomplete' } },
    ]);
    await done;
    const known = { routerId: '192.0.2.1', receivedAtMs: expect.any(Number) };
    expect(listener.routes()).toEqual([
      {
        ...known,
        prefix: VIP4,
        attributes: {
          origin: 'igp',
          asPath: [64500, 64500],
          pathLength: 2,
          nextHop: '127.0.0.1',
          med: 100,
          localPref: undefined,
          communities: ['graceful-shutdown', '64500:7'],
          largeCommunities: ['4200000000:1:2'],
        },
      },
      {
        ...known,
        prefix: VIP6,
        attributes: {
          origin: 'incomplete',
          asPath: [64500],
          pathLength: 1,
          nextHop: '2001:db8::a',
          med: undefined,
          localPref: undefined,
          communities: [],
          largeCommunities: [],
        },
      },
    ]);
  });

  it('hears iBGP routes with an empty path, whatever prepend says, and with LOCAL_PREF', async () => {
    const { listener } = await router();
    const arrival = heard(listener, event => event.kind === 'announce');
    const attributes = { prepend: 3, med: 7, localPref: 200 };
    await announce(listener.port, '192.0.2.1', [{ prefix: VIP4, attributes }], { localAs: 64501 });
    await arrival;
    expect(listener.best(VIP4)?.attributes).toEqual({
      origin: 'igp',
      asPath: [],
      pathLength: 0,
      nextHop: '127.0.0.1',
      med: 7,
      localPref: 200,
      communities: [],
      largeCommunities: [],
    });
  });

  it('prefers the shorter path, then the lower MED, then the lower identifier, and forgets a peer that closes', async () => {
    const { listener } = await router();
    const count = (wanted: number): Promise<unknown> => heard(listener, () => listener.paths(VIP4).length === wanted);
    const all = count(4);
    const route = (attributes: { med?: number; prepend?: number }): Advertisement[] => [{ prefix: VIP4, attributes }];
    const speakers = [
      await announce(listener.port, '192.0.2.4', route({ med: 100 })),
      await announce(listener.port, '192.0.2.3', route({ med: 100 })),
      await announce(listener.port, '192.0.2.2', route({ med: 200 })),
      await announce(listener.port, '192.0.2.1', route({ med: 1, prepend: 1 })),
    ];
    await all;
    const order: (string | undefined)[] = [];
    for (const speaker of [speakers[1], speakers[0], speakers[2], speakers[3]]) {
      order.push(listener.best(VIP4)?.routerId);
      await speaker?.close(SHUTDOWN);
    }
    expect(order).toEqual(['192.0.2.3', '192.0.2.4', '192.0.2.2', '192.0.2.1']);
    expect(listener.best(VIP4)).toBeUndefined();
  });

  it('hears both families over an IPv6 session; IPv4 has the next hop given for it', async () => {
    const { listener } = await router({ address: '::1' });
    const both = heard(listener, () => listener.routes().length === 2);
    const routes = [VIP4, VIP6].map(prefix => ({ prefix, attributes: {} }));
    await announce(listener.port, '192.0.2.1', routes, { address: '::1', localAddress4: '10.0.0.1' });
    await both;
    const nextHops = listener.routes().map(({ prefix, attributes }) => `${prefix} via ${attributes.nextHop}`);
    expect(nextHops).toEqual([`${VIP4} via 10.0.0.1`, `${VIP6} via ::1`]);
  });

  it('tells in order what it hears, with the reason of the end', async () => {
    const { listener, events } = await router();
    const table = heard(listener, event => event.kind === 'end-of-rib' && event.family === 'ipv6');
    const speaker = await announce(listener.port, '192.0.2.1', [{ prefix: VIP4, attributes: {} }]);
    await table;
    const end = heard(listener, event => event.kind === 'peer-down');
    await speaker.close({ ...SHUTDOWN, message: 'drained' });
    await end;
    const told = events.map(event => {
      switch (event.kind) {
        case 'announce':
          return `announce ${event.route.prefix}`;
        case 'withdraw':
          return `withdraw ${event.prefix}`;
        case 'end-of-rib':
          return `end-of-rib ${event.family}`;
        case 'peer-down':
          return `peer-down ${event.reason}`;
        default:
          return event.kind;
      }
    });
    expect(told).toEqual([
      'peer-up',
      `announce ${VIP4}`,
      'end-of-rib ipv4',
      'end-of-rib ipv6',
      `withdraw ${VIP4}`,
      'peer-down the peer sent Cease/Administrative Shutdown ("drained")',
    ]);
    expect(events.map(event => event.atMs)).toEqual(events.map(event => event.atMs).sort((a, b) => a - b));
  });

  it('hears the whole table again when it asks for it, and the route is out all the while', async () => {
    const { listener } = await router();
    const first = heard(listener, event => event.kind === 'end-of-rib');
    const speaker = await announce(listener.port, '192.0.2.1', [{ prefix: VIP4, attributes: {} }]);
    await first;
    const again = heard(listener, event => event.kind === 'announce');
    listener.requestRefresh('ipv4');
    await again;
    expect(speaker.outOn(VIP4)).toEqual([`127.0.0.1:${listener.port}`]);
  });

  it('refuses an AS that is not on its list', async () => {
    const { listener, events } = await router({ peerAs: [64999] });
    const speaker = await announce(listener.port, '192.0.2.1', []);
    await new Promise<void>(resolve => {
      speaker.onChange(() => speaker.status()[0]?.lastError !== undefined && resolve());
    });
    expect(speaker.status()[0]?.lastError).toBe('the peer sent OPEN Message Error/Bad Peer AS');
    expect(events).toEqual([]);
  });

  it('keeps the first of two sessions with one identifier', async () => {
    const { listener } = await router();
    const up = heard(listener, event => event.kind === 'announce');
    await announce(listener.port, '192.0.2.1', [{ prefix: VIP4, attributes: { med: 1 } }]);
    await up;
    const twin = await announce(listener.port, '192.0.2.1', [{ prefix: VIP4, attributes: { med: 2 } }]);
    await new Promise<void>(resolve => {
      twin.onChange(() => twin.status()[0]?.lastError !== undefined && resolve());
    });
    expect(twin.status()[0]?.lastError).toBe('the peer sent Cease/Connection Collision Resolution');
    expect(listener.paths(VIP4).map(({ attributes }) => attributes.med)).toEqual([1]);
  });
});
