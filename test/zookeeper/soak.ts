// Run by soak.mjs. Ten sessions work without a pause while their connections are cut, torn, muted and refused at random
// and the server itself is killed now and then. It ends well if every operation settled, every session is connected in the
// end, and the process is no bigger than it was after the first fifth of the time.
import { connect, type ZkError, type ZkSession } from '../../packages/zk/src/index.ts';
import { type Ensemble, startEnsemble } from './ensemble.ts';
import { FaultProxy } from './fault-proxy.ts';

const SESSIONS = 10;
const WARM_UP_SHARE = 0.2;
/** Collected garbage leaves this much noise. */
const GROWTH_LIMIT = 1.15;

const minutes = Number(process.argv[2] ?? 24 * 60);
const endAtMs = performance.now() + minutes * 60_000;
const counts: Record<string, number> = {};
let unsettled = 0;

const ensemble = await startEnsemble({ tickTimeMs: 200 });
const proxies = await Promise.all(Array.from({ length: SESSIONS }, () => FaultProxy.start(ensemble.servers[0]!)));
const sessions = proxies.map(proxy => connect({ servers: [proxy], sessionTimeoutMs: 2000 }));
const workers = sessions.map((session, index) => work(session, `/soak-${index}`));
const tormentors = proxies.map(torment);
const killer = killServer(ensemble);
const { early, late } = await watchSize();

await Promise.all([...workers, ...tormentors, killer]);
for (const proxy of proxies) {
  proxy.unmute();
  proxy.hangUp(false);
}
await pause(10_000);
const connected = sessions.filter(({ state }) => state.kind === 'connected').length;
await Promise.all(sessions.map(session => session.close()));
await Promise.all(proxies.map(proxy => proxy.close()));
await ensemble.close();

const flat = late <= early * GROWTH_LIMIT;
console.log(JSON.stringify({ minutes, counts, unsettled, connected, early, late, flat }));
process.exitCode = flat && unsettled === 0 && connected === SESSIONS ? 0 : 1;

async function work(session: ZkSession, path: string): Promise<void> {
  while (performance.now() < endAtMs) {
    for (const operation of [session.ensurePath(path), session.get(path, { watch: true }), session.children('/')]) {
      unsettled += 1;
      void operation
        .then(
          () => count('done'),
          (error: ZkError) => count(error.code),
        )
        .finally(() => {
          unsettled -= 1;
        });
    }
    await pause(20);
  }
}

async function torment(proxy: FaultProxy): Promise<void> {
  while (performance.now() < endAtMs) {
    await pause(Math.random() * 4000);
    const fault = Math.floor(Math.random() * 4);
    if (fault === 0) proxy.cut();
    else if (fault === 1) tearOnce(proxy);
    else await silence(proxy, fault === 2);
  }
}

async function silence(proxy: FaultProxy, mute: boolean): Promise<void> {
  if (mute) proxy.mute();
  else proxy.hangUp(true);
  await pause(Math.random() * 3000);
  if (mute) proxy.unmute();
  else proxy.hangUp(false);
}

function tearOnce(proxy: FaultProxy): void {
  proxy.onAnswer = () => {
    proxy.onAnswer = frame => frame;
    return 'tear';
  };
}

async function killServer({ servers: [server] }: Ensemble): Promise<void> {
  while (performance.now() < endAtMs - 30_000) {
    await pause(20_000 + Math.random() * 60_000);
    await server!.kill();
    await server!.start();
  }
}

// Resident memory in MiB, the smallest of each fifth: after the warm-up, and at the end.
async function watchSize(): Promise<{ early: number; late: number }> {
  const startedAtMs = performance.now();
  const shareMs = (endAtMs - startedAtMs) * WARM_UP_SHARE;
  const sizes: { atMs: number; mib: number }[] = [];
  while (performance.now() < endAtMs) {
    await pause(Math.min(10_000, shareMs / 4));
    sizes.push({ atMs: performance.now() - startedAtMs, mib: Math.round(process.memoryUsage().rss / 2 ** 20) });
    console.log(JSON.stringify({ ...sizes.at(-1), counts, unsettled }));
  }
  const smallest = (from: number) =>
    Math.min(
      ...sizes.filter(({ atMs }) => atMs >= from * shareMs && atMs < (from + 1) * shareMs).map(({ mib }) => mib),
    );
  return { early: smallest(1), late: smallest(4) };
}

function count(outcome: string): void {
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
