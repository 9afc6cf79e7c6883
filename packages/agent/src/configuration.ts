// From a file's name to a configuration that can be run, or to all that is wrong with it. The parser judges the text; what
// only this machine can tell is judged here as well: secrets and TLS files, whether addresses can be kept at all, and
// whether sockets can be given what the peers ask for.
// The daemon's start, its reload and `vipkeeperd check` all come through this door, so they never disagree.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { whyNotPeers } from '@vipkeeper/bgp';
import { type Config, parseConfig, problemText } from '@vipkeeper/core';
import { peerOptions, rolesOf } from './mapping.ts';
import { readDigest, readSecret, readSecretFile } from './secrets.ts';
import { roleProblems } from './spelling.ts';

/** What the configuration only names. */
export interface Secrets {
  /** `user:password` for ZooKeeper. */
  readonly digest: string | null;
  /** PEM texts. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
  /** TCP-MD5 keys, in the order of the peers. */
  readonly passwords: readonly (string | null)[];
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
  const passwords = tryTo(() => passwordsOf(config));
  const problems = [
    ...[digest, tls, passwords].flatMap(read => (read.kind === 'failed' ? [`${file}: ${read.why}`] : [])),
    ...roleProblems(rolesOf(config)).map(problem => `${file}: bgp.roles: ${problem}`),
    ...platformProblems(config).map(problem => `${file}: ${problem}`),
    ...(passwords.kind === 'failed' ? [] : peerProblems(config, passwords.value)).map(problem => `${file}: ${problem}`),
  ];
  if (problems.length > 0 || digest.kind === 'failed' || tls.kind === 'failed' || passwords.kind === 'failed')
    return { kind: 'problems', problems, warnings };
  return {
    kind: 'ok',
    config,
    secrets: { digest: digest.value, tls: tls.value, passwords: passwords.value },
    warnings,
  };
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

function passwordsOf(config: Config): Secrets['passwords'] {
  return config.bgp.peers.map(({ password }) => (password === null ? null : readSecret(password)));
}

/** A peer with a password that cannot be had must not become a session without one. */
function peerProblems(config: Config, passwords: Secrets['passwords']): readonly string[] {
  const problem = whyNotPeers(config.bgp.localAs, peerOptions(config, { passwords }));
  return problem === null ? [] : [problem];
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
