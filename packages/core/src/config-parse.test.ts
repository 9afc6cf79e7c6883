import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './config-parse.ts';
import { jsonSchema } from './config-schema.ts';
import { problemText } from './config-source.ts';

const GOOD = `agent: lb-1
zookeeper:
  servers: [10.0.0.1:2181]
bgp:
  localAs: 64147
  routerId: 10.20.151.147
  allow: [192.0.2.0/24, "2001:db8::/64"]
  peers:
    - address: 10.20.151.129
      as: 64001
services:
  - name: apex
    vips: [192.0.2.1]
    checks:
      - http: "http://{vip}/health"
`;

function said(text: string): readonly string[] {
  const result = parseConfig(text, 'a.yaml', { hostName: 'lb-1' });
  return result.kind === 'ok' ? [] : result.problems.map(problemText);
}

function warned(text: string, hostName?: string): readonly string[] {
  const result = parseConfig(text, 'a.yaml', hostName === undefined ? {} : { hostName });
  return result.kind === 'ok' ? result.warnings.map(problemText) : ['(problems)'];
}

describe('parseConfig()', () => {
  it('fills every default in, times in milliseconds', () => {
    expect(parseConfig(GOOD, 'a.yaml')).toEqual({
      kind: 'ok',
      warnings: [],
      config: {
        agent: 'lb-1',
        zookeeper: {
          servers: [{ host: '10.0.0.1', port: 2181 }],
          root: '/vipkeeper',
          sessionTimeoutMs: 4000,
          tls: null,
          auth: null,
        },
        coldStart: { waitMs: 60_000, then: 'last-resort' },
        stateFile: '/var/lib/vipkeeper/state.json',
        adoptAfterMs: 600_000,
        shutdownMs: 45_000,
        bgp: {
          localAs: 64147,
          routerId: '10.20.151.147',
          listen: null,
          allow: [
            { text: '192.0.2.0/24', family: 'ipv4', length: 24 },
            { text: '2001:db8::/64', family: 'ipv6', length: 64 },
          ],
          minSessions: 1,
          roles: {
            authority: { prepend: 0, med: 100, localPref: 200, communities: [], largeCommunities: [] },
            standby: { prepend: 1, med: 200, localPref: 100, communities: [], largeCommunities: [] },
            draining: { communities: ['graceful-shutdown'], largeCommunities: [] },
            lastResort: { communities: [], largeCommunities: [] },
          },
          peers: [
            {
              address: '10.20.151.129',
              as: 64001,
              port: 179,
              localAddress: null,
              device: null,
              password: null,
              ttlSecurity: false,
              passive: false,
              multihop: 1,
              holdTimeMs: 9000,
              connectRetryMs: 5000,
              families: ['ipv4', 'ipv6'],
              nextHop: { ipv4: 'self', ipv6: 'self' },
              bfd: null,
              maxPrefixes: null,
              communities: 'keep',
            },
          ],
        },
        services: [
          {
            name: 'apex',
            vips: ['192.0.2.1'],
            standbyDepth: 1,
            announcers: 1,
            priority: 100,
            settleMs: 3000,
            releaseDelayMs: 30_000,
            coverTimeoutMs: 5000,
            onUnhealthy: 'withdraw',
            checks: [
              {
                name: 'http',
                probe: { kind: 'http', url: 'http://{vip}/health' },
                intervalMs: 2000,
                fastIntervalMs: 500,
                timeoutMs: 1000,
                rise: 2,
                fall: 3,
              },
            ],
            require: 'all',
          },
        ],
        addresses: { manage: true, device: 'lo', leaseMs: 30_000, renewMs: 10_000 },
        admin: { listen: { host: '127.0.0.1', port: 9478 } },
        log: { level: 'info' },
      },
    });
  });

  it('takes the host name when the file names no agent', () => {
    const result = parseConfig(GOOD.replace('agent: lb-1\n', ''), 'a.yaml', { hostName: 'lb-9.example.net' });
    expect(result.kind === 'ok' && result.config.agent).toBe('lb-9.example.net');
  });

  it('writes VIPs canonically and takes fractions of seconds', () => {
    const text = GOOD.replace('vips: [192.0.2.1]', 'vips: ["2001:DB8:0::A6"]\n    settleSeconds: 0.25');
    const result = parseConfig(text, 'a.yaml');
    expect(result.kind === 'ok' && [result.config.services[0]?.vips, result.config.services[0]?.settleMs]).toEqual([
      ['2001:db8::a6'],
      250,
    ]);
  });

  it.each([
    // one value
    ['  localAs: 64147', '  localAs: 0', ['5:12: bgp.localAs is 0, expected a whole number from 1 to 4294967295']],
    [
      '  localAs: 64147',
      '  localAs: 23456',
      ['5:12: bgp.localAs is 23456, which is AS_TRANS, a stand-in for long numbers (RFC 6793)'],
    ],
    ['as: 64001', 'as: "64001"', ['10:11: bgp.peers[0].as is "64001", expected a whole number from 1 to 4294967295']],
    [
      'as: 64001',
      'as: 64001\n      holdTimeSeconds: 1',
      ['11:24: bgp.peers[0].holdTimeSeconds is 1, expected 0, or 3 to 65535 seconds (RFC 4271 4.2)'],
    ],
    [
      'routerId: 10.20.151.147',
      'routerId: 0.0.0.0',
      ['6:13: bgp.routerId "0.0.0.0" is not a router id: 0.0.0.0 is not allowed (RFC 6286)'],
    ],
    ['routerId: 10.20.151.147', 'routerId:', ['6:12: bgp.routerId is empty, expected a router id']],
    ['  localAs: 64147\n', '', ['4:1: bgp.localAs is missing: expected a whole number from 1 to 4294967295']],
    [
      'vips: [192.0.2.1]',
      'vips: [010.1.1.1]',
      [
        '13:12: services[0].vips[0] "010.1.1.1" is not a VIP: "010" has a leading zero, which some programs read as octal',
      ],
    ],
    [
      'vips: [192.0.2.1]',
      'vips: [192.0.2]',
      ['13:12: services[0].vips[0] "192.0.2" is not a VIP: an IPv4 address has four octets'],
    ],
    [
      'vips: [192.0.2.1]',
      'vips: [192.0.2.1/32]',
      ['13:12: services[0].vips[0] "192.0.2.1/32" is not a VIP: an address is wanted here, without a prefix length'],
    ],
    [
      'vips: [192.0.2.1]',
      'vips: ["fe80::1%eth0"]',
      ['13:12: services[0].vips[0] "fe80::1%eth0" is not a VIP: a zone id has no meaning here'],
    ],
    [
      '192.0.2.0/24,',
      '192.0.2.1/24,',
      ['7:11: bgp.allow[0] "192.0.2.1/24" is not a prefix: bits are set beyond the length: 192.0.2.0/24 is meant?'],
    ],
    ['[10.0.0.1:2181]', '[]', ['3:12: zookeeper.servers is an empty list, expected a list of HOST:PORT']],
    [
      '[10.0.0.1:2181]',
      '["2001:db8::3:2181"]',
      [
        '3:13: zookeeper.servers[0] "2001:db8::3:2181" is not a server: an IPv6 address stands in brackets: "[2001:db8::1]:PORT"',
      ],
    ],
    [
      '[10.0.0.1:2181]',
      '[10.0.0.1:2181]\n  root: vipkeeper/',
      ['4:9: zookeeper.root "vipkeeper/" is not a znode path: it must start with "/"'],
    ],
    [
      'http: "http://{vip}/health"',
      'http: "{vip}/health"',
      ['15:15: services[0].checks[0].http "{vip}/health" is not a URL: expected http://HOST[:PORT]/PATH or https://…'],
    ],
    [
      'http: "http://{vip}/health"',
      'tcp: "{vip}"',
      ['15:14: services[0].checks[0].tcp "{vip}" is not an address and port: the port is missing: HOST:PORT'],
    ],
    [
      'http: "http://{vip}/health"',
      'command: []',
      ['15:18: services[0].checks[0].command is an empty list, expected a list of words, the program first'],
    ],
    [
      'as: 64001',
      'as: 64001\n      nextHop: myself',
      ['11:16: bgp.peers[0].nextHop "myself" is not "self" or an IP address: it is not an IP address'],
    ],
    [
      'name: apex',
      'name: apex\n    require: { atleast: 2 }',
      [
        '13:14: services[0].require.atLeast is missing: expected a whole number from 1 to 100',
        '13:16: services[0].require.atleast is an unknown key: did you mean "atLeast"?',
      ],
    ],
    [
      'name: apex',
      'name: apex\n    require: most',
      ['13:14: services[0].require is "most", expected all, any or {atLeast: N}'],
    ],
    [
      'name: apex',
      'name: a@b',
      ['12:11: services[0].name "a@b" is not a name (letters, digits, "." "_" "-", at most 63)'],
    ],
    // keys
    ['agent: lb-1', 'agent: lb-1\nagnet: lb-1', ['2:1: agnet is an unknown key: did you mean "agent"?']],
    [
      'as: 64001',
      'as: 64001\n      holdTime: 9',
      ['11:7: bgp.peers[0].holdTime is an unknown key: did you mean "holdTimeSeconds"?'],
    ],
    ['agent: lb-1', 'agent: lb-1\nagent: lb-2', ['2:1: YAML: Map keys must be unique']],
    [
      'agent: lb-1',
      'agent: lb-1\n__proto__: {}',
      [
        '2:1: __proto__ is an unknown key, expected one of agent, zookeeper, coldStart, stateFile, adoptAfterSeconds, bgp, services, addresses, shutdownSeconds, admin, log',
      ],
    ],
    // not supported yet
    ['agent: lb-1', 'agent: lb-1\nsite: rack-1', ['2:1: site is not supported yet']],
    ['  localAs: 64147', '  localAs: 64147\n  speaker: exabgp', ['6:3: bgp.speaker exabgp is not supported yet']],
    ['  localAs: 64147', '  localAs: 64147\n  speaker: frr', ['6:12: bgp.speaker is "frr", expected embedded']],
    ['name: apex', 'name: apex\n    mode: anycast', ['13:5: services[0].mode anycast is not supported yet']],
    [
      'name: apex',
      'name: apex\n    failback: { after: 60s }',
      ['13:5: services[0].failback {"after":"60s"} is not supported yet'],
    ],
    ['name: apex', 'name: apex\n    failback: manual', ['13:5: services[0].failback manual is not supported yet']],
    ['name: apex', 'name: apex\n    hooks: []', ['13:5: services[0].hooks is not supported yet']],
    [
      'as: 64001',
      'as: 64001\n      tcpAo: { file: /run/secrets/tor1 }',
      ['11:7: bgp.peers[0].tcpAo is not supported yet (password is TCP-MD5)'],
    ],
    [
      'as: 64001',
      'as: 64001\n      password: {}\n      ttlSecurity: yes\n      device: eth0/1',
      [
        '11:17: bgp.peers[0].password expected exactly one of file and env',
        '12:20: bgp.peers[0].ttlSecurity is "yes", expected true or false',
        '13:15: bgp.peers[0].device "eth0/1" is not a device name',
      ],
    ],
    [
      'as: 64001',
      'as: 64001\n      bfd: {}\n      multihop: 2',
      ['11:12: bgp.peers[0].bfd is for routers one hop away, and multihop is 2'],
    ],
    [
      'as: 64001',
      'as: 64001\n      bfd: { intervalMs: 5, multiplier: 0 }',
      [
        '11:26: bgp.peers[0].bfd.intervalMs is 5, expected a whole number from 10 to 60000',
        '11:41: bgp.peers[0].bfd.multiplier is 0, expected a whole number from 1 to 255',
      ],
    ],
    [
      'as: 64001',
      'as: 64001\n      gracefulRestart: true',
      ['11:7: bgp.peers[0].gracefulRestart true is not supported yet'],
    ],
    [
      'http: "http://{vip}/health"',
      'ipvs: { virtual: "192.0.2.1:80" }',
      ['15:9: services[0].checks[0].ipvs is not supported yet (checks are http, tcp and command)'],
    ],
    // several values
    [
      'vips: [192.0.2.1]',
      'vips: [192.0.2.1, 198.51.100.1]',
      ['13:23: services[0].vips[1] 198.51.100.1 is outside bgp.allow (192.0.2.0/24, 2001:db8::/64)'],
    ],
    [
      'vips: [192.0.2.1]',
      'vips: ["2001:db8::1", "2001:DB8:0::1"]',
      ['13:27: services[0].vips[1] 2001:DB8:0::1 (2001:db8::1) is listed already (services[0].vips[0])'],
    ],
    [
      'services:\n',
      'services:\n  - { name: www, vips: [192.0.2.1], checks: none }\n',
      ['14:12: services[1].vips[0] 192.0.2.1 is in service "www" already (services[0].vips[0])'],
    ],
    [
      'services:\n',
      'services:\n  - { name: apex, checks: none }\n',
      ['13:11: services[1].name there is a service "apex" already'],
    ],
    [
      'as: 64001',
      'as: 64001\n    - { address: 10.20.151.129, as: 64002 }',
      ['11:18: bgp.peers[1].address 10.20.151.129 port 179 is a peer already (bgp.peers[0])'],
    ],
    [
      'as: 64001',
      'as: 64001\n      passive: true',
      ['11:16: bgp.peers[0].passive is true, but there is no bgp.listen for the router to connect to'],
    ],
    [
      'as: 64001',
      'as: 64001\n      localAddress: "2001:db8::5"',
      ["11:21: bgp.peers[0].localAddress 2001:db8::5 is ipv6, but the peer's address 10.20.151.129 is ipv4"],
    ],
    [
      'as: 64001',
      'as: 64001\n      families: [ipv6]',
      ['14:12: services[0].vips[0] 192.0.2.1 can never be announced: 0 of 1 peers carry ipv4, bgp.minSessions is 1'],
    ],
    [
      'address: 10.20.151.129',
      'address: 192.0.2.1',
      ['13:12: services[0].vips[0] 192.0.2.1 is also bgp.peers[0].address'],
    ],
    [
      'name: apex',
      'name: apex\n    releaseDelaySeconds: 6',
      ['13:26: services[0].releaseDelaySeconds is 6, expected at least 7: ZooKeeper session timeout (4) + settle (3)'],
    ],
    [
      '[10.0.0.1:2181]',
      '[10.0.0.1:2181]\n  sessionTimeoutSeconds: 40',
      [
        '13:5: services[0].releaseDelaySeconds is 30, expected at least 43: ZooKeeper session timeout (40) + settle (3)',
      ],
    ],
    [
      'as: 64001',
      'as: 64001\n      holdTimeSeconds: 90',
      [
        '1:1: addresses.leaseSeconds is 30, expected at least 270: 2 x hold time (90) + one renewal (a third of the lease)',
      ],
    ],
    [
      'name: apex',
      'name: apex\n    takeOver: reactive\n    standbyDepth: 2',
      ['14:19: services[0].standbyDepth has no meaning with `takeOver: reactive`, where no standby is announced'],
    ],
    [
      '  localAs: 64147',
      '  localAs: 64147\n  roles: { standby: { prepend: 0, localPref: 5 } }',
      [
        "6:32: bgp.roles.standby.prepend standby's prepend is 0, expected more than authority's (0)",
        '6:46: bgp.roles.standby.localPref is 5, expected at least 9: 8 ranks must stay above draining (1) and last resort (0)',
      ],
    ],
    [
      '    checks:\n      - http: "http://{vip}/health"\n',
      '',
      ['12:5: services[0].checks is missing: list the checks, or write `checks: none` to announce whatever the health'],
    ],
    [
      'checks:\n      - http: "http://{vip}/health"',
      'checks: []',
      [
        '14:13: services[0].checks is an empty list: list the checks, or write `checks: none` to announce whatever the health',
      ],
    ],
    [
      '- http: "http://{vip}/health"',
      '- { name: x }',
      ['15:9: services[0].checks[0] says not what to check: expected one of http, tcp, command'],
    ],
    [
      '- http: "http://{vip}/health"',
      '- { http: "http://a/", tcp: "a:1" }',
      ['15:9: services[0].checks[0] has http and tcp, expected one of them: write two checks'],
    ],
    [
      '- http: "http://{vip}/health"',
      '- tcp: "a:1"\n      - tcp: "b:1"',
      ['16:9: services[0].checks[1].name there is a check "tcp" already: give each a name'],
    ],
    [
      'name: apex',
      'name: apex\n    require: { atLeast: 2 }',
      ['13:25: services[0].require.atLeast is 2, but there is 1 check'],
    ],
    [
      '[10.0.0.1:2181]',
      '[10.0.0.1, 10.0.0.1:2181]',
      ['3:23: zookeeper.servers[1] 10.0.0.1 port 2181 is listed already'],
    ],
    [
      '[10.0.0.1:2181]',
      '[10.0.0.1]\n  tls: { cert: a.pem }',
      ['4:16: zookeeper.tls.cert needs zookeeper.tls.key as well'],
    ],
    // secrets
    [
      '[10.0.0.1:2181]',
      '[10.0.0.1]\n  auth: { digest: "user:hunter2" }',
      [
        '4:19: zookeeper.auth.digest is not where a secret is kept: secrets never stand in this file, expected {file: PATH} or {env: NAME}',
      ],
    ],
    [
      '[10.0.0.1:2181]',
      '[10.0.0.1]\n  auth: { digest: { file: a, env: B } }',
      ['4:19: zookeeper.auth.digest expected exactly one of file and env'],
    ],
  ])('%j written as %j is refused', (from, to, wanted) => {
    expect(GOOD).toContain(from);
    expect(said(GOOD.replace(from, to))).toEqual(wanted.map(line => `a.yaml:${line}`));
  });

  it('says all problems of a file at once, in the order of the file', () => {
    const text = GOOD.replace('lb-1', 'lb 1').replace('64147', '0').replace('[192.0.2.1]', '[10.9.9.9, 10.9.9.9]');
    expect(said(`${text}sight: x\n`)).toEqual([
      'a.yaml:1:8: agent "lb 1" is not a name (letters, digits, "." "_" "-", at most 63)',
      'a.yaml:5:12: bgp.localAs is 0, expected a whole number from 1 to 4294967295',
      'a.yaml:13:12: services[0].vips[0] 10.9.9.9 is outside bgp.allow (192.0.2.0/24, 2001:db8::/64)',
      'a.yaml:13:22: services[0].vips[1] 10.9.9.9 is outside bgp.allow (192.0.2.0/24, 2001:db8::/64)',
      'a.yaml:13:22: services[0].vips[1] 10.9.9.9 is listed already (services[0].vips[0])',
      'a.yaml:16:1: sight is an unknown key, expected one of agent, zookeeper, coldStart, stateFile, adoptAfterSeconds, bgp, services, addresses, shutdownSeconds, admin, log',
    ]);
  });

  it('refuses what is no map, is empty or is no YAML', () => {
    expect([said(''), said('# nothing\n'), said('hello'), said('- a'), said('a: [1')]).toEqual([
      ['a.yaml:1:1: the file is empty'],
      ['a.yaml:1:1: the file is empty'],
      ['a.yaml:1:1: is "hello", expected a map of keys'],
      ['a.yaml:1:1: is a list, expected a map of keys'],
      ['a.yaml:1:6: YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ]);
  });

  it('complains of the first slips in YAML only, and shortly, be the file whatever it is', () => {
    expect(said('a: } b: { c: [d, e] }\n')).toHaveLength(3);
    const binary = said(`a: "b" ${'\u0001\ufffd'.repeat(20_000)}\n`);
    expect(Math.max(...binary.map(line => line.length))).toBeLessThan(300);
  });

  it('warns of what is lawful and doubtful', () => {
    const doubtful = GOOD.replace('192.0.2.0/24', '0.0.0.0/0')
      .replace('as: 64001', 'as: 64001\n      holdTimeSeconds: 0\n      maxPrefixes: 1')
      .replace('[192.0.2.1]', '[192.0.2.1, 192.0.2.2]');
    expect(warned(`${doubtful}shutdownSeconds: 10\nadmin: { listen: "0.0.0.0:9478" }\n`)).toEqual([
      'a.yaml:7:11: bgp.allow[0] allows every address: name your own prefixes',
      'a.yaml:11:24: bgp.peers[0].holdTimeSeconds is 0: the router will never notice a host that dies silently',
      'a.yaml:12:20: bgp.peers[0].maxPrefixes is 1, but this agent owns 2 VIPs: 1 will not be announced',
      'a.yaml:18:18: shutdownSeconds is 10: a drain at SIGTERM wants releaseDelaySeconds (30) and will be cut short',
      'a.yaml:19:18: admin.listen is 0.0.0.0: others can read the status, there is no password',
    ]);
    expect([warned(GOOD.replace('lb-1', 'localhost')), warned(GOOD.replace('agent: lb-1\n', ''), 'localhost')]).toEqual(
      [
        ["a.yaml:1:8: agent is localhost: an agent's name must be its own among all agents of a service"],
        [
          'a.yaml:1:1: agent is missing and the host is called localhost: name this agent, no two may have the same name',
        ],
      ],
    );
  });

  it('never throws, whatever the text and wherever it is broken', () => {
    const broken = fc
      .tuple(fc.nat({ max: GOOD.length }), fc.nat({ max: 30 }), fc.string())
      .map(([at, drop, insert]) => GOOD.slice(0, at) + insert + GOOD.slice(at + drop));
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant([]), fc.constant({}));
    const keys = fc.constantFrom('agent', 'zookeeper', 'bgp', 'services', 'addresses', 'site', 'admin', 'log');
    const wrong = fc
      .dictionary(keys, fc.oneof(value, fc.array(fc.dictionary(fc.string(), value))))
      .map(object => JSON.stringify(object));
    fc.assert(
      fc.property(fc.oneof(broken, wrong, fc.string()), text => {
        const result = parseConfig(text, 'a.yaml');
        if (result.kind === 'problems') expect(result.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

it('jsonSchema() knows the keys, their defaults and that no others are', () => {
  const schema = jsonSchema() as {
    properties: Record<string, unknown>;
    required: unknown;
    additionalProperties: unknown;
  };
  expect([Object.keys(schema.properties), schema.required, schema.additionalProperties]).toEqual([
    [
      'agent',
      'zookeeper',
      'coldStart',
      'stateFile',
      'adoptAfterSeconds',
      'bgp',
      'services',
      'addresses',
      'shutdownSeconds',
      'admin',
      'log',
    ],
    ['zookeeper', 'bgp', 'services'],
    false,
  ]);
});
