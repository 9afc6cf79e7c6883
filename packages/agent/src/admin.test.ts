import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from './admin.ts';
import type { AgentStatus, VipStatus } from './status.ts';

const vip: VipStatus = {
  vip: '192.0.2.1',
  reason: 'own',
  because: 'announcing 192.0.2.1 as authority: this agent <owns> it',
  since: '2026-01-01T00:00:00.000Z',
  announced: true,
  role: 'authority',
  rank: 0,
  outOn: ['192.0.2.254'],
  owner: 'lb-r1',
  claimedBy: [],
  health: 'passing',
  healthDetail: null,
  addressPresent: true,
  changesInSeconds: null,
};
const ready: AgentStatus = {
  apiVersion: 'vipkeeper/v1',
  kind: 'AgentStatus',
  agent: 'lb-r1',
  version: '0.1.0',
  life: 'x',
  host: 'h',
  pid: 1,
  at: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.000Z',
  coordination: { state: 'connected', sessionId: '1', leaseSeconds: 4 },
  draining: false,
  services: [
    {
      name: 'apex',
      maintenance: { on: false, by: null, reason: null },
      drains: [],
      members: ['lb-r1'],
      fresh: true,
      lastRefusal: null,
      vips: [vip],
    },
  ],
  peers: [
    {
      key: '192.0.2.254',
      address: '192.0.2.254',
      as: 64496,
      kind: 'ebgp',
      state: 'Established',
      since: '2026-01-01T00:00:00.000Z',
      families: ['ipv4'],
      localAddress: undefined,
      remoteRouterId: undefined,
      holdTimeSeconds: 9,
      lastError: undefined,
      counters: {
        established: 1,
        updatesSent: 1,
        messagesReceived: 1,
        notificationsSent: 0,
        notificationsReceived: 0,
        malformedReceived: 0,
      },
      routesOut: 1,
    },
  ],
  checks: [],
  config: { file: 'agent.yaml', loadedAt: '2026-01-01T00:00:00.000Z', refused: [] },
};

let admin: Admin;
let status: AgentStatus;
let url: string;

beforeEach(async () => {
  status = ready;
  admin = await startAdmin(
    { host: '127.0.0.1', port: 0 },
    { status: () => status, metrics: async () => 'vipkeeper_up 1\n', metricsType: 'text/plain; version=0.0.4' },
  );
  url = `http://127.0.0.1:${admin.address.port}`;
});
afterEach(() => admin.close());

const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
  const response = await fetch(`${url}${path}`, init);
  return [response.status, response.headers.get('content-type'), await response.text()];
};
const TEXT = 'text/plain; charset=utf-8';

describe('the admin endpoint', () => {
  it('is alive, and ready when it has a session, a health verdict and a peer', async () => {
    expect(await ask('/livez')).toEqual([200, TEXT, 'alive\n']);
    expect(await ask('/readyz')).toEqual([200, TEXT, 'ready\n']);
  });

  it('says everything that it still lacks', async () => {
    status = {
      ...ready,
      coordination: { state: 'lost', sessionId: null, leaseSeconds: 0 },
      services: [{ ...ready.services[0]!, vips: [{ ...vip, health: 'unknown' }] }],
      peers: [{ ...ready.peers[0]!, state: 'Active' }],
    };
    expect(await ask('/readyz')).toEqual([
      503,
      TEXT,
      'ZooKeeper session is lost\nno health verdict yet\nno BGP session is Established\n',
    ]);
  });

  it('gives the status as JSON and the metrics as text', async () => {
    expect(await (await fetch(`${url}/status?x=1`)).json()).toEqual(JSON.parse(JSON.stringify(ready)));
    expect(await ask('/metrics')).toEqual([200, 'text/plain; version=0.0.4', 'vipkeeper_up 1\n']);
  });

  it('shows a page in which nothing can become markup', async () => {
    const [code, type, page] = (await ask('/')) as [number, string, string];
    expect([code, type]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).toContain('this agent &lt;owns&gt; it');
    expect(page).not.toContain('<owns>');
  });

  it('answers reading only, and knows no other path', async () => {
    expect(await ask('/status', { method: 'POST', body: 'x' })).toEqual([
      405,
      TEXT,
      'only GET and HEAD are answered\n',
    ]);
    expect(await ask('/other')).toEqual([404, TEXT, 'there are /livez /readyz /metrics /status and /\n']);
    expect(await ask('/livez', { method: 'HEAD' })).toEqual([200, TEXT, '']);
  });

  it('refuses headers without end', async () => {
    const heard = await new Promise<string>(resolve => {
      let text = '';
      const socket = connect(admin.address.port, '127.0.0.1', () => {
        socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(64 * 1024)}\r\n\r\n`);
      });
      socket.on('data', chunk => {
        text += chunk;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
    expect(heard.split('\r\n', 1)[0]).toMatch(/^(HTTP\/1.1 431 .*)?$/);
    expect(await ask('/livez')).toEqual([200, TEXT, 'alive\n']);
  });

  it('says why it cannot listen', async () => {
    await expect(
      startAdmin(
        { host: '127.0.0.1', port: admin.address.port },
        { status: () => status, metrics: async () => '', metricsType: '' },
      ),
    ).rejects.toThrow(`Cannot listen for the admin endpoint on 127.0.0.1 port ${admin.address.port}`);
  });
});
