// The configuration file of one agent of the demo: a real file for the real daemon, with every wait shortened so that the
// story fits into a minute. Nothing in it needs root: addresses are left alone and all ports are high.

/** What differs from agent to agent. */
export interface AgentPlan {
  readonly name: string;
  readonly vip: string;
  /** Its BGP identifier, by which the router tells the agents apart: all of them live at 127.0.0.1. */
  readonly routerId: string;
  /** The IPv4 session cannot say by itself where IPv6 traffic should go. */
  readonly nextHop6: string;
  readonly servicePort: number;
  readonly adminPort: number;
  readonly zooKeeperPort: number;
  readonly routerPort: number;
  readonly stateFile: string;
}

/** AS numbers for documentation, RFC 5398. */
export const ROUTER_AS = 64496;
export const AGENT_AS = 64497;
export const SERVICE = 'web';

/** The file's text. */
export function agentConfig(plan: AgentPlan): string {
  return `agent: ${plan.name}
zookeeper:
  servers: ["127.0.0.1:${plan.zooKeeperPort}"]
  sessionTimeoutSeconds: 1
stateFile: ${JSON.stringify(plan.stateFile)}
shutdownSeconds: 2
bgp:
  localAs: ${AGENT_AS}
  routerId: ${plan.routerId}
  allow: [192.0.2.0/24, "2001:db8::/64"]
  peers:
    - address: 127.0.0.1
      port: ${plan.routerPort}
      as: ${ROUTER_AS}
      families: [ipv4, ipv6]
      holdTimeSeconds: 3
      connectRetrySeconds: 0.5
      nextHop: { ipv6: "${plan.nextHop6}" }
services:
  - name: ${SERVICE}
    vips: ["${plan.vip}"]
    settleSeconds: 0.5
    releaseDelaySeconds: 2
    coverTimeoutSeconds: 1
    checks:
      - { name: http, http: "http://127.0.0.1:${plan.servicePort}/health", intervalSeconds: 0.5, fastIntervalSeconds: 0.2, timeoutSeconds: 1, rise: 2, fall: 3 }
addresses: { manage: false }
admin: { listen: "127.0.0.1:${plan.adminPort}" }
`;
}
