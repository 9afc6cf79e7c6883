// Real ZooKeeper for tests: one server, or an ensemble of three, each of which can be frozen, thawed, killed and started
// again, and even robbed of its memory.
//
// VIPKEEPER_ZOOKEEPER says where they run: `docker` (containers of the image vipkeeper/zookeeper) or `local` (a Java
// machine and the jars of Debian's zookeeper package). Unset, Docker is taken where the image is, then the jars.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { promisify } from 'node:util';
import { dockerServers } from './ensemble-docker.ts';
import { LOCAL_JAR, localServers } from './ensemble-local.ts';

/** What to start. */
export interface EnsembleOptions {
  /** Default 1. */
  readonly size?: 1 | 3;
  /** Sessions last between 2 and 20 ticks. Milliseconds. */
  readonly tickTimeMs: number;
  /** Adds a port that speaks TLS and wants client certificates. */
  readonly tls?: boolean;
}

/** One server, as a place to connect to and a process to torment. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** There only with `tls`. */
  readonly tlsPort: number;
  /** Stops it where it stands; its kernel goes on acknowledging. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}; with `wiped`, without anything it ever knew. */
  start(options?: { readonly wiped?: boolean }): Promise<void>;
}

/** Servers that know of each other. */
export interface Ensemble {
  readonly servers: readonly RunningServer[];
  /** Which server leads; the only one of an ensemble of one. */
  leader(): Promise<RunningServer>;
  /** Waits until every server serves and exactly one of them leads: a leader that was frozen may think so for a while. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** How one kind of place runs servers. */
export type ServerLauncher = (
  options: Required<EnsembleOptions>,
) => Promise<{ readonly servers: readonly RunningServer[]; readonly close: () => Promise<void> }>;

const READY_LIMIT_MS = 90_000;

/** Starts an ensemble and waits until it serves. Rejects with a sentence when there is no way to run ZooKeeper here. */
export async function startEnsemble(options: EnsembleOptions): Promise<Ensemble> {
  const launch = await findLauncher();
  const { servers, close } = await launch({ size: 1, tls: false, ...options });
  const ready = () => waitUntilServing(servers);
  const leader = async () => servers[(await modesOf(servers)).findIndex(leads)]!;
  try {
    await ready();
  } catch (error) {
    await close();
    throw error;
  }
  return { servers, leader, ready, close };
}

async function findLauncher(): Promise<ServerLauncher> {
  const wanted = process.env.VIPKEEPER_ZOOKEEPER;
  if (wanted === 'docker') return dockerServers;
  if (wanted === 'local') return localServers;
  if (wanted !== undefined) throw new Error(`VIPKEEPER_ZOOKEEPER is "${wanted}", wanted docker or local`);
  if (await hasImage()) return dockerServers;
  if (existsSync(LOCAL_JAR)) return localServers;
  throw new Error(
    `no ZooKeeper to test with: neither the Docker image vipkeeper/zookeeper (docker/build-images makes it) nor ${LOCAL_JAR}`,
  );
}

async function hasImage(): Promise<boolean> {
  try {
    await promisify(execFile)('docker', ['image', 'inspect', 'vipkeeper/zookeeper'], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const listeners = await Promise.all(
    Array.from({ length: count }, () => {
      const listener = createServer();
      return new Promise<typeof listener>(resolve => listener.listen(0, '127.0.0.1', () => resolve(listener)));
    }),
  );
  const ports = listeners.map(listener => (listener.address() as { port: number }).port);
  await Promise.all(listeners.map(listener => new Promise(resolve => listener.close(resolve))));
  return ports;
}

async function waitUntilServing(servers: readonly RunningServer[]): Promise<void> {
  const giveUpAtMs = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const modes = await modesOf(servers);
    if (!modes.includes(undefined) && modes.filter(leads).length === 1) return;
    if (performance.now() > giveUpAtMs) throw new Error(`ZooKeeper does not serve: ${modes.join(', ')}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

function leads(mode: string | undefined): boolean {
  return mode === 'leader' || mode === 'standalone';
}

function modesOf(servers: readonly RunningServer[]): Promise<(string | undefined)[]> {
  return Promise.all(servers.map(modeOf));
}

// The four-letter word `srvr` is answered with a mode only by a server that serves.
function modeOf({ host, port }: RunningServer): Promise<string | undefined> {
  return new Promise(resolve => {
    let text = '';
    const socket = connectTcp({ host, port });
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('connect', () => socket.write('srvr'));
    socket.on('data', chunk => {
      text += chunk.toString();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(/^Mode: (\w+)/m.exec(text)?.[1]));
  });
}
