// The configuration file of one agent of the lab, in the words of the product. Times are short, so that tests are; the
// relations between them are the ones the product asks for (release delay above session timeout plus settle).
import type { LabNetwork } from '@vipkeeper/lab';

/** What differs from agent to agent. */
export interface AgentPlace {
  readonly name: string;
  /** Its host number in the fabric. */
  readonly host: number;
  readonly vips: readonly string[];
}

/** The lab around it. */
export interface Surroundings {
  readonly fabric: Pick<LabNetwork, 'ipv4' | 'ipv6'>;
  readonly routerHost: number;
  readonly routerAs: number;
  readonly localAs: number;
  readonly zookeepers: readonly string[];
}

/** Where VIPs of the lab live. */
export const vipRange4 = '10.99.0.0/24';
export const vipRange6 = '2001:db8:99::/64';
export const serviceName = 'apex';

/** Release delay of the lab's service, milliseconds. */
export const releaseDelayMs = 6000;

/** The file's text. JSON is YAML. */
export function agentConfig({ name, host, vips }: AgentPlace, around: Surroundings): string {
  const { fabric, routerHost, routerAs, localAs, zookeepers } = around;
  const peer = { as: routerAs, holdTimeSeconds: 9, connectRetrySeconds: 1 };
  const config = {
    agent: name,
    zookeeper: { servers: zookeepers, sessionTimeoutSeconds: 4 },
    coldStart: { waitSeconds: 5 },
    stateFile: '/var/lib/vipkeeper/state.json',
    bgp: {
      localAs,
      routerId: fabric.ipv4(host),
      allow: [vipRange4, vipRange6],
      peers: [
        { ...peer, address: fabric.ipv4(routerHost), localAddress: fabric.ipv4(host), families: ['ipv4'] },
        { ...peer, address: fabric.ipv6(routerHost), localAddress: fabric.ipv6(host), families: ['ipv6'] },
      ],
    },
    services: [
      {
        name: serviceName,
        vips,
        settleSeconds: 1,
        releaseDelaySeconds: releaseDelayMs / 1000,
        coverTimeoutSeconds: 2,
        checks: [
          {
            name: 'http',
            http: 'http://{vip}/healthcheck',
            intervalSeconds: 0.5,
            fastIntervalSeconds: 0.2,
            timeoutSeconds: 1,
            rise: 2,
            fall: 2,
          },
        ],
      },
    ],
    shutdownSeconds: 30,
  };
  return JSON.stringify(config, undefined, 2);
}
