import { expect, it } from 'vitest';
import { vipctl } from './fixture.ts';

const GOOD = `agent: lb-1
zookeeper:
  servers: [10.0.0.1]
  auth: { digest: { file: /run/zk } }
bgp: { localAs: 1, routerId: 10.0.0.1, allow: [192.0.2.0/24], peers: [{ address: 10.0.0.2, as: 2 }] }
services: [{ name: apex, vips: [192.0.2.1], checks: none }]
`;

function file(text: string, secretMode = 0o600) {
  return { files: { 'a.yaml': { text, mode: 0o644 }, '/run/zk': { text: 'ops:secret', mode: secretMode } } };
}

it('config validate says that a file is good, or all that is wrong with it and exits 2', async () => {
  expect([
    await vipctl(['config', 'validate', 'a.yaml'], file(GOOD)),
    await vipctl(['config', 'validate', 'a.yaml'], file(GOOD.replace('192.0.2.1', '010.1.1.1').replace('apex', 'a b'))),
    await vipctl(['config', 'validate', 'a.yaml'], file(GOOD, 0o644)),
    await vipctl(['config', 'validate', 'none.yaml']),
  ]).toEqual([
    { exit: 0, out: 'a.yaml is valid.\n', err: '' },
    {
      exit: 2,
      out: 'a.yaml has 2 problems.\n',
      err: `a.yaml:6:20: services[0].name "a b" is not a name (letters, digits, "." "_" "-", at most 63)
a.yaml:6:32: services[0].vips[0] "010.1.1.1" is not a VIP: "010" has a leading zero, which some programs read as octal
`,
    },
    {
      exit: 2,
      out: 'a.yaml has 1 problem.\n',
      err: 'Cannot use zookeeper.auth.digest from file "/run/zk": mode is 0644, readable by everybody, expected 0600 or 0640\n',
    },
    { exit: 2, out: '', err: 'vipctl: Cannot read none.yaml: no such file\n' },
  ]);
});

it('config show fills the defaults in and hides where secrets are', async () => {
  const { exit, out } = await vipctl(['config', 'show', 'a.yaml', '-o', 'json'], file(GOOD));
  const { config } = JSON.parse(out);
  expect([exit, config.zookeeper.auth, config.shutdownMs, out.includes('/run/zk')]).toEqual([
    0,
    { digest: '(hidden)' },
    45_000,
    false,
  ]);
});

it('config schema is a JSON Schema', async () => {
  const { out } = await vipctl(['config', 'schema']);
  expect(JSON.parse(out)).toMatchObject({
    title: 'Vipkeeper agent configuration',
    type: 'object',
    additionalProperties: false,
  });
});
