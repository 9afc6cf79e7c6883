// Where tshark and exabgp run: as local programs, or inside a container image when VIPKEEPER_DECODERS is `docker`.
// Everything goes in by arguments and stdin and comes out by stdout, so that both ways are the same to a test.

import { spawn } from 'node:child_process';

const IMAGE = 'vipkeeper-test/decoders';
const LIMIT_MS = 60_000;

/** The command as it is really started. */
export function commandFor(argv: readonly string[], decoders = process.env.VIPKEEPER_DECODERS): readonly string[] {
  return decoders === 'docker' ? ['docker', 'run', '--rm', '-i', '--network', 'none', IMAGE, ...argv] : argv;
}

function missing(program: string): Error {
  const where = program === 'docker' ? 'a Docker engine' : `${program} on this machine`;
  return new Error(
    `Cannot decode: there is no ${where}. Install the programs (apt-get install tshark exabgp), or build the image ` +
      `${IMAGE} (docker/build-images) and set VIPKEEPER_DECODERS=docker.`,
  );
}

/** A shell's way to say that there is no such program. */
const NOT_FOUND = 127;

/**
 * Runs a decoder and gives its stdout; rejects with its stderr when it fails. Bounded to a minute. The arguments follow
 * the program's name inside a shell script's `$@`, where stdin is a real pipe (tshark reads no sockets).
 */
export function runDecoder(script: string, argv: readonly string[], stdin: Uint8Array | string): Promise<string> {
  const [program = '', ...args] = commandFor(['sh', '-c', script, ...argv]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: LIMIT_MS });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? missing(program) : error));
    child.once('close', code => {
      const said = Buffer.concat([...err, ...out])
        .toString()
        .slice(0, 2000);
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(code === NOT_FOUND ? missing(argv[0] ?? '') : new Error(`${argv[0]} ended with ${code}: ${said}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
}
