// What the tests ask of a router, whichever daemon runs in it: what it heard, in our words, and what its kernel would do.
import type { StartedTestContainer } from 'testcontainers';
import { LabContainer, run, runOk } from './container.ts';
import type { LabNetwork } from './network.ts';

/** One neighbour as the router is configured with it. */
export interface NeighborOptions {
  readonly address: string;
  readonly as: number;
  /** Default 179. */
  readonly port?: number;
  /** The router waits for the neighbour. Default true: the side that is tested connects. */
  readonly passive?: boolean;
  /** TCP-MD5 key. Default none. */
  readonly password?: string;
  /** TTL security for a neighbour one hop away. Default false. */
  readonly ttlSecurity?: boolean;
  /** A BFD session beside the BGP session. Default none. */
  readonly bfd?: { readonly intervalMs: number; readonly multiplier: number };
}

/** A router's configuration. */
export interface RouterOptions {
  readonly as: number;
  readonly routerId: string;
  readonly neighbors: readonly NeighborOptions[];
  /** Hold time in seconds that the router offers. Default 9. */
  readonly holdTimeSeconds?: number;
}

/** What a router heard of one prefix from one neighbour. Absent attributes are undefined; lists are sorted. */
export interface Heard {
  readonly origin: 'igp' | 'egp' | 'incomplete';
  readonly asPath: readonly number[];
  readonly nextHop: string;
  readonly med: number | undefined;
  readonly localPref: number | undefined;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
}

/** How one daemon is configured and asked. */
export interface RouterKind {
  readonly name: string;
  readonly image: string;
  readonly capabilities: readonly string[];
  readonly configFile: string;
  readonly configure: (options: RouterOptions) => string;
  readonly showCommand: (prefix: string) => readonly string[];
  readonly parseHeard: (text: string) => readonly Heard[];
  readonly neighborCommand: (neighbor: NeighborOptions, index: number) => readonly string[];
  readonly isEstablished: (text: string) => boolean;
  /** The LOCAL_PREF that it gives to a route from an eBGP neighbour, which sends none. */
  readonly localPrefOnEbgp: number | undefined;
  /** The same for a route with GRACEFUL_SHUTDOWN (RFC 8326 §4.2 asks for 0; not every daemon does it unasked). */
  readonly localPrefOfShutdown: number | undefined;
}

/** A kernel route: where packets for a prefix go. */
interface KernelRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly via?: { readonly host: string };
}

const sysctls = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv6.conf.all.forwarding': '1',
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.accept_dad': '0',
};

/** A running router. */
export class Router {
  readonly kind: RouterKind;
  readonly options: RouterOptions;
  readonly container: StartedTestContainer;

  private constructor(kind: RouterKind, options: RouterOptions, container: StartedTestContainer) {
    this.kind = kind;
    this.options = options;
    this.container = container;
  }

  /** Starts one with an interface on each network, as host number `host` there. */
  static async start(
    kind: RouterKind,
    options: RouterOptions,
    networks: readonly LabNetwork[],
    host: number,
  ): Promise<Router> {
    const container = new LabContainer(kind.image)
      .withSysctls(sysctls)
      .withAddedCapabilities(...kind.capabilities)
      .withCopyContentToContainer([{ content: kind.configure(options), target: kind.configFile }])
      .withAutoRemove(true);
    for (const network of networks) container.withAddress(network, host);
    return new Router(kind, options, await container.start());
  }

  /** Every path it heard for a prefix, best first. */
  async heard(prefix: string): Promise<readonly Heard[]> {
    const { stdout } = await run(this.container, ...this.kind.showCommand(prefix));
    return this.kind.parseHeard(stdout);
  }

  /** The next hops in its kernel's table for exactly this prefix, empty if there is no route. */
  async kernel(prefix: string): Promise<readonly string[]> {
    const family = prefix.includes(':') ? '-6' : '-4';
    const routes = JSON.parse(
      await runOk(this.container, 'ip', '-j', family, 'route', 'show', prefix),
    ) as KernelRoute[];
    return routes.map(({ type, gateway, via }) => gateway ?? via?.host ?? type ?? 'on link');
  }

  /** What its daemon says of a neighbour, as text. */
  async neighbor(address: string): Promise<string> {
    const index = this.options.neighbors.findIndex(each => each.address === address);
    const neighbor = this.options.neighbors[index]!;
    return (await run(this.container, ...this.kind.neighborCommand(neighbor, index))).stdout;
  }

  /** The session with a neighbour is Established. */
  async isEstablished(address: string): Promise<boolean> {
    return this.kind.isEstablished(await this.neighbor(address));
  }

  /** Stops at once, as a power cut would. */
  async stop(): Promise<void> {
    await this.container.stop({ timeout: 0 });
  }
}
