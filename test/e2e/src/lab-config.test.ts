import { readFileSync } from 'node:fs';
import { parseConfig } from '@vipkeeper/core';
import { expect, it } from 'vitest';
import { agentConfig } from './agent-config.ts';

const findings = (text: string, name: string) => {
  const parsed = parseConfig(text, name);
  return parsed.kind === 'ok' ? parsed.warnings : parsed.problems;
};

it.each([1, 2, 3])('the configuration of the compose lab is right: lb%i', number => {
  const file = new URL(`../../../docker/lab/lb${number}.yaml`, import.meta.url);
  expect(findings(readFileSync(file, 'utf8'), `lb${number}.yaml`)).toEqual([]);
});

it('the configuration of the end-to-end tests is right', () => {
  const around = {
    fabric: { ipv4: (host: number) => `10.213.0.${host}`, ipv6: (host: number) => `fd00:213:0::${host}` },
    routerHost: 10,
    routerAs: 64_900,
    localAs: 64_700,
    zookeepers: ['10.213.0.31:2181'],
  };
  const place = { name: 'lb1', host: 21, vips: ['10.99.0.1', '2001:db8:99::1'] };
  expect(findings(agentConfig(place, around), 'agent.yaml')).toEqual([]);
});
