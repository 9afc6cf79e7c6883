import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redact } from '@vipkeeper/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadedConfiguration, loadConfiguration } from './configuration.ts';
import { type ConfigPlan, configText } from './fixture.ts';
import { restartReasons } from './reload.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipkeeper-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const plan: ConfigPlan = { zooKeeperPort: 2181, routerPort: 179, stateFile: '/tmp/state.json' };
const load = (text: string): LoadedConfiguration => {
  const file = join(directory, 'agent.yaml');
  writeFileSync(file, text);
  return loadConfiguration(file);
};
const problems = (text: string): unknown => {
  const loaded = load(text);
  return loaded.kind === 'ok' ? 'none' : loaded.problems.map(problem => problem.replaceAll(`${directory}/`, ''));
};
const withAuth = (source: string): string =>
  configText(plan, 9478).replace('sessionTimeoutSeconds: 1', `sessionTimeoutSeconds: 1, auth: { digest: ${source} }`);

describe('loadConfiguration', () => {
  it('reads a good file, and the secrets that it names', () => {
    const secret = join(directory, 'zk');
    writeFileSync(secret, 'agent:word\n', { mode: 0o600 });
    const loaded = load(withAuth(`{ file: ${secret} }`));
    expect(loaded.kind === 'ok' && loaded.secrets).toEqual({ digest: 'agent:word', tls: null, passwords: [null] });
  });

  it('refuses a secret that is missing or that others may read', () => {
    const secret = join(directory, 'zk');
    expect(problems(withAuth(`{ file: ${secret} }`))).toEqual([
      'agent.yaml: Cannot use secret file zk: it does not exist',
    ]);
    writeFileSync(secret, 'agent:word');
    chmodSync(secret, 0o644);
    expect(problems(withAuth(`{ file: ${secret} }`))).toEqual([
      'agent.yaml: Cannot use secret file zk: its mode is 0644, expected 0600: others may read or change it',
    ]);
  });

  it('reads the password of a peer, and refuses to do without it', () => {
    const secret = join(directory, 'tor1');
    const withPassword = configText(plan, 9478).replace('as: 64496,', `as: 64496, password: { file: ${secret} },`);
    expect(problems(withPassword)).toEqual(['agent.yaml: Cannot use secret file tor1: it does not exist']);
    writeFileSync(secret, `${'sesame'.repeat(14)}\n`, { mode: 0o600 });
    expect(problems(withPassword)).toEqual([
      'agent.yaml: Cannot use peer 127.0.0.1: password must have 1..80 bytes: current value is 84 bytes',
    ]);
    writeFileSync(secret, 'sesame\n', { mode: 0o600 });
    const loaded = load(withPassword);
    expect(loaded.kind === 'ok' && [loaded.secrets.passwords, JSON.stringify(redact(loaded.config))]).toEqual([
      ['sesame'],
      expect.not.stringMatching(/sesame|tor1/),
    ]);
  });

  it('refuses a device that a session cannot be bound to, before anything starts', () => {
    const withDevice = configText(plan, 9478).replace('as: 64496,', 'as: 64496, device: no-such-device,');
    expect(problems(withDevice)).toEqual([
      'agent.yaml: Cannot use peer 127.0.0.1 with device: device no-such-device (SO_BINDTODEVICE) failed: ENODEV',
    ]);
  });

  it('refuses roles that would not rank', () => {
    expect(
      problems(configText(plan, 9478).replace('bgp:\n', 'bgp:\n  roles: { standby: { med: 100, localPref: 5 } }\n')),
    ).toEqual([
      expect.stringContaining('bgp.roles.standby.med'),
      expect.stringContaining('bgp.roles.standby.localPref'),
    ]);
  });

  it('says that a file is missing', () => {
    const file = join(directory, 'none.yaml');
    expect(loadConfiguration(file)).toEqual({
      kind: 'problems',
      problems: [`${file}: ENOENT: no such file or directory, open '${file}'`],
      warnings: [],
    });
  });
});

describe('restartReasons', () => {
  const config = (text: string) => {
    const loaded = load(text);
    if (loaded.kind !== 'ok') throw new Error(loaded.problems.join('\n'));
    return loaded.config;
  };

  it('finds none for services, checks and peers', () => {
    const running = config(configText(plan, 9478));
    const wanted = config(configText({ ...plan, routerPort: 1179, vips: ['192.0.2.2'], allow: '192.0.2.0/25' }, 9478));
    expect(restartReasons(running, wanted)).toEqual([]);
  });

  it('names each thing that cannot change under way', () => {
    const running = config(configText(plan, 9478));
    const wanted = config(configText({ ...plan, agent: 'lb-r9', zooKeeperPort: 2182 }, 9479));
    expect(restartReasons(running, wanted)).toEqual([
      'agent has changed, which needs a restart',
      'zookeeper has changed, which needs a restart',
      'admin.listen has changed, which needs a restart',
    ]);
  });
});
