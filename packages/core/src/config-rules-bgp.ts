// Rules of the configuration that look at several values: the BGP side.
import type { Prefix } from './address.ts';
import { canonicalAddress, canonicalVip, parsePrefix, prefixContains } from './address.ts';
import { DEFAULTS, STANDBY_RANKS } from './config-defaults.ts';
import type { Finding, Placed } from './config-raw.ts';
import { itemPaths, numberAt, problem, repeated, textAt, valueAt, warning } from './config-raw.ts';
import type { ConfigPath } from './config-source.ts';
import { pathText } from './config-source.ts';
import type { Family } from './vocabulary.ts';

/** Canonical VIPs of the file with their places; what is no VIP is left out. */
export function vipsOf(raw: unknown): readonly Placed<string>[] {
  return itemPaths(raw, ['services'])
    .flatMap(service => itemPaths(raw, [...service, 'vips']))
    .flatMap(path => {
      const vip = canonicalVip(textAt(raw, path) ?? '');
      return vip.kind === 'ok' ? [{ path, value: vip.text }] : [];
    });
}

/** All rules of `bgp`. */
export function bgpFindings(raw: unknown): readonly Finding[] {
  const peers = itemPaths(raw, ['bgp', 'peers']);
  return [
    ...asFindings(raw, ['bgp', 'localAs']),
    ...allowFindings(raw),
    ...roleFindings(raw),
    ...duplicatePeers(raw, peers),
    ...peers.flatMap(path => peerFindings(raw, path)),
    ...sessionFindings(raw, peers),
  ];
}

const RESERVED_AS: Readonly<Record<number, string>> = {
  23456: 'AS_TRANS, a stand-in for long numbers (RFC 6793)',
  65535: 'reserved (RFC 7300)',
  4294967295: 'reserved (RFC 7300)',
};

function asFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const as = numberAt(raw, path, 1);
  const why = as === null ? undefined : RESERVED_AS[as];
  return why === undefined ? [] : [problem(path, `is ${as}, which is ${why}`)];
}

function allowFindings(raw: unknown): readonly Finding[] {
  const places = itemPaths(raw, ['bgp', 'allow']).map(path => ({ path, read: parsePrefix(textAt(raw, path) ?? '') }));
  const prefixes = places.flatMap(({ read }) => (read.kind === 'ok' ? [read.prefix] : []));
  const wide = places.filter(({ read }) => read.kind === 'ok' && read.prefix.length === 0);
  const unread = places.length === 0 || prefixes.length < places.length;
  return [
    ...wide.map(({ path }) => warning(path, 'allows every address: name your own prefixes')),
    ...(unread ? [] : outsideFindings(raw, prefixes)),
  ];
}

function outsideFindings(raw: unknown, prefixes: readonly Prefix[]): readonly Finding[] {
  const outside = vipsOf(raw).filter(({ value }) => !prefixes.some(prefix => prefixContains(prefix, value)));
  const allowed = prefixes.map(prefix => prefix.text).join(', ');
  return outside.map(({ path, value }) => problem(path, `${value} is outside bgp.allow (${allowed})`));
}

function duplicatePeers(raw: unknown, peers: readonly ConfigPath[]): readonly Finding[] {
  const placed = peers.flatMap(path => {
    const address = canonicalAddress(textAt(raw, [...path, 'address']) ?? '');
    const port = numberAt(raw, [...path, 'port'], DEFAULTS.bgp.port);
    return address.kind === 'ok' && port !== null ? [{ path, value: `${address.text} port ${port}` }] : [];
  });
  return repeated(placed, value => value).map(({ path, value, first }) =>
    problem([...path, 'address'], `${value} is a peer already (${pathText(first.path)})`),
  );
}

function peerFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  return [
    ...asFindings(raw, [...path, 'as']),
    ...localAddressFindings(raw, path),
    ...nextHopFindings(raw, path),
    ...(valueAt(raw, [...path, 'passive']) === true && valueAt(raw, ['bgp', 'listen']) === undefined
      ? [problem([...path, 'passive'], 'is true, but there is no bgp.listen for the router to connect to')]
      : []),
    ...(numberAt(raw, [...path, 'holdTimeSeconds'], DEFAULTS.bgp.peer.holdTimeSeconds) === 0
      ? [warning([...path, 'holdTimeSeconds'], 'is 0: the router will never notice a host that dies silently')]
      : []),
    ...bfdFindings(raw, path),
    ...peerVipFindings(raw, path),
  ];
}

function bfdFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const hops = numberAt(raw, [...path, 'multihop'], DEFAULTS.bgp.peer.multihop) ?? 1;
  if (valueAt(raw, [...path, 'bfd']) === undefined || hops === 1) return [];
  return [problem([...path, 'bfd'], `is for routers one hop away, and multihop is ${hops}`)];
}

function addressAt(raw: unknown, path: ConfigPath): { readonly text: string; readonly family: Family } | null {
  const read = canonicalAddress(textAt(raw, path) ?? '');
  return read.kind === 'ok' ? read : null;
}

function localAddressFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const at = [...path, 'localAddress'];
  const remote = addressAt(raw, [...path, 'address']);
  const local = addressAt(raw, at);
  if (remote === null || local === null || remote.family === local.family) return [];
  return [problem(at, `${local.text} is ${local.family}, but the peer's address ${remote.text} is ${remote.family}`)];
}

function peerVipFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  return (['address', 'localAddress'] as const).flatMap(key => {
    const address = addressAt(raw, [...path, key]);
    const vip = vipsOf(raw).find(({ value }) => value === address?.text);
    return vip === undefined ? [] : [problem(vip.path, `${vip.value} is also ${pathText([...path, key])}`)];
  });
}

function familiesAt(raw: unknown, path: ConfigPath): readonly string[] {
  const value = valueAt(raw, [...path, 'families']);
  return Array.isArray(value) ? value.map(String) : DEFAULTS.bgp.peer.families;
}

function nextHopFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const at = [...path, 'nextHop'];
  return (['ipv4', 'ipv6'] as const).flatMap(family => {
    const hop = addressAt(raw, [...at, family]);
    if (hop !== null && hop.family !== family) return [problem([...at, family], `${hop.text} is ${hop.family}`)];
    return [];
  });
}

function sessionFindings(raw: unknown, peers: readonly ConfigPath[]): readonly Finding[] {
  const wanted = numberAt(raw, ['bgp', 'minSessions'], DEFAULTS.bgp.minSessions) ?? 1;
  if (peers.length === 0) return [];
  return (['ipv4', 'ipv6'] as const).flatMap(family => {
    const vip = vipsOf(raw).find(({ value }) => value.includes(':') === (family === 'ipv6'));
    const carrying = peers.filter(path => familiesAt(raw, path).includes(family)).length;
    if (vip === undefined || carrying >= wanted) return [];
    const why = `can never be announced: ${carrying} of ${peers.length} peers carry ${family}, bgp.minSessions is ${wanted}`;
    return [problem(vip.path, `${vip.value} ${why}`)];
  });
}

function roleFindings(raw: unknown): readonly Finding[] {
  const roles = ['bgp', 'roles'];
  const { authority, standby, standbyPrepend } = DEFAULTS.bgp.roles;
  const at = (role: string, key: string, otherwise: number) => numberAt(raw, [...roles, role, key], otherwise);
  const prepend = standbyPrepend[textAt(raw, ['bgp', 'preference']) === 'strict' ? 'strict' : 'fast'];
  const values = {
    authorityPrepend: at('authority', 'prepend', authority.prepend),
    standbyPrepend: at('standby', 'prepend', prepend),
    authorityMed: at('authority', 'med', authority.med),
    standbyMed: at('standby', 'med', standby.med),
    authorityPref: at('authority', 'localPref', authority.localPref),
    standbyPref: at('standby', 'localPref', standby.localPref),
  };
  // LOCAL_PREF 0 is the last resort, 1 draining: the lowest rank of a standby must stay above both.
  const least = STANDBY_RANKS + 1;
  return [
    ...lessThan(raw, 'prepend', values.authorityPrepend, values.standbyPrepend),
    ...lessThan(raw, 'med', values.authorityMed, values.standbyMed),
    ...lessThan(raw, 'localPref', values.standbyPref, values.authorityPref, 'authority', 'standby'),
    ...(values.standbyPref !== null && values.standbyPref < least
      ? [
          problem(
            [...roles, 'standby', 'localPref'],
            `is ${values.standbyPref}, expected at least ${least}: ${STANDBY_RANKS} ranks must stay above draining (1) and last resort (0)`,
          ),
        ]
      : []),
  ];
}

function lessThan(
  raw: unknown,
  key: string,
  less: number | null,
  more: number | null,
  moreRole: 'authority' | 'standby' = 'standby',
  lessRole: 'authority' | 'standby' = 'authority',
): readonly Finding[] {
  if (less === null || more === null || less < more) return [];
  const more_ = ['bgp', 'roles', moreRole, key];
  const path = valueAt(raw, more_) === undefined ? ['bgp', 'roles', lessRole, key] : more_;
  return [problem(path, `${moreRole}'s ${key} is ${more}, expected more than ${lessRole}'s (${less})`)];
}
