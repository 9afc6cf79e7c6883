// How long an operator waits for `vipctl status`: the whole process, from start to end, against a real ensemble of three
// in which two agents with three services each have written what they do. Beside it, in turn, a Node that does nothing:
// no tool written for Node can be faster.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createListener, type Listener } from '@vipkeeper/bgp';
import { type AgentPlan, freePort, ROUTER_AS } from './agent-plan.ts';
import { bundle } from './bundle.ts';
import { limited } from './child.ts';
import { startDaemon } from './daemon.ts';
import { temporaryFolder, VIPCTL } from './places.ts';
import { type Bench, type BenchOptions, barBelow, type LeftOut, type Report } from './report.ts';
import { formatMs, formatRatio, median, quantile } from './statistics.ts';
import { type Ensemble, startEnsemble } from './zookeeper.ts';

const RUNS = 20;
const BAR_MS = 400;
const SERVICES = ['web', 'mail', 'dns'];
const AGENTS = ['lb-1', 'lb-2'];
const RUN_LIMIT_MS = 30_000;
const runFile = promisify(execFile);

interface Command {
  readonly name: string;
  readonly args: readonly string[];
}

async function planOf(index: number, router: Listener, ensemble: Ensemble, folder: string): Promise<AgentPlan> {
  const name = AGENTS[index]!;
  return {
    name,
    routerId: `10.255.0.${index + 1}`,
    zooKeeper: ensemble.servers,
    routerPorts: [router.port],
    services: SERVICES.map((service, at) => ({
      name: service,
      vips: [`192.0.2.${10 * index + at + 1}`],
      takeOver: 'hot' as const,
    })),
    adminPort: await freePort(),
    stateFile: join(folder, `${name}.json`),
  };
}

/** Every VIP by its owner and by the other one. */
function untilAnnounced(router: Listener): Promise<void> {
  const wanted = SERVICES.length * AGENTS.length * AGENTS.length;
  const announced = new Promise<void>(resolve => {
    const look = (): void => {
      if (router.routes().length === wanted) resolve();
    };
    router.onEvent(look);
    look();
  });
  return limited(announced, 60_000, 'the agents did not announce everything');
}

async function timed({ args }: Command): Promise<number> {
  const startMs = performance.now();
  await runFile(process.execPath, [...args], { timeout: RUN_LIMIT_MS });
  return performance.now() - startMs;
}

/** All commands in turn, so that what the machine does besides hits all of them. */
async function measure(commands: readonly Command[], runs: number): Promise<readonly (readonly number[])[]> {
  const times = commands.map((): number[] => []);
  for (let round = 0; round < runs; round++) {
    for (const [index, command] of commands.entries()) times[index]?.push(await timed(command));
  }
  return times;
}

async function compare(ensemble: Ensemble, runs: number): Promise<Report> {
  const bundled = join(temporaryFolder(), 'vipctl.mjs');
  await bundle('packages/ctl/src/main.ts', bundled);
  const servers = ensemble.servers.map(({ host, port }) => `${host}:${port}`).join(',');
  const commands: readonly Command[] = [
    { name: 'node -e 0', args: ['-e', '0'] },
    { name: 'vipctl --version', args: [VIPCTL, '--version'] },
    { name: 'vipctl status', args: [VIPCTL, '--servers', servers, 'status'] },
    { name: 'vipctl status, one file', args: [bundled, '--servers', servers, 'status'] },
  ];
  const times = await measure(commands, runs);
  const base = median(times[0] ?? []);
  const rows = commands.map(({ name }, index) => {
    const own = times[index] ?? [];
    return [name, String(runs), formatMs(median(own)), formatMs(quantile(own, 0.9)), formatRatio(median(own), base)];
  });
  return {
    columns: ['command', 'runs', 'median', 'p90', 'ratio'],
    rows,
    bars: [
      barBelow('vipctl status, median', median(times[2] ?? []), BAR_MS, formatMs),
      barBelow('the same, one file as in the image', median(times[3] ?? []), BAR_MS, formatMs),
    ],
    notes: [
      `ensemble of ${ensemble.servers.length}, ${AGENTS.length} agents with ${SERVICES.length} services each; wall time of the whole process; ratio: over node -e 0`,
    ],
  };
}

async function run({ short }: BenchOptions): Promise<Report | LeftOut> {
  let ensemble: Ensemble;
  try {
    ensemble = await startEnsemble(3);
  } catch (error) {
    return { leftOut: (error as Error).message };
  }
  const folder = temporaryFolder();
  const router = createListener({ address: '127.0.0.1', port: 0, localAs: ROUTER_AS, routerId: '10.255.255.1' });
  await router.start();
  const plans = await Promise.all(AGENTS.map((_, index) => planOf(index, router, ensemble, folder)));
  const daemons = plans.map(plan => startDaemon(plan, folder));
  try {
    await untilAnnounced(router);
    return await compare(ensemble, short ? 3 : RUNS);
  } finally {
    await Promise.all(daemons.map(daemon => daemon.stop()));
    await router.close();
    await ensemble.close();
  }
}

/** The command line tool. */
export const vipctl: Bench = { name: 'vipctl', title: 'vipctl status against an ensemble of three', run };
