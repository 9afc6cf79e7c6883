// One fresh standalone ZooKeeper from the jars that the zookeeper package installs, on a free port, in a directory of its
// own that goes away with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const JARS = ['zookeeper.jar', 'slf4j-simple.jar'].map(jar => `/usr/share/java/${jar}`).join(':');
const START_LIMIT_MS = 60_000;

/** Resolves when the server serves; rejects when it ends before or is not up within a minute. */
export async function startRealZooKeeper(tickTimeMs: number): Promise<{ port: number; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'vipkeeper-zookeeper-'));
  const port = await freePort();
  const file = join(directory, 'zoo.cfg');
  await writeFile(file, configuration(directory, port, tickTimeMs));
  const server = spawn('java', ['-Xmx128m', '-cp', JARS, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', file], {
    stdio: 'ignore',
  });
  const exited = once(server, 'exit');
  const stop = async () => {
    server.kill('SIGKILL');
    await exited;
    await rm(directory, { recursive: true });
  };
  if (await serves(port, exited)) return { port, stop };
  await stop();
  throw new Error(`ZooKeeper did not serve on port ${port} within ${START_LIMIT_MS} ms`);
}

function configuration(directory: string, port: number, tickTimeMs: number): string {
  const lines = [
    `tickTime=${tickTimeMs}`,
    `dataDir=${directory}/data`,
    `clientPort=${port}`,
    'clientPortAddress=127.0.0.1',
    'maxClientCnxns=0',
    'admin.enableServer=false',
  ];
  return `${lines.join('\n')}\n`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** It accepts connections a little before it serves them, so accepting is not enough. */
async function serves(port: number, exited: Promise<unknown>): Promise<boolean> {
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  const giveUpAtMs = performance.now() + START_LIMIT_MS;
  while (!hasExited && performance.now() < giveUpAtMs) {
    if ((await askStatus(port)).includes('Mode:')) return true;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return false;
}

/** The answer to the health-check word `srvr`, empty when nobody answers. */
function askStatus(port: number): Promise<string> {
  return new Promise(resolve => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('srvr'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', chunk => {
      answer += chunk.toString();
    });
    socket.on('error', () => {}).on('close', () => resolve(answer));
  });
}
