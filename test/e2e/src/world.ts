// The lab of the end-to-end tests, all in containers: ZooKeeper's ensemble of three, one router, three load balancers with
// a service and an agent each, and a client behind the router whose probe never stops.
import { fileURLToPath } from 'node:url';
import {
  engine,
  type Heard,
  LabContainer,
  LabNetwork,
  Router,
  type RouterKind,
  readLog,
  run,
  sweep,
  until,
} from '@vipkeeper/lab';
import type { StartedTestContainer } from 'testcontainers';
import { Ensemble } from './ensemble.ts';
import { Machine, startHost } from './machine.ts';
import { type ProbeReport, reportOf } from './probe-log.ts';
import { agentMoments, type Moment, probeMoments, routerMoments, writeTimeline } from './timeline.ts';

const routerAs = 64_900;
const localAs = 64_700;
const routerHost = 10;
const clientHost = 50;
const numbers = [1, 2, 3] as const;
const artefacts = fileURLToPath(new URL('../../../artefacts/e2e', import.meta.url));

/** The VIPs that a load balancer owns. */
const vipsOf = (number: number): readonly string[] => [`10.99.0.${number}`, `2001:db8:99::${number}`];
const now = (): number => performance.timeOrigin + performance.now();

/** Says what the test does, for its timeline. */
export type Say = (what: string) => void;

/** Everything, running. */
export class World {
  readonly router: Router;
  readonly ensemble: Ensemble;
  readonly machines: readonly Machine[];
  readonly #fabric: LabNetwork;
  readonly #probe: StartedTestContainer;
  readonly #monitor: StartedTestContainer;

  private constructor(parts: {
    readonly router: Router;
    readonly ensemble: Ensemble;
    readonly machines: readonly Machine[];
    readonly fabric: LabNetwork;
    readonly probe: StartedTestContainer;
    readonly monitor: StartedTestContainer;
  }) {
    this.router = parts.router;
    this.ensemble = parts.ensemble;
    this.machines = parts.machines;
    this.#fabric = parts.fabric;
    this.#probe = parts.probe;
    this.#monitor = parts.monitor;
  }

  /** Starts it with a router of this kind; ready when every owner's route is in the router's kernel, and a standby's known. */
  static async start(kind: RouterKind): Promise<World> {
    await sweep();
    const fabric = await LabNetwork.make('fabric');
    const outside = await LabNetwork.make('outside');
    const ensembleStarting = Ensemble.start(fabric);
    const hosts = numbers.map(number => 20 + number);
    const neighbors = hosts
      .flatMap(host => [fabric.ipv4(host), fabric.ipv6(host)])
      .map(address => ({ address, as: localAs }));
    const router = await Router.start(
      kind,
      { as: routerAs, routerId: '192.0.2.1', neighbors },
      [fabric, outside],
      routerHost,
    );
    const ensemble = await ensembleStarting;
    const around = { fabric, routerHost, routerAs, localAs, zookeepers: ensemble.servers };
    const all = numbers.flatMap(vipsOf);
    const machines = await Promise.all(
      numbers.map(number =>
        Machine.start({ name: `lb${number}`, host: 20 + number, vips: vipsOf(number) }, all, around),
      ),
    );
    const client = await startHost(outside, clientHost, routerHost);
    const monitor = await new LabContainer('vipkeeper/client')
      .withNetworkOf(router.container)
      .withInit()
      .withCommand(['ip', 'monitor', 'route'])
      .start();
    const probe = await new LabContainer('vipkeeper/client')
      .withNetworkOf(client)
      .withCommand(['node', '/lab/probe.mjs', '--vips', all.join(',')])
      .start();
    return new World({ router, ensemble, machines, fabric, probe, monitor });
  }

  get vips(): readonly string[] {
    return this.machines.flatMap(({ place }) => place.vips);
  }

  /** The machine of this number, 1 to 3. */
  machine(number: 1 | 2 | 3): Machine {
    return this.machines[number - 1]!;
  }

  /** The machine to which the router's kernel sends packets for a VIP; undefined if it has no route. */
  async servedBy(vip: string): Promise<string | undefined> {
    const [hop] = await this.router.kernel(prefixOf(vip));
    const found = this.machines.find(machine => this.#addressesOf(machine).includes(hop ?? ''));
    return hop === undefined ? undefined : (found?.name ?? hop);
  }

  /** Where every VIP goes now, by VIP. */
  async picture(): Promise<Readonly<Record<string, string | undefined>>> {
    return Object.fromEntries(await Promise.all(this.vips.map(async vip => [vip, await this.servedBy(vip)] as const)));
  }

  /** Waits until each VIP goes where it should, judged by who serves it (undefined: no route) and who owns it. */
  async goes(what: string, isRight: (servedBy: string | undefined, owner: string) => boolean, limitMs = 30_000) {
    const areRight = (found: Readonly<Record<string, string | undefined>>) =>
      this.machines.every(({ name, place }) => place.vips.every(vip => isRight(found[vip], name)));
    await until(what, () => this.picture(), areRight, { limitMs });
  }

  /** Waits until every VIP goes to its owner and the router knows at least one standby for each. */
  async isWhole(limitMs = 60_000): Promise<void> {
    await this.goes('every VIP at its owner', (servedBy, owner) => servedBy === owner, limitMs);
    const paths = async () => Promise.all(this.vips.map(async vip => (await this.heard(vip)).length));
    await until('a standby for each VIP', paths, counts => counts.every(count => count >= 2), {
      limitMs,
      everyMs: 200,
    });
  }

  /** Every path that the router heard for a VIP, best first. */
  heard(vip: string): Promise<readonly Heard[]> {
    return this.router.heard(prefixOf(vip));
  }

  /** Waits until the router has no path through a machine. */
  async hearsNothingFrom(machine: Machine): Promise<void> {
    const own = this.#addressesOf(machine);
    const paths = async () => (await Promise.all(this.vips.map(vip => this.heard(vip)))).flat();
    await until(`no path through ${machine.name}`, paths, all => !all.some(({ nextHop }) => own.includes(nextHop)));
  }

  /** Whether the router's sessions with a machine are Established, v4 and v6. */
  sessionsOf(machine: Machine): Promise<readonly boolean[]> {
    return Promise.all(this.#addressesOf(machine).map(address => this.router.isEstablished(address)));
  }

  /** When each agent's container was started last: the same again if none was restarted. */
  async lives(): Promise<readonly string[]> {
    const docker = await engine();
    const inspect = async ({ agent }: Machine) => (await docker.getContainer(agent.getId()).inspect()).State.StartedAt;
    return Promise.all(this.machines.map(inspect));
  }

  /** Runs vipctl on the last machine; rejects unless it exits with 0. */
  async vipctl(...words: string[]): Promise<string> {
    const { agent } = this.machine(3);
    const servers = this.ensemble.servers.join(',');
    const { exitCode, output } = await run(agent, 'vipctl', '--servers', servers, ...words);
    if (exitCode !== 0) throw new Error(`vipctl ${words.join(' ')}: exit ${exitCode}\n${output}`);
    return output;
  }

  /** Does something while the probe runs, keeps the timeline as an artefact, and tells what was lost. */
  async during(title: string, action: (say: Say) => Promise<void>): Promise<ProbeReport> {
    const fromMs = now();
    const said: Moment[] = [];
    const say: Say = what => void said.push({ atMs: now(), who: 'test', what });
    say('begins');
    try {
      await action(say);
    } catch (cause) {
      say(`FAILED: ${String(cause)}`);
      throw cause;
    } finally {
      say('ends');
      await this.#keep(title, fromMs, said);
    }
    return reportOf(this.#probe, fromMs, now());
  }

  #addressesOf({ place }: Machine): readonly string[] {
    return [this.#fabric.ipv4(place.host), this.#fabric.ipv6(place.host)];
  }

  async #keep(title: string, fromMs: number, said: readonly Moment[]): Promise<void> {
    const moments = [
      ...said,
      ...probeMoments(await reportOf(this.#probe, fromMs, now())),
      ...routerMoments(await readLog(this.#monitor, fromMs)),
      ...(await this.#agentMoments(fromMs)),
      { atMs: now(), who: 'vipctl', what: `status\n\n${await this.vipctl('status').catch(String)}` },
    ];
    const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    writeTimeline(`${artefacts}/${this.router.kind.name.toLowerCase()}/${slug}.txt`, title, fromMs, moments);
  }

  async #agentMoments(fromMs: number): Promise<readonly Moment[]> {
    const all = await Promise.all(
      this.machines.map(async ({ name, agent }) => agentMoments(name, await readLog(agent, fromMs))),
    );
    return all.flat();
  }
}

function prefixOf(vip: string): string {
  return vip.includes(':') ? `${vip}/128` : `${vip}/32`;
}
