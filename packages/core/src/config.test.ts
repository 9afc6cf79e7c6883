import { expect, it } from 'vitest';
import type { Config } from './config.ts';
import { redact, settingsOf } from './config.ts';
import { parseConfig } from './config-parse.ts';
import { didYouMean } from './did-you-mean.ts';
import { isOpenToOthers, secretError } from './secret-text.ts';

function configOf(text: string): Config {
  const result = parseConfig(text, 'a.yaml');
  if (result.kind === 'problems') throw new Error(JSON.stringify(result.problems));
  return result.config;
}

const FILE = `agent: lb-1
zookeeper:
  servers: [zk-1]
  auth: { digest: { env: ZK_DIGEST } }
bgp:
  localAs: 64147
  routerId: 10.0.0.1
  allow: [192.0.2.0/28]
  preference: strict
  peers:
    - { address: 10.0.0.2, as: 64001, maxPrefixes: 50 }
    - { address: 10.0.0.3, as: 64001, maxPrefixes: 20, password: { file: /run/secrets/tor2 } }
services:
  - name: apex
    vips: [192.0.2.1]
    takeOver: reactive
    checks:
      - { name: a, http: "https://user:pw@{vip}:8443/x?token=1" }
      - { name: b, command: [/bin/check, --password, x] }
      - { name: c, tcp: "{vip}:443" }
`;

it('settingsOf() gives what the decision needs', () => {
  const { allows, ...settings } = settingsOf(configOf(FILE));
  expect(settings).toEqual({
    agent: 'lb-1',
    root: '/vipkeeper',
    services: [
      {
        name: 'apex',
        vips: ['192.0.2.1'],
        standbyDepth: 0,
        announcers: 1,
        priority: 100,
        settleMs: 3000,
        releaseDelayMs: 30_000,
        coverTimeoutMs: 5000,
        onUnhealthy: 'withdraw',
      },
    ],
    minSessions: 1,
    maxPrefixes: 20,
    coldStart: { waitMs: 60_000, then: 'last-resort' },
    adoptAfterMs: 600_000,
    shutdownMs: 45_000,
  });
  expect(['192.0.2.15', '192.0.2.16', '2001:db8::1'].map(allows)).toEqual([true, false, false]);
});

it('settingsOf() knows no limit when no peer has one', () => {
  const text = FILE.replaceAll(/, maxPrefixes: \d+/g, '');
  expect(settingsOf(configOf(text)).maxPrefixes).toBe(Number.POSITIVE_INFINITY);
});

it('`preference: strict` makes standbys prepend three times, unless the role is spelled out', () => {
  const spelled = FILE.replace('preference: strict', 'preference: strict\n  roles: { standby: { prepend: 2 } }');
  expect([FILE, spelled].map(text => configOf(text).bgp.roles.standby.prepend)).toEqual([3, 2]);
});

it('redact() hides where secrets are and what may hold one', () => {
  const shown = redact(configOf(FILE)) as {
    zookeeper: { auth: unknown };
    bgp: { peers: { password: unknown }[] };
    services: { checks: { probe: unknown }[] }[];
  };
  expect(JSON.stringify(shown)).not.toMatch(/ZK_DIGEST|pw|token=1|--password|tor2/);
  expect(shown.bgp.peers.map(({ password }) => password)).toEqual([null, '(hidden)']);
  expect([shown.zookeeper.auth, shown.services[0]?.checks.map(check => check.probe)]).toEqual([
    { digest: '(hidden)' },
    [
      { kind: 'http', url: 'https://(hidden)@{vip}:8443/x?(hidden)' },
      { kind: 'command', argv: ['/bin/check', '(hidden)'] },
      { kind: 'tcp', target: '{vip}:443' },
    ],
  ]);
});

it('secretError() says which secret, from where, and what is wrong', () => {
  const file = { kind: 'file', path: '/run/zk' } as const;
  const env = { kind: 'env', name: 'ZK' } as const;
  expect([
    secretError('zookeeper.auth.digest', file, { kind: 'missing' }),
    secretError('zookeeper.auth.digest', file, { kind: 'world-readable', mode: 0o644 }),
    secretError('zookeeper.auth.digest', file, { kind: 'unreadable', cause: 'permission denied' }),
    secretError('zookeeper.auth.digest', env, { kind: 'missing' }),
    secretError('zookeeper.auth.digest', env, { kind: 'empty' }),
    isOpenToOthers(0o640),
    isOpenToOthers(0o644),
  ]).toEqual([
    'Cannot use zookeeper.auth.digest from file "/run/zk": there is no such file',
    'Cannot use zookeeper.auth.digest from file "/run/zk": mode is 0644, readable by everybody, expected 0600 or 0640',
    'Cannot use zookeeper.auth.digest from file "/run/zk": permission denied',
    'Cannot use zookeeper.auth.digest from environment variable ZK: it is not set',
    'Cannot use zookeeper.auth.digest from environment variable ZK: it is empty',
    false,
    true,
  ]);
});

it('didYouMean() guesses slips of the finger and nothing wilder', () => {
  const known = ['standbyDepth', 'settleSeconds', 'vips', 'name'];
  expect(
    ['standbydepth', 'setleSeconds', 'settle', 'vip', 'vpis', 'colour', 'x'].map(word => didYouMean(word, known)),
  ).toEqual(['standbyDepth', 'settleSeconds', 'settleSeconds', 'vips', 'vips', null, null]);
});
