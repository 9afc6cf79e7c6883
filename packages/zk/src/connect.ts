// The door to the driver: fills in the defaults, refuses what could never work, and lets the session connect by itself.
import { createSecureContext } from 'node:tls';
import { LiveSession } from './live-session.ts';
import { pathProblem } from './node-path.ts';
import { ZkError, type ZkOptions, type ZkSession } from './session.ts';

/**
 * Starts a session and returns at once, `connecting`. Servers that cannot be reached are tried again for ever.
 *
 * Throws {@link ZkError} `invalid` for options that could never work: no servers, an impossible port or chroot, a session
 * timeout that is not positive, TLS material that cannot be read.
 *
 * @example
 * const session = connect({ servers: [{ host: '10.0.0.1', port: 2181 }], sessionTimeoutMs: 4000 });
 * session.onState(state => console.log(state.kind));
 */
export function connect(options: ZkOptions): ZkSession {
  const chroot = options.chroot === '/' ? '' : (options.chroot ?? '');
  const problem = optionsProblem(options, chroot);
  if (problem !== undefined) throw new ZkError('invalid', chroot || '/', `Cannot connect to ZooKeeper: ${problem}`);
  return new LiveSession({
    ...options,
    chroot,
    clock: options.clock ?? (() => performance.now()),
    random: options.random ?? Math.random,
    log: options.log ?? (() => undefined),
  });
}

function optionsProblem(options: ZkOptions, chroot: string): string | undefined {
  const { servers, sessionTimeoutMs, operationTimeoutMs, tls } = options;
  if (servers.length === 0) return 'there are no servers';
  const badPort = servers.find(({ port }) => !(Number.isInteger(port) && port > 0 && port < 65536));
  if (badPort !== undefined) return `port ${badPort.port} of ${badPort.host} is not 1 to 65535`;
  if (!(sessionTimeoutMs > 0)) return `session timeout is ${sessionTimeoutMs} ms`;
  if (operationTimeoutMs !== undefined && !(operationTimeoutMs > 0))
    return `operation timeout is ${operationTimeoutMs} ms`;
  const badChroot = chroot === '' ? undefined : pathProblem(chroot);
  if (badChroot !== undefined) return `chroot "${chroot}": ${badChroot}`;
  return tls === undefined ? undefined : tlsProblem(tls);
}

function tlsProblem({ ca, cert, key }: NonNullable<ZkOptions['tls']>): string | undefined {
  try {
    createSecureContext({ ca, cert, key });
    return undefined;
  } catch (error) {
    return `TLS material: ${error instanceof Error ? error.message : String(error)}`;
  }
}
