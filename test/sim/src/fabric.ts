// The three places a service may stand in: a leaf-spine of racks (each ToR an AS of its own), everything behind one ToR,
// and an iBGP domain with two route reflectors and a border. `walk` is the data plane: follow best paths hop by hop to a
// load balancer. In the iBGP domain the IGP carries packets straight to the next hop.
import type { Vip } from '@vipkeeper/core';
import type { Random } from './random.ts';
import { createRouter, type Router, type RouterHabits } from './router.ts';
import type { Scheduler } from './scheduler.ts';

/** The AS of all load balancers. */
export const HOST_AS = 64147;

/** Where a service stands. */
export type Topology = 'leaf-spine' | 'one-tor' | 'ibgp';

/** Where a walk ends. */
export type WalkEnd =
  | { readonly kind: 'host'; readonly host: string; readonly lastRouter: string; readonly path: readonly string[] }
  | { readonly kind: 'no-route'; readonly path: readonly string[] }
  | { readonly kind: 'loop'; readonly path: readonly string[] };

/** All routers, and who is attached where. */
export interface Fabric {
  readonly topology: Topology;
  readonly routers: ReadonlyMap<string, Router>;
  /** Where traffic from above comes in. */
  readonly top: string;
  /** The routers a host has sessions with. */
  readonly attached: ReadonlyMap<string, readonly string[]>;
  walk(router: string, vip: Vip): WalkEnd;
}

interface Plan {
  readonly top: string;
  readonly routers: readonly (readonly [string, number])[];
  readonly links: readonly (readonly [string, string])[];
  readonly attach: (index: number) => readonly string[];
}

const PLANS: Record<Topology, Plan> = {
  'leaf-spine': {
    top: 'spine',
    routers: [
      ['spine', 65000],
      ['tor-1', 65001],
      ['tor-2', 65002],
      ['tor-3', 65003],
    ],
    links: [
      ['spine', 'tor-1'],
      ['spine', 'tor-2'],
      ['spine', 'tor-3'],
    ],
    attach: index => [`tor-${(index % 3) + 1}`],
  },
  'one-tor': {
    top: 'spine',
    routers: [
      ['spine', 65000],
      ['tor-1', 65001],
    ],
    links: [['spine', 'tor-1']],
    attach: () => ['tor-1'],
  },
  ibgp: {
    top: 'border',
    routers: [
      ['border', HOST_AS],
      ['rr-1', HOST_AS],
      ['rr-2', HOST_AS],
    ],
    links: [
      ['border', 'rr-1'],
      ['border', 'rr-2'],
    ],
    attach: () => ['rr-1', 'rr-2'],
  },
};

function wire(routers: ReadonlyMap<string, Router>, from: string, to: string): void {
  const a = routers.get(from)!;
  const b = routers.get(to)!;
  a.connect(to, (vip, path) => b.receive(from, vip, path));
}

function walkFrom(routers: ReadonlyMap<string, Router>, start: string, vip: Vip): WalkEnd {
  const path = [start];
  for (;;) {
    const at = path.at(-1)!;
    const best = routers.get(at)!.best(vip);
    if (best === null) return { kind: 'no-route', path };
    const next = best.path.nextHop;
    if (!routers.has(next)) return { kind: 'host', host: next, lastRouter: at, path };
    if (path.includes(next)) return { kind: 'loop', path: [...path, next] };
    path.push(next);
  }
}

/** Build the routers of a topology and attach the hosts. */
export function createFabric(
  topology: Topology,
  hosts: readonly string[],
  scheduler: Scheduler,
  random: Random,
  habits: RouterHabits,
  changed: (router: string, vip: Vip) => void,
): Fabric {
  const plan = PLANS[topology];
  const routers = new Map(
    plan.routers.map(([name, as]) => [name, createRouter(name, as, scheduler, random.fork(), habits, changed)]),
  );
  for (const [a, b] of plan.links) {
    // The end with the lower place in the list reflects for nobody: only reflectors have clients.
    routers.get(a)!.addNeighbour({ name: b, as: routers.get(b)!.as, host: false, client: false });
    routers.get(b)!.addNeighbour({ name: a, as: routers.get(a)!.as, host: false, client: true });
    wire(routers, a, b);
    wire(routers, b, a);
  }
  const attached = new Map(hosts.map((host, index) => [host, plan.attach(index)]));
  for (const [host, to] of attached) {
    for (const router of to) routers.get(router)!.addNeighbour({ name: host, as: HOST_AS, host: true, client: true });
  }
  return { topology, routers, top: plan.top, attached, walk: (router, vip) => walkFrom(routers, router, vip) };
}
