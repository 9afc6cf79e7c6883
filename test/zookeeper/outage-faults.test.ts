// The only server dies, comes back, comes back without its memory; and what it demands over TLS. One after the other.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { ZkError } from '../../packages/zk/src/session.ts';
import { TLS_FOLDER } from './ensemble-local.ts';
import {
  bytes,
  connectedState,
  declareCases,
  type FaultCase,
  kindsOf,
  pause,
  recordStates,
  SESSION_TIMEOUT_MS,
  until,
  untilState,
} from './fault-suite.ts';

const T = SESSION_TIMEOUT_MS;
const SLACK_MS = 700;

const outage: FaultCase = {
  number: 8,
  name: 'when all servers are down for longer than the timeout the session is lost, and is the same one afterwards',
  redOn: 'bare',
  limitMs: 90_000,
  run: async world => {
    const [server] = world.ensemble.servers;
    const session = world.connect();
    await untilState(session, 'connected', 10_000);
    const before = connectedState(session);
    const states = recordStates(session);
    await session.create(world.path, bytes('only once'), { ephemeral: true });
    await server!.kill();
    try {
      await until(() => session.state.kind === 'lost', T + SLACK_MS, 'the session is lost');
      await expect(session.get(world.path)).rejects.toMatchObject({ code: 'connection-loss' });
      await pause(1000);
    } finally {
      await server!.start();
      await world.ensemble.ready();
    }
    await untilState(session, 'connected', 10_000);
    expect(kindsOf(states)).toEqual(['suspended', 'lost', 'connected']);
    const { epoch, sessionId } = connectedState(session);
    expect({ epoch, sessionId }).toEqual({ epoch: before.epoch, sessionId: before.sessionId });
    expect((await session.exists(world.path))?.ephemeralOwner).toBe(sessionId);
    const again = session.create(world.path, bytes('twice'), { ephemeral: true });
    expect(await again.catch((error: ZkError) => error.code)).toBe('node-exists');
  },
};

const mutualTls: FaultCase = {
  number: 16,
  name: 'TLS with a client certificate gives the session the identity of the certificate; without one there is no session',
  redOn: 'bare',
  run: async world => {
    const [server] = world.ensemble.servers;
    const servers = [{ host: '127.0.0.1', port: server!.tlsPort }];
    const pem = (name: string) => readFileSync(new URL(name, TLS_FOLDER), 'utf8');
    const ca = pem('authority.pem');
    const known = { ca, cert: pem('agent-certificate.pem'), key: pem('agent-key.pem') };
    const session = world.connect({ servers, tls: known });
    const strangers = [
      world.connect({ servers, tls: { ca } }),
      world.connect({ servers, tls: { ...known, servername: 'elsewhere.example' } }),
      world.connect({ servers, tls: { cert: known.cert, key: known.key } }),
    ];
    await untilState(session, 'connected', 10_000);
    await session.create(world.path, bytes('x'), {
      acl: [{ scheme: 'x509', id: 'CN=agent', permissions: ['read', 'write', 'delete'] }],
    });
    expect(await session.get(world.path)).not.toBeNull();
    const observer = await world.observe();
    await expect(observer.get(world.path)).rejects.toMatchObject({ code: 'no-auth' });
    await pause(1000);
    expect(strangers.map(({ state }) => state.kind)).toEqual(['connecting', 'connecting', 'connecting']);
  },
};

const rebuilt: FaultCase = {
  number: 21,
  name: 'an ensemble that was rebuilt from nothing is not refused for ever for being behind',
  redOn: 'bare',
  limitMs: 90_000,
  run: async world => {
    const [server] = world.ensemble.servers;
    const session = world.connect();
    await untilState(session, 'connected', 10_000);
    const before = connectedState(session);
    const states = recordStates(session);
    for (let each = 0; each < 50; each += 1) await session.create(`${world.path}-`, bytes(''), { sequential: true });
    await server!.kill();
    await server!.start({ wiped: true });
    await world.ensemble.ready();
    await until(() => states.at(-1)?.state.kind === 'connected', 40_000, 'it is connected again');
    expect(kindsOf(states)).toEqual(['suspended', 'lost', 'connected']);
    expect(connectedState(session).epoch).toBe(before.epoch + 1);
    expect((await session.children('/')).names).toEqual(['zookeeper']);
  },
};

declareCases('one server', [outage, mutualTls, rebuilt], { tickTimeMs: 200, tls: true, sideBySide: false });
