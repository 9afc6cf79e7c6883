import { parseConfig } from '@vipkeeper/core';
import { expect, it } from 'vitest';
import { agentConfig } from './agent-config.ts';

it('is a configuration that the daemon accepts without a remark', () => {
  const text = agentConfig({
    name: 'lb-1',
    vip: '2001:db8::1',
    routerId: '192.0.2.101',
    nextHop6: '2001:db8::101',
    servicePort: 40001,
    adminPort: 40002,
    zooKeeperPort: 40003,
    routerPort: 40004,
    stateFile: '/tmp/a "quoted" folder/lb-1.state.json',
  });
  expect(parseConfig(text, 'lb-1.yaml')).toMatchObject({ kind: 'ok', warnings: [] });
});
