// The parts of the reaction benchmark: a real ZooKeeper, a router in a process of its own, a real vipkeeperd with the bare
// client inside, and a session that plays everybody else: it holds the claims of an owner for whom the agent stands by.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeRegistry, paths } from '@vipkeeper/core';
import { connect, type ZkSession } from '@vipkeeper/zk';
import { freePort, ROUTER_AS } from './agent-plan.ts';
import type { BareMessage, BareReading } from './bare-client.ts';
import { type Child, limited, startChild } from './child.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { RouterQuestion } from './listening-router.ts';
import { temporaryFolder } from './places.ts';
import type { Ensemble } from './zookeeper.ts';

/** Owned by the agent itself. */
export const OWN_VIP = '192.0.2.1';
const AGENT = 'lb-standby';
const OWNER = 'lb-owner';
const SERVICE = 'web';
const AT = paths('/vipkeeper').service(SERVICE);
const START_LIMIT_MS = 60_000;
const HOLD_TIME_SECONDS = 9;
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** Everything in place: the agent announces its own VIP and stands by for the others. */
export interface Stage {
  readonly router: Child<RouterQuestion, number>;
  /** The owner's claim of this VIP. */
  claim(vip: string): Promise<void>;
  unclaim(vip: string): Promise<void>;
  maintenance(on: boolean): Promise<void>;
  /** What the bare client has read since it was last asked. */
  bareReadings(): Promise<readonly BareReading[]>;
  close(): Promise<void>;
}

/** The name under which the owner's claim is seen. */
export function claimNameOf(vip: string): string {
  return `${vip}@${OWNER}`;
}

/** Sets the stage; `vips` are those of the owner. */
export async function setStage(ensemble: Ensemble, vips: readonly string[]): Promise<Stage> {
  const router = startChild<RouterQuestion, number>('./listening-router.js');
  const session = connect({ servers: ensemble.servers, sessionTimeoutMs: 10_000 });
  let daemon: DaemonProcess | undefined;
  const close = async (): Promise<void> => {
    await daemon?.stop();
    await session.close();
    await router.close();
  };
  try {
    await play(session, vips);
    daemon = await startAgent(ensemble, router, session);
    return { ...actions(session), router, bareReadings: () => askBare(daemon!), close };
  } catch (error) {
    await close();
    throw daemon === undefined ? error : new Error(`${(error as Error).message}\n${daemon.lastWords()}`);
  }
}

/** What the owner would have written. */
async function play(session: ZkSession, vips: readonly string[]): Promise<void> {
  await limited(connected(session), START_LIMIT_MS, 'ZooKeeper was not reached');
  for (const place of ['registry', 'out', 'able', 'agents', 'drain'] as const)
    await session.ensurePath(AT.place(place));
  for (const vip of vips) {
    const record = encodeRegistry({ owner: OWNER, epoch: 1, forgotten: false });
    await session.create(AT.registry(vip), encoder.encode(record));
    await session.create(AT.claim(vip, OWNER), NOTHING, { ephemeral: true });
  }
}

function connected(session: ZkSession): Promise<void> {
  return new Promise(resolve => {
    session.onState(({ kind }) => {
      if (kind === 'connected') resolve();
    });
    if (session.state.kind === 'connected') resolve();
  });
}

async function startAgent(ensemble: Ensemble, router: Stage['router'], session: ZkSession): Promise<DaemonProcess> {
  const folder = temporaryFolder();
  const { host, port } = ensemble.servers[0]!;
  const routerPort = await router.ask({ ask: 'listen', localAs: ROUTER_AS, holdTimeSeconds: HOLD_TIME_SECONDS });
  const plan = {
    name: AGENT,
    routerId: '10.255.0.1',
    zooKeeper: ensemble.servers,
    routerPorts: [routerPort],
    services: [{ name: SERVICE, vips: [OWN_VIP], takeOver: 'reactive' as const }],
    adminPort: await freePort(),
    stateFile: join(folder, 'state.json'),
  };
  const daemon = startDaemon(plan, folder, {
    preload: new URL('./bare-client.js', import.meta.url),
    env: { BENCH_ZOOKEEPER: `${host}:${port}`, BENCH_SERVICE_PATH: AT.path },
  });
  const ready = once(daemon.child, 'message');
  await limited(Promise.all([ready, untilClaimed(session)]), START_LIMIT_MS, 'vipkeeperd did not claim its own VIP');
  return daemon;
}

async function untilClaimed(session: ZkSession): Promise<void> {
  while ((await session.exists(AT.claim(OWN_VIP, AGENT))) === null) await pause(50);
}

function actions(session: ZkSession): Pick<Stage, 'claim' | 'unclaim' | 'maintenance'> {
  return {
    claim: async vip => void (await session.create(AT.claim(vip, OWNER), NOTHING, { ephemeral: true })),
    unclaim: vip => session.delete(AT.claim(vip, OWNER), -1),
    maintenance: async on => {
      if (on) await session.create(AT.maintenance, NOTHING);
      else await session.delete(AT.maintenance, -1);
    },
  };
}

async function askBare({ child }: DaemonProcess): Promise<readonly BareReading[]> {
  const answered = once(child, 'message') as Promise<[BareMessage]>;
  child.send({ take: true });
  const [message] = await limited(answered, START_LIMIT_MS, 'the bare client did not answer');
  return 'readings' in message ? message.readings : [];
}
