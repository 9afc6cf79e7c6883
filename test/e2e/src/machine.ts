// A load balancer: a network namespace kept open by a container that does nothing, so that killing what runs on the
// machine never takes its network along; in it the HTTP service and the agent, each a container that can die by itself.
import { engine, LabContainer, type LabNetwork, runOk } from '@vipkeeper/lab';
import type { StartedTestContainer } from 'testcontainers';
import { type AgentPlace, agentConfig, type Surroundings } from './agent-config.ts';

const sysctls = {
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.all.arp_announce': '2',
  // The echo binds to VIPs that come later.
  'net.ipv4.ip_nonlocal_bind': '1',
  'net.ipv6.ip_nonlocal_bind': '1',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
  'net.ipv6.conf.lo.disable_ipv6': '0',
  'net.ipv6.conf.default.accept_dad': '0',
};

/** A container that holds a network namespace with an address on one network, and routes through the router there. */
export async function startHost(network: LabNetwork, host: number, routerHost: number): Promise<StartedTestContainer> {
  const container = await new LabContainer('vipkeeper/client')
    .withInit()
    .withSysctls(sysctls)
    .withAddedCapabilities('NET_ADMIN')
    .withAddress(network, host)
    .withCommand(['sleep', 'infinity'])
    .start();
  await runOk(container, 'ip', 'route', 'replace', 'default', 'via', network.ipv4(routerHost));
  await runOk(container, 'ip', '-6', 'route', 'replace', 'default', 'via', network.ipv6(routerHost));
  return container;
}

/** One load balancer with all its parts. */
export class Machine {
  readonly place: AgentPlace;
  readonly host: StartedTestContainer;
  readonly service: StartedTestContainer;
  readonly agent: StartedTestContainer;

  private constructor(
    place: AgentPlace,
    host: StartedTestContainer,
    service: StartedTestContainer,
    agent: StartedTestContainer,
  ) {
    this.place = place;
    this.host = host;
    this.service = service;
    this.agent = agent;
  }

  /** Starts the machine, its service (for all VIPs of the lab) and its agent. */
  static async start(
    place: AgentPlace,
    allVips: readonly string[],
    around: Surroundings & { readonly fabric: LabNetwork },
  ): Promise<Machine> {
    const host = await startHost(around.fabric, place.host, around.routerHost);
    const service = await new LabContainer('vipkeeper/client')
      .withNetworkOf(host)
      .withCommand(['node', '/lab/service.mjs', '--name', place.name, '--vips', allVips.join(',')])
      .start();
    const agent = await new LabContainer('vipkeeper/agent')
      .withNetworkOf(host)
      .withInit()
      .withAddedCapabilities('NET_ADMIN')
      .withCopyContentToContainer([
        { content: agentConfig(place, around), target: '/etc/vipkeeper/agent.yaml', mode: 0o644 },
      ])
      .start();
    return new Machine(place, host, service, agent);
  }

  get name(): string {
    return this.place.name;
  }

  /** SIGKILL for the agent alone. */
  async killAgent(): Promise<void> {
    await (await engine()).getContainer(this.agent.getId()).kill({ signal: 'SIGKILL' });
  }

  /** SIGTERM, then the time a drain may take; answers the exit code. */
  async stopAgent(): Promise<number> {
    const container = (await engine()).getContainer(this.agent.getId());
    await container.stop({ t: 60 });
    return (await container.inspect()).State.ExitCode;
  }

  /** Starts the agent again after it died or stopped, with the files that it left. */
  async startAgent(): Promise<void> {
    await (await engine()).getContainer(this.agent.getId()).start();
  }

  /** SIGKILL for the service. */
  async killService(): Promise<void> {
    await (await engine()).getContainer(this.service.getId()).kill({ signal: 'SIGKILL' });
  }

  /** Starts the service again. */
  async startService(): Promise<void> {
    await (await engine()).getContainer(this.service.getId()).start();
  }

  /** The service goes on serving, and says that it must not. */
  async beSick(isSick: boolean): Promise<void> {
    await runOk(this.service, ...(isSick ? ['touch', '/tmp/sick'] : ['rm', '-f', '/tmp/sick']));
  }
}
