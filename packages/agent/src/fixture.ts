// For tests: a log that keeps what it was told, and configuration files.
import { type AddressInfo, createServer } from 'node:net';
import type { Fields, Log, LogLevel } from './log.ts';

/** One kept line. */
export interface HeardLine {
  readonly level: LogLevel;
  readonly fields: Fields;
  readonly message: string;
}

/** A log and what it heard. */
export function heardLog(): { readonly log: Log; readonly lines: readonly HeardLine[] } {
  const lines: HeardLine[] = [];
  const hear =
    (level: LogLevel) =>
    (fields: Fields, message: string): void => {
      lines.push({ level, fields, message });
    };
  const log: Log = {
    debug: hear('debug'),
    info: hear('info'),
    warn: hear('warn'),
    error: hear('error'),
    fatal: hear('fatal'),
    child: () => log,
    setLevel: () => {},
  };
  return { log, lines };
}

/** What a test says of its configuration file; the rest is as short and local as can be. */
export interface ConfigPlan {
  readonly agent?: string;
  readonly zooKeeperPort: number;
  readonly routerPort: number;
  readonly stateFile: string;
  readonly vips?: readonly string[];
  readonly allow?: string;
  readonly checks?: string;
  /** More lines at the top. */
  readonly more?: string;
}

/** The text of a configuration file for one agent at 127.0.0.1, whose admin endpoint takes this port. */
export function configText(plan: ConfigPlan, adminPort: number): string {
  return `agent: ${plan.agent ?? 'lb-r1'}
zookeeper: { servers: ["127.0.0.1:${plan.zooKeeperPort}"], sessionTimeoutSeconds: 1 }
stateFile: ${plan.stateFile}
shutdownSeconds: 1
bgp:
  localAs: 64497
  routerId: 10.0.0.1
  allow: [${plan.allow ?? '192.0.2.0/24'}]
  peers: [{ address: 127.0.0.1, port: ${plan.routerPort}, as: 64496, families: [ipv4], connectRetrySeconds: 1 }]
services:
  - name: apex
    vips: [${(plan.vips ?? ['192.0.2.1']).join(', ')}]
    settleSeconds: 0.1
    checks: ${plan.checks ?? 'none'}
addresses: { manage: false }
admin: { listen: "127.0.0.1:${adminPort}" }
${plan.more ?? ''}
`;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
