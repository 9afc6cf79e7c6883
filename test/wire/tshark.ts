// Wireshark's reading of a BGP stream, as a list of messages in order.

import { runDecoder } from './decoders.ts';
import { type Meaning, meaningOf } from './meaning.ts';
import { pcapOf } from './pcap.ts';

type Json = null | string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** One message as tshark saw it. */
export interface Dissected {
  readonly type: 'open' | 'update' | 'notification' | 'keepalive' | 'route-refresh';
  readonly length: number;
  readonly tree: Json;
}

/** What tshark read, and everything it complained about. */
export interface Dissection {
  readonly messages: readonly Dissected[];
  readonly complaints: readonly string[];
}

const TYPES = { 1: 'open', 2: 'update', 3: 'notification', 4: 'keepalive', 5: 'route-refresh' } as const;
const PATH = 'bgp.update.path_attribute';

/** Every value under this key, anywhere, in order; lists are flattened. */
export function all(tree: Json, key: string): Json[] {
  if (Array.isArray(tree)) return tree.flatMap(part => all(part, key));
  if (tree === null || typeof tree !== 'object') return [];
  return Object.entries(tree).flatMap(([name, value]: [string, Json]) => {
    const here = name === key ? (Array.isArray(value) ? [...value] : [value]) : [];
    return [...here, ...all(value, key)];
  });
}

const texts = (tree: Json, key: string): string[] => all(tree, key).map(String);
const numbers = (tree: Json, key: string): number[] => all(tree, key).map(Number);

/** Dissects a stream; `asOctets` is what the two OPENs agreed on, which tshark cannot always see. */
export async function dissect(stream: Uint8Array, asOctets: 2 | 4): Promise<Dissection> {
  const options = [
    '-o',
    `bgp.asn_len:${asOctets === 4 ? '4 octet' : '2 octet'}`,
    '-o',
    'tcp.desegment_tcp_streams:TRUE',
  ];
  const argv = ['tshark', '-r', '-', '-n', '-T', 'json', '--no-duplicate-keys', ...options];
  const packets = JSON.parse(await runDecoder('cat | "$0" "$@"', argv, pcapOf(stream))) as Json;
  const trees = all(packets, 'bgp').filter(tree => tree !== null && typeof tree === 'object');
  return {
    messages: trees.map(dissected),
    complaints: ['_ws.malformed', '_ws.expert.message', '_ws.unreassembled'].flatMap(key => texts(trees, key)),
  };
}

function dissected(tree: Json): Dissected {
  const [type] = numbers(tree, 'bgp.type');
  return { type: TYPES[type as keyof typeof TYPES], length: numbers(tree, 'bgp.length')[0] ?? 0, tree };
}

function prefixesUnder(tree: Json, key: string): string[] {
  return all(tree, key).flatMap(part => {
    const lengths = texts(part, 'bgp.prefix_length');
    const addresses = [...texts(part, 'bgp.nlri_prefix'), ...texts(part, 'bgp.withdrawn_prefix')];
    const v6 = [...texts(part, 'bgp.mp_reach_nlri_ipv6_prefix'), ...texts(part, 'bgp.mp_unreach_nlri_ipv6_prefix')];
    return [...addresses, ...v6].map((address, i) => `${address}/${lengths[i]}`);
  });
}

function announcementsOf(tree: Json): string[] {
  const [nextHop] = texts(tree, `${PATH}.next_hop`);
  const [nextHop6] = texts(tree, `${PATH}.mp_reach_nlri.next_hop.ipv6`);
  return [
    ...prefixesUnder(tree, 'bgp.update.nlri').map(prefix => `${prefix} via ${nextHop}`),
    ...prefixesUnder(tree, `${PATH}.mp_reach_nlri`).map(prefix => `${prefix} via ${nextHop6}`),
  ];
}

function communitiesOf(tree: Json): string[] {
  const wellKnown = numbers(tree, `${PATH}.community_wellknown`).map(value => `${value >>> 16}:${value & 0xffff}`);
  const values = texts(tree, `${PATH}.community_value`);
  return [...texts(tree, `${PATH}.community_as`).map((as, i) => `${as}:${values[i]}`), ...wellKnown];
}

function largeCommunitiesOf(tree: Json): string[] {
  const parts = ['ga', 'ldp1', 'ldp2'].map(part => texts(tree, `bgp.large_communities.${part}`));
  return (parts[0] ?? []).map((ga, i) => [ga, parts[1]?.[i], parts[2]?.[i]].join(':'));
}

/** The true path: AS4_PATH where there is one. */
function asPathOf(tree: Json): number[] | undefined {
  const attributes = all(tree, PATH);
  const of = (type: number): Json | undefined =>
    attributes.find(attribute => numbers(attribute, `${PATH}.type_code`)[0] === type);
  const path = of(17) ?? of(2);
  if (path === undefined) return undefined;
  return [...numbers(path, `${PATH}.as_path_segment.as4`), ...numbers(path, `${PATH}.as_path_segment.as2`)];
}

/** An UPDATE in decoder-independent words. */
export function updateMeaning({ tree }: Dissected): Meaning {
  const [origin] = numbers(tree, `${PATH}.origin`);
  return meaningOf({
    announce: announcementsOf(tree),
    withdraw: [
      ...prefixesUnder(tree, 'bgp.update.withdrawn_routes'),
      ...prefixesUnder(tree, `${PATH}.mp_unreach_nlri`),
    ],
    origin: origin === undefined ? undefined : ['igp', 'egp', 'incomplete'][origin],
    asPath: asPathOf(tree),
    med: numbers(tree, `${PATH}.multi_exit_disc`)[0],
    localPref: numbers(tree, `${PATH}.local_pref`)[0],
    communities: communitiesOf(tree),
    largeCommunities: largeCommunitiesOf(tree),
  });
}
