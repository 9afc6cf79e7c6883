// Loaded into the daemon's own process before it (`node --import`): a second, bare client of ZooKeeper that watches the
// folder of claims and the maintenance flag and does nothing but read again. It shares the daemon's event loop, so it sees
// every fact as early as anybody could there. It is the plain library, not our driver, so that the driver is measured too.
import { createRequire } from 'node:module';
import { machineMs } from './child.ts';

/** One time the client had read again. */
export type BareReading =
  | { readonly kind: 'claims'; readonly atMs: number; readonly names: readonly string[] }
  | { readonly kind: 'maintenance'; readonly atMs: number; readonly present: boolean };

/** Said once both watches stand, and whenever the readings are asked for (by any message). */
export type BareMessage = { readonly ready: true } | { readonly readings: readonly BareReading[] };

type Callback<T> = (error: Error | null, result: T) => void;

interface PlainClient {
  connect(): void;
  once(event: 'connected', listener: () => void): void;
  getChildren(path: string, watcher: () => void, done: Callback<readonly string[]>): void;
  exists(path: string, watcher: () => void, done: Callback<object | null>): void;
}

const require = createRequire(new URL('../../packages/zk/package.json', import.meta.url));
const library = require('node-zookeeper-client') as {
  createClient(servers: string, options: { readonly sessionTimeout: number }): PlainClient;
};

const { BENCH_ZOOKEEPER = '', BENCH_SERVICE_PATH = '' } = process.env;
const SESSION_TIMEOUT_MS = 10_000;
let readings: BareReading[] = [];
let standing = 0;

function send(message: BareMessage): void {
  process.send?.(message);
}

function note(reading: BareReading): void {
  readings.push(reading);
  standing += 1;
  if (standing === 2) send({ ready: true });
}

function watchClaims(client: PlainClient): void {
  client.getChildren(
    `${BENCH_SERVICE_PATH}/out`,
    () => watchClaims(client),
    (error, names) => {
      const atMs = machineMs();
      if (error !== null) throw error;
      note({ kind: 'claims', atMs, names });
    },
  );
}

function watchMaintenance(client: PlainClient): void {
  client.exists(
    `${BENCH_SERVICE_PATH}/maintenance`,
    () => watchMaintenance(client),
    (error, stat) => {
      const atMs = machineMs();
      if (error !== null) throw error;
      note({ kind: 'maintenance', atMs, present: stat !== null && stat !== undefined });
    },
  );
}

const client = library.createClient(BENCH_ZOOKEEPER, { sessionTimeout: SESSION_TIMEOUT_MS });
client.once('connected', () => {
  watchClaims(client);
  watchMaintenance(client);
});
client.connect();
process.on('message', () => {
  send({ readings });
  readings = [];
});
