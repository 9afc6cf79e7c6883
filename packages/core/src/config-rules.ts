// Rules of the configuration that look at several values: services, times, the whole. They read the raw file, and run
// whether or not the schema was content.
import { DEFAULTS, LEASE_RENEWALS } from './config-defaults.ts';
import type { Finding } from './config-raw.ts';
import { itemPaths, numberAt, problem, repeated, textAt, valueAt, warning } from './config-raw.ts';
import { bgpFindings, vipsOf } from './config-rules-bgp.ts';
import type { ConfigPath } from './config-source.ts';
import { pathText } from './config-source.ts';
import { readEndpoint } from './config-text.ts';

/** All that is wrong, or doubtful, between the values of a file. */
export function findingsOf(raw: unknown): readonly Finding[] {
  const services = itemPaths(raw, ['services']);
  return [
    ...agentFindings(raw),
    ...zookeeperFindings(raw),
    ...bgpFindings(raw),
    ...duplicateServices(raw, services),
    ...duplicateVips(raw),
    ...services.flatMap(path => serviceFindings(raw, path)),
    ...leaseFindings(raw),
    ...shutdownFindings(raw, services),
    ...prefixLimitFindings(raw),
    ...adminFindings(raw),
  ];
}

function agentFindings(raw: unknown): readonly Finding[] {
  const agent = textAt(raw, ['agent']);
  if (agent === null || !/^localhost(\.|$)/.test(agent)) return [];
  return [warning(['agent'], `is ${agent}: an agent's name must be its own among all agents of a service`)];
}

function zookeeperFindings(raw: unknown): readonly Finding[] {
  const servers = itemPaths(raw, ['zookeeper', 'servers']).flatMap(path => {
    const read = readEndpoint(textAt(raw, path) ?? '', DEFAULTS.zookeeper.port);
    return read.kind === 'ok' ? [{ path, value: `${read.value.host} port ${read.value.port}` }] : [];
  });
  const tls = ['zookeeper', 'tls'];
  const has = (key: string) => valueAt(raw, [...tls, key]) !== undefined;
  return [
    ...repeated(servers, value => value).map(({ path, value }) => problem(path, `${value} is listed already`)),
    ...(has('cert') && !has('key') ? [problem([...tls, 'cert'], 'needs zookeeper.tls.key as well')] : []),
    ...(has('key') && !has('cert') ? [problem([...tls, 'key'], 'needs zookeeper.tls.cert as well')] : []),
  ];
}

function duplicateServices(raw: unknown, services: readonly ConfigPath[]): readonly Finding[] {
  const named = services.flatMap(path => {
    const value = textAt(raw, [...path, 'name']);
    return value === null ? [] : [{ path: [...path, 'name'], value }];
  });
  return repeated(named, value => value).map(({ path, value }) =>
    problem(path, `there is a service "${value}" already`),
  );
}

function duplicateVips(raw: unknown): readonly Finding[] {
  return repeated(vipsOf(raw), value => value).map(({ path, value, first }) => {
    const spelled = textAt(raw, path);
    const alias = spelled === value ? value : `${spelled} (${value})`;
    if (path[1] === first.path[1]) return problem(path, `${alias} is listed already (${pathText(first.path)})`);
    const other = textAt(raw, [...first.path.slice(0, 2), 'name']) ?? pathText(first.path.slice(0, 2));
    return problem(path, `${alias} is in service "${other}" already (${pathText(first.path)})`);
  });
}

function serviceFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  return [...releaseFindings(raw, path), ...depthFindings(raw, path), ...checkFindings(raw, path)];
}

function releaseFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const at = [...path, 'releaseDelaySeconds'];
  const timeout = numberAt(raw, ['zookeeper', 'sessionTimeoutSeconds'], DEFAULTS.zookeeper.sessionTimeoutSeconds);
  const settle = numberAt(raw, [...path, 'settleSeconds'], DEFAULTS.service.settleSeconds);
  const release = numberAt(raw, at, DEFAULTS.service.releaseDelaySeconds);
  if (timeout === null || settle === null || release === null || release >= timeout + settle) return [];
  const least = `${rounded(timeout + settle)}: ZooKeeper session timeout (${timeout}) + settle (${settle})`;
  return [problem(at, `is ${release}, expected at least ${least}`)];
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function depthFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const at = [...path, 'standbyDepth'];
  if (textAt(raw, [...path, 'takeOver']) !== 'reactive' || valueAt(raw, at) === undefined) return [];
  return [problem(at, 'has no meaning with `takeOver: reactive`, where no standby is announced')];
}

const PROBES = ['http', 'tcp', 'command', 'ipvs'] as const;

function checkFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const at = [...path, 'checks'];
  const checks = itemPaths(raw, at);
  const value = valueAt(raw, at);
  const service = valueAt(raw, path);
  if (value === undefined && typeof service === 'object' && service !== null) {
    return [problem(at, 'is missing: list the checks, or write `checks: none` to announce whatever the health')];
  }
  if (Array.isArray(value) && value.length === 0) {
    return [problem(at, 'is an empty list: list the checks, or write `checks: none` to announce whatever the health')];
  }
  const named = checks.map(check => ({ path: check, value: nameOfCheck(raw, check) }));
  return [
    ...repeated(named, name => name).map(({ path: check, value: name }) =>
      problem([...check, 'name'], `there is a check "${name}" already: give each a name`),
    ),
    ...checks.flatMap(check => oneCheckFindings(raw, check)),
    ...requireFindings(raw, path, value === 'none' ? 0 : checks.length),
  ];
}

function nameOfCheck(raw: unknown, path: ConfigPath): string {
  const kind = PROBES.find(probe => valueAt(raw, [...path, probe]) !== undefined);
  return textAt(raw, [...path, 'name']) ?? kind ?? pathText(path);
}

function oneCheckFindings(raw: unknown, path: ConfigPath): readonly Finding[] {
  const kinds = PROBES.filter(probe => valueAt(raw, [...path, probe]) !== undefined);
  const interval = numberAt(raw, [...path, 'intervalSeconds'], DEFAULTS.check.intervalSeconds);
  const fast = numberAt(raw, [...path, 'fastIntervalSeconds'], 0);
  const isMap = typeof valueAt(raw, path) === 'object';
  return [
    ...(isMap && kinds.length === 0
      ? [problem(path, 'says not what to check: expected one of http, tcp, command')]
      : []),
    ...(kinds.length > 1 ? [problem(path, `has ${kinds.join(' and ')}, expected one of them: write two checks`)] : []),
    ...(interval !== null && fast !== null && fast > interval
      ? [problem([...path, 'fastIntervalSeconds'], `is ${fast}, expected at most the interval (${interval})`)]
      : []),
  ];
}

function requireFindings(raw: unknown, path: ConfigPath, checks: number): readonly Finding[] {
  const at = [...path, 'require'];
  const atLeast = numberAt(raw, [...at, 'atLeast'], 0) ?? 0;
  if (valueAt(raw, at) !== undefined && checks === 0) return [problem(at, 'has no meaning without checks')];
  if (atLeast <= checks) return [];
  return [
    problem([...at, 'atLeast'], `is ${atLeast}, but there ${checks === 1 ? 'is 1 check' : `are ${checks} checks`}`),
  ];
}

function leaseFindings(raw: unknown): readonly Finding[] {
  const at = ['addresses', 'leaseSeconds'];
  const lease = numberAt(raw, at, DEFAULTS.addresses.leaseSeconds);
  const holds = itemPaths(raw, ['bgp', 'peers']).map(path =>
    numberAt(raw, [...path, 'holdTimeSeconds'], DEFAULTS.bgp.peer.holdTimeSeconds),
  );
  const hold = Math.max(0, ...holds.map(value => value ?? 0));
  if (lease === null || valueAt(raw, ['addresses', 'manage']) === false) return [];
  const renewal = lease / LEASE_RENEWALS;
  if (lease >= 2 * hold + renewal) return [];
  const least = Math.ceil((2 * hold * LEASE_RENEWALS) / (LEASE_RENEWALS - 1));
  return [
    problem(
      at,
      `is ${lease}, expected at least ${least}: 2 x hold time (${hold}) + one renewal (a third of the lease)`,
    ),
  ];
}

function shutdownFindings(raw: unknown, services: readonly ConfigPath[]): readonly Finding[] {
  const shutdown = numberAt(raw, ['shutdownSeconds'], DEFAULTS.shutdownSeconds);
  const delays = services.map(
    path => numberAt(raw, [...path, 'releaseDelaySeconds'], DEFAULTS.service.releaseDelaySeconds) ?? 0,
  );
  const longest = Math.max(0, ...delays);
  if (shutdown === null || shutdown >= longest) return [];
  return [
    warning(
      ['shutdownSeconds'],
      `is ${shutdown}: a drain at SIGTERM wants releaseDelaySeconds (${longest}) and will be cut short`,
    ),
  ];
}

function prefixLimitFindings(raw: unknown): readonly Finding[] {
  const count = new Set(vipsOf(raw).map(({ value }) => value)).size;
  return itemPaths(raw, ['bgp', 'peers']).flatMap(path => {
    const limit = numberAt(raw, [...path, 'maxPrefixes'], Number.MAX_SAFE_INTEGER);
    if (limit === null || count <= limit) return [];
    return [
      warning(
        [...path, 'maxPrefixes'],
        `is ${limit}, but this agent owns ${count} VIPs: ${count - limit} will not be announced`,
      ),
    ];
  });
}

function adminFindings(raw: unknown): readonly Finding[] {
  const read = readEndpoint(textAt(raw, ['admin', 'listen']) ?? '', null);
  if (read.kind === 'bad' || /^(127\.|::1$|localhost$)/.test(read.value.host)) return [];
  return [warning(['admin', 'listen'], `is ${read.value.host}: others can read the status, there is no password`)];
}
