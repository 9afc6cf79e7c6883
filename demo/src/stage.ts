// Everything the story needs, built and torn down: a development ZooKeeper and a router in this process, three agents and
// three services in processes of their own. Ports are free ones, files lie in one temporary directory.

import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type DevelopmentServer, startDevelopmentServer } from '@vipkeeper/zk/development';
import { agentConfig } from './agent-config.ts';
import { type Child, startChild, startSpeaking } from './child.ts';
import { bestAgent, sessionOf } from './journal.ts';
import { Router } from './router.ts';
import type { Picture } from './table.ts';

const CAST = [
  { name: 'lb-1', vip: '192.0.2.1', routerId: '192.0.2.101', nextHop6: '2001:db8::101' },
  { name: 'lb-2', vip: '192.0.2.2', routerId: '192.0.2.102', nextHop6: '2001:db8::102' },
  { name: 'lb-3', vip: '2001:db8::3', routerId: '192.0.2.103', nextHop6: '2001:db8::103' },
] as const;

/** The doors of the two programs. Their mains lie beside them. */
const DAEMON = fileURLToPath(new URL('./main.js', import.meta.resolve('@vipkeeper/agent')));
export const VIPCTL = fileURLToPath(new URL('./main.js', import.meta.resolve('@vipkeeper/ctl')));
const SERVICE = fileURLToPath(new URL('./service.js', import.meta.url));

/** How long a child may take to go. */
const STOP_LIMIT_MS = 3000;
const ASK_INTERVAL_MS = 20;

/** One load balancer: its service, and the agent that speaks for it. */
export class LoadBalancer {
  readonly name: string;
  readonly vip: string;
  readonly servicePort: number;
  readonly #service: Child;
  readonly #files: { readonly config: string; readonly log: string };
  #agent: Child | undefined;

  constructor(
    cast: { readonly name: string; readonly vip: string },
    service: { readonly child: Child; readonly port: number },
    files: { readonly config: string; readonly log: string },
  ) {
    this.name = cast.name;
    this.vip = cast.vip;
    this.servicePort = service.port;
    this.#service = service.child;
    this.#files = files;
  }

  get pid(): number {
    return this.#agent?.pid ?? 0;
  }

  /** What starts the agent, for a shell. */
  get command(): string {
    return `node ${DAEMON} --config ${this.#files.config}`;
  }

  /** Starts the agent: the same program, file and name each time. */
  start(): void {
    const agent = startChild(DAEMON, ['--config', this.#files.config], this.#files.log);
    this.#agent = agent;
    void agent.exited.then(() => {
      if (this.#agent === agent) this.#agent = undefined;
    });
  }

  /** `kill -9`. Settles when the process is gone. */
  async kill(): Promise<void> {
    this.#agent?.kill();
    await this.#agent?.exited;
  }

  async close(): Promise<void> {
    await this.#agent?.stop(STOP_LIMIT_MS);
    await this.#service.stop(STOP_LIMIT_MS);
  }
}

/** The whole set. */
export class Stage {
  readonly router: Router;
  readonly zooKeeper: DevelopmentServer;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly directory: string;
  readonly routerPort: number;
  readonly #servedBy = new Map<string, string>();

  constructor(parts: Pick<Stage, 'router' | 'zooKeeper' | 'loadBalancers' | 'directory' | 'routerPort'>) {
    this.router = parts.router;
    this.zooKeeper = parts.zooKeeper;
    this.loadBalancers = parts.loadBalancers;
    this.directory = parts.directory;
    this.routerPort = parts.routerPort;
  }

  get servers(): string {
    return `127.0.0.1:${this.zooKeeper.port}`;
  }

  get picture(): Picture {
    return {
      routes: this.router.routes,
      vips: this.loadBalancers.map(({ vip, name }) => ({ vip, owner: name })),
      sessions: new Map(this.loadBalancers.map(({ name }) => [name, sessionOf(this.router.journal, name)])),
      servedBy: this.#servedBy,
    };
  }

  /** Sends a request to the VIP the way the router would, and says whose service answered. */
  async ask(vip: string): Promise<string | undefined> {
    const agent = bestAgent(this.router.routes, vip);
    const port = this.loadBalancers.find(({ name }) => name === agent)?.servicePort;
    const answer = port === undefined ? undefined : await request(port);
    if (answer === undefined) this.#servedBy.delete(vip);
    else this.#servedBy.set(vip, answer);
    return answer;
  }

  /** Goes on asking, a little apart, until told to stop; then says whether every request was answered, and who answered last. */
  askOnAndOn(vip: string): () => Promise<{ readonly allAnswered: boolean; readonly last: string | undefined }> {
    let isOver = false;
    let allAnswered = true;
    const asking = (async () => {
      while (!isOver) {
        if ((await this.ask(vip)) === undefined) allAnswered = false;
        await setTimeout(ASK_INTERVAL_MS);
      }
    })();
    return async () => {
      isOver = true;
      await asking;
      const last = await this.ask(vip);
      return { allAnswered: allAnswered && last !== undefined, last };
    };
  }

  /** Ends every child within bounded time. */
  async close(): Promise<void> {
    await Promise.all(this.loadBalancers.map(loadBalancer => loadBalancer.close()));
    await Promise.all([this.router.close(), this.zooKeeper.close()]);
  }
}

/** Builds everything but starts no agent yet. */
export async function buildStage(): Promise<Stage> {
  const directory = await createDirectory();
  const zooKeeper = await startDevelopmentServer({ tickTimeMs: 250 });
  const router = new Router(routerId => CAST.find(each => each.routerId === routerId)?.name ?? routerId);
  const routerPort = await router.start();
  const ports = { zooKeeperPort: zooKeeper.port, routerPort };
  const loadBalancers = await Promise.all(CAST.map(cast => castOne(cast, directory, ports)));
  return new Stage({ router, zooKeeper, loadBalancers, directory, routerPort });
}

/** Goes when the demo ends, unless it failed: then the agents' logs are of interest. */
async function createDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vipkeeper-demo-'));
  process.on('exit', code => {
    if (code !== 1) rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

async function castOne(
  cast: (typeof CAST)[number],
  directory: string,
  ports: { readonly zooKeeperPort: number; readonly routerPort: number },
): Promise<LoadBalancer> {
  const { child, line } = await startSpeaking(SERVICE, [cast.name]);
  const servicePort = Number(line);
  const files = { config: join(directory, `${cast.name}.yaml`), log: join(directory, `${cast.name}.log`) };
  const stateFile = join(directory, `${cast.name}.state.json`);
  const plan = { ...cast, ...ports, servicePort, adminPort: await freePort(), stateFile };
  await writeFile(files.config, agentConfig(plan));
  return new LoadBalancer(cast, { child, port: servicePort }, files);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function request(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) });
    return await response.text();
  } catch {
    return undefined;
  }
}
