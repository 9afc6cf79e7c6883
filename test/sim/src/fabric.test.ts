import { expect, it } from 'vitest';
import { createFabric, type Fabric, HOST_AS, type Topology } from './fabric.ts';
import { createRandom } from './random.ts';
import type { RouterHabits } from './router.ts';
import type { Path } from './routes.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

const VIP = '192.0.2.1';
const HABITS: RouterHabits = {
  tieBreak: 'oldest',
  mraiMs: 0,
  mraiAlways: false,
  withdrawalsWait: false,
  linkDelayMs: { low: 1, high: 5 },
};

function build(topology: Topology, habits: Partial<RouterHabits> = {}): { scheduler: Scheduler; fabric: Fabric } {
  const scheduler = createScheduler();
  const all = { ...HABITS, ...habits };
  const fabric = createFabric(topology, ['lb-1', 'lb-2', 'lb-3'], scheduler, createRandom(1), all, () => {});
  return { scheduler, fabric };
}

function ebgp(host: string, prepend: number): Path {
  const asPath = Array.from({ length: prepend + 1 }, () => HOST_AS);
  return { host, asPath, med: 100 + prepend, localPref: 100, nextHop: host };
}

function ibgp(host: string, localPref: number, asPath: readonly number[] = []): Path {
  return { host, asPath, med: 0, localPref, nextHop: host };
}

function ends(fabric: Fabric): Record<string, string> {
  const entries = [...fabric.routers.keys()].map(name => {
    const end = fabric.walk(name, VIP);
    return [name, end.kind === 'host' ? end.host : end.kind];
  });
  return Object.fromEntries(entries);
}

function tell(fabric: Fabric, host: string, path: Path | null): void {
  for (const router of fabric.attached.get(host)!) fabric.routers.get(router)!.receive(host, VIP, path);
}

it('prefers the owner from above, and the standby in its own rack, when the standby is prepended once', () => {
  const { scheduler, fabric } = build('leaf-spine');
  tell(fabric, 'lb-1', ebgp('lb-1', 0));
  tell(fabric, 'lb-2', ebgp('lb-2', 1));
  scheduler.runUntil(100);
  expect(ends(fabric)).toEqual({ spine: 'lb-1', 'tor-1': 'lb-1', 'tor-2': 'lb-2', 'tor-3': 'lb-1' });
  fabric.routers.get('tor-1')!.forget('lb-1');
  scheduler.runUntil(200);
  expect(ends(fabric)).toEqual({ spine: 'lb-2', 'tor-1': 'lb-2', 'tor-2': 'lb-2', 'tor-3': 'lb-2' });
});

it('hides a standby that is prepended three times: above its rack nobody knows of it until the owner is gone', () => {
  const { scheduler, fabric } = build('leaf-spine', { mraiMs: 10_000, mraiAlways: true });
  tell(fabric, 'lb-1', ebgp('lb-1', 0));
  scheduler.runUntil(50_000);
  tell(fabric, 'lb-2', ebgp('lb-2', 3));
  scheduler.runUntil(100_000);
  expect(fabric.routers.get('spine')!.heard('tor-2', VIP)).toBeNull();
  fabric.routers.get('tor-1')!.forget('lb-1');
  scheduler.runUntil(100_020);
  expect(ends(fabric)).toMatchObject({ spine: 'no-route', 'tor-2': 'lb-2' });
  scheduler.runUntil(120_100);
  expect(ends(fabric)).toEqual({ spine: 'lb-2', 'tor-1': 'lb-2', 'tor-2': 'lb-2', 'tor-3': 'lb-2' });
});

it('ranks by MED behind one router', () => {
  const { scheduler, fabric } = build('one-tor');
  tell(fabric, 'lb-2', { ...ebgp('lb-2', 0), med: 200 });
  tell(fabric, 'lb-1', { ...ebgp('lb-1', 0), med: 100 });
  scheduler.runUntil(100);
  expect(ends(fabric)).toEqual({ spine: 'lb-1', 'tor-1': 'lb-1' });
});

it('reflects by LOCAL_PREF in the iBGP domain, and drops a path that holds its own AS', () => {
  const { scheduler, fabric } = build('ibgp');
  tell(fabric, 'lb-1', ibgp('lb-1', 200));
  tell(fabric, 'lb-2', ibgp('lb-2', 100));
  scheduler.runUntil(100);
  expect(ends(fabric)).toEqual({ border: 'lb-1', 'rr-1': 'lb-1', 'rr-2': 'lb-1' });
  tell(fabric, 'lb-1', null);
  tell(fabric, 'lb-2', ibgp('lb-2', 100, [HOST_AS]));
  scheduler.runUntil(200);
  expect(ends(fabric)).toEqual({ border: 'no-route', 'rr-1': 'no-route', 'rr-2': 'no-route' });
});

it('makes an announcement wait for MRAI, and a withdrawal only where the routers are like that', () => {
  const { scheduler, fabric } = build('leaf-spine', { mraiMs: 10_000 });
  tell(fabric, 'lb-1', ebgp('lb-1', 0));
  scheduler.runUntil(100);
  tell(fabric, 'lb-1', ebgp('lb-1', 5));
  scheduler.runUntil(9000);
  expect(fabric.routers.get('spine')!.heard('tor-1', VIP)!.asPath).toHaveLength(2);
  scheduler.runUntil(10_100);
  expect(fabric.routers.get('spine')!.heard('tor-1', VIP)!.asPath).toHaveLength(7);
  tell(fabric, 'lb-1', null);
  scheduler.runUntil(10_200);
  expect(ends(fabric)).toMatchObject({ spine: 'no-route' });
});
