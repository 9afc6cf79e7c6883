// What an idle vipkeeperd costs: a real process with three services (an HTTP check each, default timing) and four peers,
// left alone for a minute, then watched for another. The routers and the development ZooKeeper are in this process, so
// that what is measured is the daemon alone. Beside it: Node that does nothing, and Node that has only loaded the code.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createListener, type Listener } from '@vipkeeper/bgp';
import { startDevelopmentServer } from '@vipkeeper/zk/development';
import { type AgentPlan, freePort, ROUTER_AS } from './agent-plan.ts';
import { bundle } from './bundle.ts';
import { limited } from './child.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import { ROOT, temporaryFolder, VIPKEEPERD } from './places.ts';
import { processorSeconds, residentBytes } from './process-size.ts';
import { type Bench, type BenchOptions, barBelow, type LeftOut, type Report } from './report.ts';
import { formatMb, formatRatio, median } from './statistics.ts';

const PEERS = 4;
const SERVICES = ['web', 'mail', 'dns'];
const MEMORY_BAR_BYTES = 95e6;
const PROCESSOR_BAR_PERCENT = 1;
const SETTLE_SECONDS = 60;
const WATCH_SECONDS = 60;
const SHORTER = 10;
const ANNOUNCED_LIMIT_MS = 60_000;
const COLUMNS = ['process', 'resident', 'most', 'ratio', 'processor'];
/** Prometheus asks every 15 s; the first answers load what they need. */
const SCRAPES = 4;

interface Watched {
  readonly name: string;
  readonly residentBytes: number;
  readonly mostBytes: number;
  readonly processorPercent: number;
}

interface Surroundings {
  readonly routers: readonly Listener[];
  readonly checkPort: number;
  readonly zooKeeperPort: number;
  close(): Promise<void>;
}

async function startSurroundings(): Promise<Surroundings> {
  const zooKeeper = await startDevelopmentServer({ tickTimeMs: 2000 });
  const web = createServer((_, response) => response.end('good\n'));
  await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve));
  const routers = Array.from({ length: PEERS }, (_, index) =>
    createListener({ address: '127.0.0.1', port: 0, localAs: ROUTER_AS, routerId: `10.255.255.${index + 1}` }),
  );
  for (const router of routers) await router.start();
  return {
    routers,
    checkPort: (web.address() as AddressInfo).port,
    zooKeeperPort: zooKeeper.port,
    close: async () => {
      await Promise.all(routers.map(router => router.close()));
      await zooKeeper.close();
      web.closeAllConnections();
      web.close();
    },
  };
}

async function planFor(around: Surroundings, folder: string): Promise<AgentPlan> {
  return {
    name: 'lb-idle',
    routerId: '10.255.0.1',
    zooKeeper: [{ host: '127.0.0.1', port: around.zooKeeperPort }],
    routerPorts: around.routers.map(({ port }) => port),
    services: SERVICES.map((name, index) => ({
      ...{ name, vips: [`192.0.2.${index + 1}`], checkPort: around.checkPort },
      takeOver: 'hot',
    })),
    adminPort: await freePort(),
    stateFile: join(folder, 'state.json'),
  };
}

async function untilAnnounced(routers: readonly Listener[], daemon: DaemonProcess): Promise<void> {
  const announced = (async () => {
    while (!routers.every(router => router.routes().length === SERVICES.length)) {
      if (daemon.child.exitCode !== null) throw new Error(`vipkeeperd ended:\n${daemon.lastWords()}`);
      await pause(50);
    }
  })();
  await limited(announced, ANNOUNCED_LIMIT_MS, 'vipkeeperd did not announce everything to everybody');
}

/** Settles, then looks once a second. */
async function watch(name: string, pid: number, settle: () => Promise<void>, seconds: number): Promise<Watched> {
  await settle();
  const startSeconds = processorSeconds(pid);
  const startMs = performance.now();
  const samples: number[] = [];
  for (let second = 0; second < seconds; second++) {
    await pause(1000);
    samples.push(residentBytes(pid));
  }
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  const processorPercent = (100 * (processorSeconds(pid) - startSeconds)) / elapsedSeconds;
  return { name, residentBytes: median(samples), mostBytes: Math.max(...samples), processorPercent };
}

async function watchDaemon(name: string, main: string, options: BenchOptions): Promise<Watched> {
  const share = options.short ? SHORTER : 1;
  const folder = temporaryFolder();
  const around = await startSurroundings();
  const plan = await planFor(around, folder);
  const daemon = startDaemon(plan, folder, { main });
  try {
    await untilAnnounced(around.routers, daemon);
    const settle = async (): Promise<void> => {
      for (let scrape = 0; scrape < SCRAPES; scrape++) {
        await pause((SETTLE_SECONDS * 1000) / share / SCRAPES);
        await fetch(`http://127.0.0.1:${plan.adminPort}/metrics`).then(answer => answer.text());
      }
    };
    return await watch(name, daemon.pid, settle, WATCH_SECONDS / share);
  } finally {
    await daemon.stop();
    await around.close();
  }
}

/** A Node that runs these lines and then waits, looked at after so many seconds. */
async function watchNode(name: string, script: string): Promise<Watched> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--input-type=module', '--eval', `${script}\nsetInterval(() => {}, 1e6);`],
    { cwd: join(ROOT, 'packages/agent'), stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    return await watch(name, child.pid ?? 0, () => pause(3000), 3);
  } finally {
    child.kill('SIGKILL');
  }
}

const LOADED = ['@vipkeeper/core', '@vipkeeper/bgp', '@vipkeeper/zk', 'pino', 'prom-client'];

function rowOf(watched: Watched, base: Watched): readonly string[] {
  return [
    watched.name,
    formatMb(watched.residentBytes),
    formatMb(watched.mostBytes),
    formatRatio(watched.residentBytes, base.residentBytes),
    `${watched.processorPercent.toFixed(2)} %`,
  ];
}

async function run(options: BenchOptions): Promise<Report | LeftOut> {
  if (process.platform !== 'linux') return { leftOut: 'it reads /proc, which only Linux has' };
  const bare = await watchNode('node alone', '');
  const loads: Watched[] = [];
  for (let count = 1; count <= LOADED.length; count++) {
    const names = LOADED.slice(0, count);
    const label = count === 1 ? `node with ${names[0]}` : `  and ${names.at(-1)}`;
    loads.push(await watchNode(label, names.map(name => `import '${name}';`).join('\n')));
  }
  const bundled = join(temporaryFolder(), 'vipkeeperd.mjs');
  await bundle('packages/agent/src/main.ts', bundled);
  const built = await watchDaemon('vipkeeperd', VIPKEEPERD, options);
  const single = await watchDaemon('vipkeeperd, one file', bundled, options);
  const percent = (value: number): string => `${value.toFixed(2)} % of a core`;
  return {
    columns: COLUMNS,
    rows: [bare, ...loads, built, single].map(watched => rowOf(watched, bare)),
    bars: [
      barBelow(
        `resident memory, ${SERVICES.length} services and ${PEERS} peers`,
        built.residentBytes,
        MEMORY_BAR_BYTES,
        formatMb,
      ),
      barBelow('the same, one file as in the image', single.residentBytes, MEMORY_BAR_BYTES, formatMb),
      barBelow('idle processor time', built.processorPercent, PROCESSOR_BAR_PERCENT, percent),
    ],
    notes: [
      'resident: VmRSS, median of one look a second; most: the largest; ratio: over node alone; processor: of one core',
      `a route of each service at ${PEERS} routers, ${SCRAPES} scrapes of /metrics while it settled, an HTTP check every 2 s for each service`,
      'MB are 1 000 000 bytes',
    ],
  };
}

/** Memory and processor time. */
export const size: Bench = { name: 'size', title: 'an idle vipkeeperd: resident memory and processor time', run };
