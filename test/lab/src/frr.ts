// FRR: its configuration and its answers (JSON from vtysh).
import type { Heard, NeighborOptions, RouterKind, RouterOptions } from './router.ts';

function configure({ as, routerId, neighbors, holdTimeSeconds = 9 }: RouterOptions): string {
  return `
log stdout informational
router bgp ${as}
 bgp router-id ${routerId}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 timers bgp ${Math.floor(holdTimeSeconds / 3)} ${holdTimeSeconds}
${neighbors.map(neighborLines).join('\n')}
 address-family ipv4 unicast
${neighbors.map(({ address }) => `  neighbor ${address} activate`).join('\n')}
 exit-address-family
 address-family ipv6 unicast
${neighbors.map(({ address }) => `  neighbor ${address} activate`).join('\n')}
 exit-address-family
`;
}

function neighborLines(neighbor: NeighborOptions): string {
  const { address, as, port = 179, passive = true, password, ttlSecurity = false, bfd } = neighbor;
  const lines = [
    `remote-as ${as}`,
    `port ${port}`,
    'timers connect 1',
    ...(passive ? ['passive'] : []),
    ...(password === undefined ? [] : [`password ${password}`]),
    ...(ttlSecurity ? ['ttl-security hops 1'] : []),
    ...(bfd === undefined ? [] : [`bfd ${bfd.multiplier} ${bfd.intervalMs} ${bfd.intervalMs}`]),
  ];
  return lines.map(line => ` neighbor ${address} ${line}`).join('\n');
}

interface Path {
  readonly origin?: string;
  readonly aspath?: { readonly string?: string };
  readonly metric?: number;
  readonly locPrf?: number;
  readonly bestpath?: { readonly overall?: boolean };
  readonly community?: { readonly list?: readonly string[] };
  readonly largeCommunity?: { readonly list?: readonly string[] };
  readonly nexthops?: readonly { readonly ip?: string; readonly scope?: string }[];
}

/** FRR spells well-known communities by name in a list; the numbers are what was sent. */
const wellKnown: Readonly<Record<string, string>> = {
  gracefulShutdown: '65535:0',
  'graceful-shutdown': '65535:0',
  noExport: '65535:65281',
  'no-export': '65535:65281',
};

function asNumbers(text = ''): readonly number[] {
  return text === 'Local' ? [] : text.split(' ').filter(Boolean).map(Number);
}

function parsePath({ origin, aspath, metric, locPrf, community, largeCommunity, nexthops = [] }: Path): Heard {
  const spelled = origin?.toLowerCase();
  return {
    origin: spelled === 'igp' || spelled === 'egp' ? spelled : 'incomplete',
    asPath: asNumbers(aspath?.string),
    nextHop: (nexthops.find(hop => hop.scope !== 'link-local') ?? nexthops[0])?.ip ?? '',
    med: metric,
    localPref: locPrf,
    communities: (community?.list ?? []).map(each => wellKnown[each] ?? each).sort(),
    largeCommunities: [...(largeCommunity?.list ?? [])].sort(),
  };
}

function parseHeard(text: string): readonly Heard[] {
  if (!text.includes('{')) return [];
  const { paths = [] } = JSON.parse(text) as { readonly paths?: readonly Path[] };
  const isBest = ({ bestpath }: Path): number => (bestpath?.overall === true ? 0 : 1);
  return [...paths].sort((a, b) => isBest(a) - isBest(b)).map(parsePath);
}

/** FRR as Debian 12 ships it (8.4.4). Writing routes needs SYS_ADMIN as well. */
export const frr: RouterKind = {
  name: 'FRR',
  image: 'vipkeeper/frr',
  capabilities: ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN'],
  configFile: '/etc/frr/frr.conf',
  configure,
  showCommand: prefix => ['vtysh', '-c', `show bgp ${prefix.includes(':') ? 'ipv6' : 'ipv4'} unicast ${prefix} json`],
  parseHeard,
  neighborCommand: ({ address }) => ['vtysh', '-c', `show bgp neighbors ${address} json`],
  isEstablished: text => /"bgpState":\s*"Established"/.test(text),
  localPrefOnEbgp: undefined,
  localPrefOfShutdown: 0,
};
