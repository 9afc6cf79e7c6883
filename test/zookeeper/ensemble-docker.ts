// ZooKeeper servers as containers on a network of their own, their client ports published on loopback. A published port
// and the container's own disk survive a kill and a start, so a server that comes back is the one that went.
import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type EnsembleOptions, freePorts, type RunningServer, type ServerLauncher } from './ensemble.ts';
import { configurationLines, TLS_FOLDER } from './ensemble-local.ts';

const DOCKER_LIMIT_MS = 60_000;

// Whatever ends the tests, no container outlives them.
const leftovers = new Map<string, readonly string[]>();
process.on('exit', () => {
  for (const command of leftovers.values()) spawnSync('docker', command, { timeout: DOCKER_LIMIT_MS });
});

/** Runs servers from the image vipkeeper/zookeeper. */
export const dockerServers: ServerLauncher = async options => {
  const network = `vipkeeper-zk-${randomUUID().slice(0, 8)}`;
  await docker('network', 'create', network);
  leftovers.set(network, ['network', 'rm', network]);
  const ports = await freePorts(options.size * 2);
  const servers = Array.from({ length: options.size }, (_, index) =>
    dockerServer(options, network, index + 1, ports.slice(index * 2, index * 2 + 2)),
  );
  const close = async () => {
    await Promise.all(servers.map(server => server.remove()));
    await docker('network', 'rm', network);
    leftovers.delete(network);
  };
  await Promise.all(servers.map(server => server.start()));
  return { servers, close };
};

function dockerServer(
  options: Required<EnsembleOptions>,
  network: string,
  number: number,
  [port = 0, tlsPort = 0]: readonly number[],
): RunningServer & { remove(): Promise<void> } {
  const name = `${network}-${number}`;
  let made = false;
  const remove = async () => {
    await docker('rm', '--force', '--volumes', name);
    leftovers.delete(name);
    made = false;
  };
  return {
    host: '127.0.0.1',
    port,
    tlsPort,
    remove,
    freeze: () => docker('pause', name),
    thaw: () => docker('unpause', name),
    kill: () => docker('kill', '--signal', 'KILL', name),
    async start({ wiped = false } = {}) {
      if (made && wiped) await remove();
      if (made) return docker('start', name);
      made = true;
      // A container is removed before its network.
      leftovers.delete(network);
      leftovers.set(name, ['rm', '--force', name]);
      leftovers.set(network, ['network', 'rm', network]);
      return docker(
        'run',
        '--detach',
        '--name',
        name,
        '--network',
        network,
        ...runFlags(options, number, port, tlsPort),
      );
    },
  };
}

function runFlags(options: Required<EnsembleOptions>, number: number, port: number, tlsPort: number): string[] {
  const numbers = Array.from({ length: options.size }, (_, index) => index + 1);
  const peers = options.size === 1 ? '' : numbers.map(each => `server.${each}=zk${each}:2888:3888`).join(' ');
  const extra = configurationLines(options, { tlsFolder: '/tls', tlsPort: 2281 }).join('\\n');
  return [
    ...['--network-alias', `zk${number}`, '--publish', `127.0.0.1:${port}:2181`],
    ...(options.tls
      ? ['--publish', `127.0.0.1:${tlsPort}:2281`, '--volume', `${fileURLToPath(TLS_FOLDER)}:/tls:ro`]
      : []),
    ...['--env', `ZOO_MY_ID=${number}`, '--env', `ZOO_SERVERS=${peers}`, '--env', `ZOO_CFG_EXTRA=${extra}`],
    ...['--env', `ZOO_TICK_TIME=${options.tickTimeMs}`, 'vipkeeper/zookeeper'],
  ];
}

async function docker(...words: readonly string[]): Promise<void> {
  await promisify(execFile)('docker', words, { timeout: DOCKER_LIMIT_MS });
}
