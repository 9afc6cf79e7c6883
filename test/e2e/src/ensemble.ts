// Three ZooKeeper servers with fixed addresses. They can be killed and started again, their data stays.
import { engine, LabContainer, type LabNetwork, run, until } from '@vipkeeper/lab';
import type { StartedTestContainer } from 'testcontainers';

const hosts = [31, 32, 33];

/** The ensemble. */
export class Ensemble {
  readonly servers: readonly string[];
  readonly containers: readonly StartedTestContainer[];

  private constructor(servers: readonly string[], containers: readonly StartedTestContainer[]) {
    this.servers = servers;
    this.containers = containers;
  }

  /** Starts it and waits until a leader and two followers serve. */
  static async start(network: LabNetwork): Promise<Ensemble> {
    const members = hosts.map((host, index) => `server.${index + 1}=${network.ipv4(host)}:2888:3888`).join(' ');
    const containers = await Promise.all(
      hosts.map((host, index) =>
        new LabContainer('vipkeeper/zookeeper')
          .withAddress(network, host)
          .withEnvironment({ ZOO_MY_ID: String(index + 1), ZOO_SERVERS: members })
          .start(),
      ),
    );
    const ensemble = new Ensemble(
      hosts.map(host => `${network.ipv4(host)}:2181`),
      containers,
    );
    await ensemble.serving();
    return ensemble;
  }

  /** SIGKILL for all. */
  async kill(): Promise<void> {
    const docker = await engine();
    await Promise.all(this.containers.map(each => docker.getContainer(each.getId()).kill({ signal: 'SIGKILL' })));
  }

  /** Starts the killed ones again and waits for them. */
  async revive(): Promise<void> {
    const docker = await engine();
    await Promise.all(this.containers.map(each => docker.getContainer(each.getId()).start()));
    await this.serving();
  }

  /** Waits until a leader and two followers serve. */
  async serving(): Promise<void> {
    const modes = () => Promise.all(this.containers.map(modeOf));
    await until('a leader and two followers', modes, found => found.sort().join() === 'follower,follower,leader');
  }
}

/** Asks a server inside its container, by ZooKeeper's four-letter word. */
async function modeOf(container: StartedTestContainer): Promise<string> {
  const ask = 'exec 3<>/dev/tcp/127.0.0.1/2181 && echo srvr >&3 && timeout 1 cat <&3';
  const { stdout } = await run(container, 'bash', '-c', ask);
  return /Mode: (\w+)/.exec(stdout)?.[1] ?? 'none';
}
