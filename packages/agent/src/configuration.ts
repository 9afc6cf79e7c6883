// From a file's name to a configuration that can be run, or to all that is wrong with it. The parser judges the text; what
// only this machine can tell is judged here as well: secrets and TLS files, and whether addresses can be kept at all.
// The daemon's start, its reload and `vipkeeperd check` all come through this door, so they never disagree.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Config, parseConfig, problemText, STANDBY_RANKS } from '@vipkeeper/core';
import { readDigest, readSecretFile } from './secrets.ts';
import { DEFAULT_ROLES, type RoleSettings, roleProblems } from './spelling.ts';

/** What the configuration only names. */
export interface Secrets {
  /** `user:password` for ZooKeeper. */
  readonly digest: string | null;
  /** PEM texts. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
}

/** What became of a file; problems and warnings are one sentence each, with their place. */
export type LoadedConfiguration =
  | { readonly kind: 'ok'; readonly config: Config; readonly secrets: Secrets; readonly warnings: readonly string[] }
  | { readonly kind: 'problems'; readonly problems: readonly string[]; readonly warnings: readonly string[] };

const MANAGED_PLATFORM = 'linux';

/** Reads and judges a file. Never throws. */
export function loadConfiguration(file: string): LoadedConfiguration {
  const text = tryTo(() => readFileSync(file, 'utf8'));
  if (text.kind === 'failed') return { kind: 'problems', problems: [`${file}: ${text.why}`], warnings: [] };
  const parsed = parseConfig(text.value, file, { hostName: hostname() });
  const warnings = parsed.warnings.map(problemText);
  if (parsed.kind === 'problems') return { kind: 'problems', problems: parsed.problems.map(problemText), warnings };
  const { config } = parsed;
  const digest = tryTo(() => (config.zookeeper.auth === null ? null : readDigest(config.zookeeper.auth.digest)));
  const tls = tryTo(() => tlsOf(config));
  const problems = [
    ...[digest, tls].flatMap(read => (read.kind === 'failed' ? [`${file}: ${read.why}`] : [])),
    ...roleProblems(rolesOf(config)).map(problem => `${file}: bgp.roles: ${problem}`),
    ...platformProblems(config).map(problem => `${file}: ${problem}`),
  ];
  if (problems.length > 0 || digest.kind === 'failed' || tls.kind === 'failed')
    return { kind: 'problems', problems, warnings };
  return { kind: 'ok', config, secrets: { digest: digest.value, tls: tls.value }, warnings };
}

/** How the configured roles are spelled. */
export function rolesOf(config: Config): RoleSettings {
  return { ...config.bgp.roles, ranks: STANDBY_RANKS, fabricHops: DEFAULT_ROLES.fabricHops };
}

function tlsOf(config: Config): Secrets['tls'] {
  const { tls } = config.zookeeper;
  if (tls === null) return null;
  return {
    ...(tls.ca === null ? {} : { ca: readFileSync(tls.ca, 'utf8') }),
    ...(tls.cert === null ? {} : { cert: readFileSync(tls.cert, 'utf8') }),
    ...(tls.key === null ? {} : { key: readSecretFile(tls.key) }),
  };
}

function platformProblems(config: Config): readonly string[] {
  if (!config.addresses.manage || process.platform === MANAGED_PLATFORM) return [];
  return ['addresses.manage is true, which needs Linux: set addresses: { manage: false } and add the VIPs yourself'];
}

type Tried<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly why: string };

function tryTo<T>(read: () => T): Tried<T> {
  try {
    return { kind: 'done', value: read() };
  } catch (error) {
    return { kind: 'failed', why: (error as Error).message };
  }
}
