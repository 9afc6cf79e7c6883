// The configuration file of an agent under measurement. Nothing in it needs root or a fixed port.
import { createServer } from 'node:net';

/** What differs between agents. */
export interface AgentPlan {
  readonly name: string;
  readonly routerId: string;
  readonly zooKeeper: readonly { readonly host: string; readonly port: number }[];
  readonly routerPorts: readonly number[];
  readonly services: readonly ServicePlan[];
  readonly adminPort: number;
  readonly stateFile: string;
}

/** One service of an agent. */
export interface ServicePlan {
  readonly name: string;
  readonly vips: readonly string[];
  /** Asked by an HTTP check with the default timing; without one there is no check. */
  readonly checkPort?: number;
  readonly takeOver: 'hot' | 'reactive';
}

/** AS numbers for documentation, RFC 5398. */
export const ROUTER_AS = 64_496;
const AGENT_AS = 64_497;
const SESSION_TIMEOUT_SECONDS = 4;

/** The file's text. JSON is YAML. */
export function agentConfig(plan: AgentPlan): string {
  return JSON.stringify({
    agent: plan.name,
    zookeeper: {
      servers: plan.zooKeeper.map(({ host, port }) => `${host}:${port}`),
      sessionTimeoutSeconds: SESSION_TIMEOUT_SECONDS,
    },
    stateFile: plan.stateFile,
    shutdownSeconds: 1,
    bgp: {
      localAs: AGENT_AS,
      routerId: plan.routerId,
      allow: ['192.0.2.0/24', '198.51.100.0/24'],
      peers: plan.routerPorts.map(port => ({
        address: '127.0.0.1',
        port,
        as: ROUTER_AS,
        families: ['ipv4'],
        maxPrefixes: 500,
      })),
    },
    services: plan.services.map(serviceConfig),
    addresses: { manage: false },
    admin: { listen: `127.0.0.1:${plan.adminPort}` },
  });
}

function serviceConfig({ name, vips, checkPort, takeOver }: ServicePlan): object {
  return {
    name,
    vips,
    takeOver,
    settleSeconds: 0.5,
    releaseDelaySeconds: SESSION_TIMEOUT_SECONDS + 1,
    checks: checkPort === undefined ? 'none' : [{ name: 'http', http: `http://127.0.0.1:${checkPort}/` }],
  };
}

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
