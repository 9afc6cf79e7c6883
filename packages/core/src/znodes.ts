// Where things are in ZooKeeper. A fact is a NAME, so that one child watch per folder sees all of it; names are canonical
// (RFC 5952 for VIPs) so that two agents can never spell one fact in two ways. The tree is a public format: somebody
// else may put names there that we do not know. Parsers answer null to those, and nobody acts on them.
import { isCanonicalVip } from './address.ts';
import type { Place } from './view.ts';
import { PLACES } from './view.ts';
import type { AgentName, ServiceName, Vip } from './vocabulary.ts';

/** The root when the configuration names none. */
export const DEFAULT_ROOT = '/vipkeeper';

/** What agents and services may be called: no `@`, `:`, `/` or `*`, which have a meaning in names of znodes; 63 characters at most. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** True for a lawful agent, service, site or life. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The places of one service. Paths are absolute. */
export interface ServicePaths {
  readonly path: string;
  /** The folder or gate of that name. */
  readonly place: (place: Place) => string;
  readonly registry: (vip: Vip) => string;
  readonly claim: (vip: Vip, agent: AgentName) => string;
  readonly able: (agent: AgentName, life: string) => string;
  readonly agent: (agent: AgentName) => string;
  readonly maintenance: string;
  readonly drain: (drain: Drain) => string;
}

/** The whole tree. Paths are absolute. */
export interface Paths {
  readonly root: string;
  readonly vips: string;
  readonly vip: (vip: Vip) => string;
  readonly services: string;
  readonly service: (service: ServiceName) => ServicePaths;
}

/** Builds the paths under a root: absolute, without a trailing slash; `''` when the root is the chroot itself. */
export function paths(root: string): Paths {
  const base = root === '/' ? '' : root;
  return {
    root: base === '' ? '/' : base,
    vips: `${base}/vips`,
    vip: vip => `${base}/vips/${vip}`,
    services: `${base}/services`,
    service: service => servicePaths(`${base}/services/${service}`),
  };
}

function servicePaths(path: string): ServicePaths {
  return {
    path,
    place: place => `${path}/${place}`,
    registry: vip => `${path}/registry/${vip}`,
    claim: (vip, agent) => `${path}/out/${claimName(vip, agent)}`,
    able: (agent, life) => `${path}/able/${ableName(agent, life)}`,
    agent: agent => `${path}/agents/${agent}`,
    maintenance: `${path}/maintenance`,
    drain: drain => `${path}/drain/${drainName(drain)}`,
  };
}

/** Where a path of the tree belongs; `name` is null for the folder (or gate) itself. */
export interface PlaceOfPath {
  readonly service: ServiceName;
  readonly place: Place;
  readonly name: string | null;
}

/** Finds the service and place of a path, e.g. of a watch event; null for everything else (`vips/…`, the root, foreign). */
export function placeOf(tree: Paths, path: string): PlaceOfPath | null {
  const prefix = `${tree.services}/`;
  if (!path.startsWith(prefix)) return null;
  const [service = '', folder = '', name, ...rest] = path.slice(prefix.length).split('/');
  const place = PLACES.find(candidate => candidate === folder);
  if (place === undefined || service === '' || rest.length > 0) return null;
  return { service, place, name: name ?? null };
}

/** `out/<vip>@<agent>`. */
export function claimName(vip: Vip, agent: AgentName): string {
  return `${vip}@${agent}`;
}

/** The inverse of {@link claimName}; null for a name that is no claim. */
export function parseClaim(name: string): { readonly vip: Vip; readonly agent: AgentName } | null {
  const parts = splitAtSign(name);
  if (parts === null || !isCanonicalVip(parts[0]) || !isName(parts[1])) return null;
  return { vip: parts[0], agent: parts[1] };
}

/** `able/<agent>@<life>`. */
export function ableName(agent: AgentName, life: string): string {
  return `${agent}@${life}`;
}

/** The inverse of {@link ableName}; null for a foreign name. */
export function parseAbleName(name: string): { readonly agent: AgentName; readonly life: string } | null {
  const parts = splitAtSign(name);
  if (parts === null || !isName(parts[0]) || !isName(parts[1])) return null;
  return { agent: parts[0], life: parts[1] };
}

/** What an operator hands over: a whole agent, a VIP (by one agent or by all, `*`), or a site. */
export type Drain =
  | { readonly kind: 'agent'; readonly agent: AgentName }
  | { readonly kind: 'vip'; readonly vip: Vip; readonly who: AgentName | '*' }
  | { readonly kind: 'site'; readonly site: string };

/** The name under `drain/`: `<agent>`, `vip:<vip>@<agent|*>`, `site:<site>`. */
export function drainName(drain: Drain): string {
  switch (drain.kind) {
    case 'agent':
      return drain.agent;
    case 'vip':
      return `vip:${drain.vip}@${drain.who}`;
    case 'site':
      return `site:${drain.site}`;
  }
}

/** The inverse of {@link drainName}; null for a foreign name. */
export function parseDrainName(name: string): Drain | null {
  if (name.startsWith('site:')) {
    const site = name.slice('site:'.length);
    return isName(site) ? { kind: 'site', site } : null;
  }
  if (!name.startsWith('vip:')) return isName(name) ? { kind: 'agent', agent: name } : null;
  const parts = splitAtSign(name.slice('vip:'.length));
  if (parts === null || !isCanonicalVip(parts[0])) return null;
  return parts[1] === '*' || isName(parts[1]) ? { kind: 'vip', vip: parts[0], who: parts[1] } : null;
}

/** True when one of these names under `drain/` tells this agent to hand this VIP over. */
export function isDrained(drains: Iterable<string>, agent: AgentName, vip: Vip): boolean {
  for (const name of drains) {
    if (name === agent || name === `vip:${vip}@${agent}` || name === `vip:${vip}@*`) return true;
  }
  return false;
}

function splitAtSign(name: string): readonly [string, string] | null {
  const at = name.indexOf('@');
  return at <= 0 ? null : [name.slice(0, at), name.slice(at + 1)];
}
