// ZooKeeper servers as processes of this machine, from the jars of Debian's zookeeper package, in directories of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EnsembleOptions, freePorts, type RunningServer, type ServerLauncher } from './ensemble.ts';

/** Its presence says that servers can be run here. */
export const LOCAL_JAR = '/usr/share/java/zookeeper.jar';

/** Certificates that are good for tests only. */
export const TLS_FOLDER = new URL('./tls/', import.meta.url);

const JARS = ['zookeeper', 'slf4j-simple', 'netty-all', 'netty-codec', 'netty-transport-native-unix-common'];
const CLASS_PATH = JARS.map(name => `/usr/share/java/${name}.jar`).join(':');
const JAVA = [
  '-Xmx128m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
];

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Configuration beyond the ports and folders. Followers miss a frozen leader after four ticks. */
export function configurationLines(
  options: Required<EnsembleOptions>,
  tls: { readonly tlsFolder: string; readonly tlsPort: number },
): readonly string[] {
  const common = ['initLimit=20', 'syncLimit=4'];
  if (!options.tls) return common;
  return [
    ...common,
    `secureClientPort=${tls.tlsPort}`,
    'serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory',
    'authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider',
    'ssl.clientAuth=need',
    'ssl.keyStore.type=PEM',
    `ssl.keyStore.location=${tls.tlsFolder}/server.pem`,
    'ssl.trustStore.type=PEM',
    `ssl.trustStore.location=${tls.tlsFolder}/authority.pem`,
  ];
}

/** Runs servers from the jars. */
export const localServers: ServerLauncher = async options => {
  const root = await mkdtemp(join(tmpdir(), 'vipkeeper-zookeeper-'));
  const ports = await freePorts(options.size * 4);
  const peers = Array.from({ length: options.size }, (_, index) => {
    const [, , quorum, election] = ports.slice(index * 4);
    return `server.${index + 1}=127.0.0.1:${quorum}:${election}`;
  });
  const servers = Array.from({ length: options.size }, (_, index) =>
    localServer(
      options,
      join(root, String(index + 1)),
      index + 1,
      ports.slice(index * 4),
      options.size === 1 ? [] : peers,
    ),
  );
  const close = async () => {
    await Promise.all(servers.map(server => server.kill()));
    await rm(root, { recursive: true });
  };
  await Promise.all(servers.map(server => server.start()));
  return { servers, close };
};

function localServer(
  options: Required<EnsembleOptions>,
  folder: string,
  number: number,
  [port = 0, tlsPort = 0]: readonly number[],
  peers: readonly string[],
): RunningServer {
  let child: ChildProcess | undefined;
  const signal = async (name: 'SIGSTOP' | 'SIGCONT') => void child?.kill(name);
  return {
    host: '127.0.0.1',
    port,
    tlsPort,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async kill() {
      if (child === undefined || !running.has(child)) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      running.delete(child);
    },
    async start({ wiped = false } = {}) {
      if (wiped) await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const tls = { tlsFolder: fileURLToPath(TLS_FOLDER), tlsPort };
      const lines = [...configurationLines(options, tls), ...peers, ...placeLines(options, folder, port)];
      await writeFile(join(folder, 'zoo.cfg'), `${lines.join('\n')}\n`);
      await writeFile(join(folder, 'myid'), String(number));
      child = spawn('java', [...JAVA, '-cp', CLASS_PATH, MAIN, join(folder, 'zoo.cfg')], { stdio: 'ignore' });
      running.add(child);
    },
  };
}

const MAIN = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';

function placeLines({ tickTimeMs }: Required<EnsembleOptions>, folder: string, port: number): readonly string[] {
  return [
    `tickTime=${tickTimeMs}`,
    `dataDir=${folder}`,
    `clientPort=${port}`,
    'clientPortAddress=127.0.0.1',
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=*',
  ];
}
