// testcontainers' container, with what its builder does not offer: sysctls, and fixed addresses on more than one network
// (both must be given when the container is created; inside, sysctls are read-only).
import {
  type ExecResult,
  GenericContainer,
  getContainerRuntimeClient,
  type StartedTestContainer,
} from 'testcontainers';
import type { LabNetwork } from './network.ts';

/** The label that says which process made a thing. */
export const ownerLabel = 'org.vipkeeper.test-owner';

// testcontainers' own sweeper is a container that would have to be pulled; `sweep` below does its work.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';

type Client = Awaited<ReturnType<typeof getContainerRuntimeClient>>;

/** The engine's own client (dockerode), for what testcontainers does not cover. */
export async function engine(): Promise<Client['container']['dockerode']> {
  return (await getContainerRuntimeClient()).container.dockerode;
}

interface Attachment {
  readonly network: LabNetwork;
  readonly ipv4: string;
  readonly ipv6: string;
}

const endpoint = ({ ipv4, ipv6 }: Attachment) => ({ IPAMConfig: { IPv4Address: ipv4, IPv6Address: ipv6 } });

/** A container of the lab. Attach it to networks in the order in which its interfaces should be numbered. */
export class LabContainer extends GenericContainer {
  readonly #attachments: Attachment[] = [];

  constructor(image: string) {
    super(image);
    // Without its own waiting for ports: what "ready" means is asked by whoever starts it.
    this.withLabels({ [ownerLabel]: String(process.pid) });
    this.withAutoRemove(true);
  }

  /** Kernel settings of the container's network namespace. */
  withSysctls(sysctls: Readonly<Record<string, string>>): this {
    this.hostConfig.Sysctls = { ...this.hostConfig.Sysctls, ...sysctls };
    return this;
  }

  /** An interface on a network, with the addresses that the network gives to host number `host`. */
  withAddress(network: LabNetwork, host: number): this {
    this.#attachments.push({ network, ipv4: network.ipv4(host), ipv6: network.ipv6(host) });
    return this;
  }

  /** Shares the network namespace of a running container. */
  withNetworkOf(other: StartedTestContainer): this {
    return this.withNetworkMode(`container:${other.getId()}`);
  }

  /** PID 1 that reaps and forwards signals. */
  withInit(): this {
    this.hostConfig.Init = true;
    return this;
  }

  protected override async beforeContainerCreated(): Promise<void> {
    const first = this.#attachments[0];
    if (first === undefined) return;
    this.networkMode = first.network.name;
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [first.network.name]: endpoint(first) } };
  }

  protected override async containerCreated(containerId: string): Promise<void> {
    const docker = await engine();
    for (const attachment of this.#attachments.slice(1)) {
      const EndpointConfig = endpoint(attachment);
      await docker.getNetwork(attachment.network.name).connect({ Container: containerId, EndpointConfig });
    }
  }
}

/** Runs a command inside; never rejects for its exit code. */
export function run(container: StartedTestContainer, ...command: string[]): Promise<ExecResult> {
  return container.exec(command);
}

/** Runs a command inside that must succeed; answers its standard output. */
export async function runOk(container: StartedTestContainer, ...command: string[]): Promise<string> {
  const { exitCode, stdout, output } = await container.exec(command);
  if (exitCode !== 0) throw new Error(`${command.join(' ')} in ${container.getName()}: exit ${exitCode}: ${output}`);
  return stdout;
}

/** Removes containers and networks whose maker no longer lives on this machine: what a killed test run left. */
export async function sweep(): Promise<void> {
  await removeOwnedBy(owner => !isAlive(owner));
}

/** Removes all containers and networks that this process made, in whatever state they are. */
export async function removeOwn(): Promise<void> {
  await removeOwnedBy(owner => owner === String(process.pid));
}

async function removeOwnedBy(isMeant: (owner: string) => boolean): Promise<void> {
  const docker = await engine();
  const filters = { label: [ownerLabel] };
  const containers = await docker.listContainers({ all: true, filters });
  const doomed = containers.filter(({ Labels }) => isMeant(Labels[ownerLabel] ?? ''));
  await Promise.all(doomed.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone)));
  for (const { Id, Labels } of await docker.listNetworks({ filters })) {
    if (isMeant(Labels?.[ownerLabel] ?? '')) await docker.getNetwork(Id).remove().catch(ignoreGone);
  }
}

function isAlive(owner: string): boolean {
  try {
    return process.kill(Number(owner), 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Another run may sweep at the same moment. */
function ignoreGone(cause: { readonly statusCode?: number }): void {
  if (cause.statusCode !== 404 && cause.statusCode !== 409) throw cause;
}
