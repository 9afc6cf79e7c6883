// BIRD 2: its configuration and its answers.
import type { Heard, NeighborOptions, RouterKind, RouterOptions } from './router.ts';

function configure({ as, routerId, neighbors, holdTimeSeconds = 9 }: RouterOptions): string {
  return `
router id ${routerId};
log stderr all;
protocol device { scan time 1; }
protocol kernel { ipv4 { export all; import none; }; }
protocol kernel { ipv6 { export all; import none; }; }
${bfdBlock(neighbors)}
template bgp peer {
  local as ${as};
  direct;
  hold time ${holdTimeSeconds};
  error wait time 1, 5;
  connect retry time 1;
  ipv4 { import all; export none; gateway direct; };
  ipv6 { import all; export none; gateway direct; };
}
${neighbors.map(neighborBlock).join('\n')}
`;
}

/** BIRD's sessions of one interface share their timing: that of the first neighbour with BFD. */
function bfdBlock(neighbors: readonly NeighborOptions[]): string {
  const { bfd } = neighbors.find(each => each.bfd !== undefined) ?? {};
  if (bfd === undefined) return '';
  const { intervalMs, multiplier } = bfd;
  return `protocol bfd { interface "*" { interval ${intervalMs} ms; multiplier ${multiplier}; }; }`;
}

function neighborBlock(neighbor: NeighborOptions, index: number): string {
  const { address, as, port = 179, passive = true, password, ttlSecurity = false, bfd } = neighbor;
  const options = [
    `neighbor ${address} port ${port} as ${as};`,
    `passive ${passive ? 'on' : 'off'};`,
    ...(password === undefined ? [] : [`password "${password}";`]),
    ...(ttlSecurity ? ['ttl security on;'] : []),
    ...(bfd === undefined ? [] : ['bfd on;']),
  ];
  return `protocol bgp n${index} from peer { ${options.join(' ')} }`;
}

/** One `BGP.name: value` line of `show route all`. */
function attribute(path: string, name: string): string | undefined {
  return new RegExp(`BGP\\.${name}: (.*)`).exec(path)?.[1]?.trim();
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** `(1,2) (3,4)` to `["1:2", "3:4"]`. */
function tuples(text: string | undefined): readonly string[] {
  const found = (text ?? '').matchAll(/\(([^)]*)\)/g);
  return [...found]
    .map(match =>
      match[1]!
        .split(',')
        .map(part => part.trim())
        .join(':'),
    )
    .sort();
}

function parsePath(path: string): Heard {
  const origin = attribute(path, 'origin')?.toLowerCase() ?? 'incomplete';
  return {
    origin: origin === 'igp' || origin === 'egp' ? origin : 'incomplete',
    asPath: (attribute(path, 'as_path') ?? '').split(' ').filter(Boolean).map(Number),
    nextHop: (attribute(path, 'next_hop') ?? '').split(' ')[0]!,
    med: numberOf(attribute(path, 'med')),
    localPref: numberOf(attribute(path, 'local_pref')),
    communities: tuples(attribute(path, 'community')),
    largeCommunities: tuples(attribute(path, 'large_community')),
  };
}

/** BIRD as Debian 12 ships it (2.0.12). */
export const bird: RouterKind = {
  name: 'BIRD',
  image: 'vipkeeper/bird',
  capabilities: ['NET_ADMIN', 'NET_RAW'],
  configFile: '/etc/bird/bird.conf',
  configure,
  showCommand: prefix => ['birdc', 'show', 'route', prefix, 'all'],
  parseHeard: text =>
    text
      .split(/^(?=.*\bunicast \[)/m)
      .filter(part => part.includes('BGP.origin'))
      .map(parsePath),
  neighborCommand: (_neighbor, index) => ['birdc', 'show', 'protocols', 'all', `n${index}`],
  isEstablished: text => /\bEstablished\b/.test(text),
  localPrefOnEbgp: 100,
  localPrefOfShutdown: 100,
};
