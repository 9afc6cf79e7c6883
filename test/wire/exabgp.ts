// ExaBGP's reading of single UPDATEs: `exabgp --decode` with a configuration that says who the two speakers are.

import { runDecoder } from './decoders.ts';
import { type Meaning, meaningOf } from './meaning.ts';

/** The session that the bytes belong to, seen from the receiver. */
export interface Receiver {
  readonly localAs: number;
  readonly peerAs: number;
  readonly asOctets: 2 | 4;
}

interface ExaUpdate {
  readonly attribute?: {
    readonly origin?: string;
    readonly 'as-path'?: readonly number[];
    readonly med?: number;
    readonly 'local-preference'?: number;
    readonly community?: readonly (readonly [number, number])[];
    readonly 'large-community'?: readonly (readonly [number, number, number])[];
  };
  readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly { readonly nlri: string }[]>>>>;
  readonly withdraw?: Readonly<Record<string, readonly { readonly nlri: string }[]>>;
}

function configuration({ localAs, peerAs, asOctets }: Receiver): string {
  return `neighbor 127.0.0.1 {
  router-id 192.0.2.254;
  local-address 127.0.0.1;
  local-as ${localAs};
  peer-as ${peerAs};
  family { ipv4 unicast; ipv6 unicast; }
  capability { asn4 ${asOctets === 4 ? 'enable' : 'disable'}; }
}
`;
}

/** The configuration must be a file; it comes in by stdin. */
const SCRIPT = 'c=$(mktemp) && cat > "$c" && env exabgp.api.cli=false "$0" "$@" "$c"; s=$?; rm -f "$c"; exit $s';

/** Decodes one whole UPDATE message. */
export async function decodeUpdate(message: Uint8Array, receiver: Receiver): Promise<Meaning> {
  const argv = ['exabgp', '--decode', Buffer.from(message).toString('hex')];
  const out = await runDecoder(SCRIPT, argv, configuration(receiver));
  const line = out.split('\n').find(text => text.includes('update json '));
  if (line === undefined) throw new Error(`exabgp did not decode it: ${out.slice(-1500)}`);
  const json = JSON.parse(line.slice(line.indexOf('{'))) as {
    neighbor: { message: { update?: ExaUpdate; eor?: unknown } };
  };
  return meaningOf(partsOf(json.neighbor.message.update ?? {}));
}

function partsOf({ attribute = {}, announce = {}, withdraw = {} }: ExaUpdate): Parameters<typeof meaningOf>[0] {
  return {
    announce: Object.values(announce).flatMap(byNextHop =>
      Object.entries(byNextHop).flatMap(([nextHop, routes]) => routes.map(({ nlri }) => `${nlri} via ${nextHop}`)),
    ),
    withdraw: Object.values(withdraw).flatMap(routes => routes.map(({ nlri }) => nlri)),
    origin: attribute.origin,
    asPath: attribute.origin === undefined ? undefined : (attribute['as-path'] ?? []),
    med: attribute.med,
    localPref: attribute['local-preference'],
    communities: attribute.community?.map(parts => parts.join(':')),
    largeCommunities: attribute['large-community']?.map(parts => parts.join(':')),
  };
}
