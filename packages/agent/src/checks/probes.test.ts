import { getEventListeners, setMaxListeners } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commandProbe } from './command.ts';
import { probeHttp } from './http.ts';
import { filledIn, isPerVip } from './probe.ts';
import { parseTarget, probeTcp } from './tcp.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const listen = (server: Server | TcpServer): Promise<number> =>
  new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    open.push(() => {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  });
// A zombie that nobody has reaped yet is not running.
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const never = new AbortController().signal;

describe('an HTTP check', () => {
  it('takes 200 to 399 for good and anything else for bad', async () => {
    const port = await listen(
      createServer((request, response) => {
        response.statusCode = Number(request.url!.slice(1));
        response.end('answer');
      }),
    );
    const ask = (status: number) => probeHttp(`http://127.0.0.1:${port}/${status}`, 1000, never);
    expect(await Promise.all([ask(200), ask(302), ask(404), ask(503)])).toEqual([
      { outcome: 'success', detail: '' },
      { outcome: 'success', detail: '' },
      { outcome: 'failure', detail: 'status 404' },
      { outcome: 'failure', detail: 'status 503' },
    ]);
  });

  it('times out on a server that accepts and says nothing', async () => {
    const port = await listen(createServer(() => {}));
    expect(await probeHttp(`http://127.0.0.1:${port}/`, 50, never)).toEqual({
      outcome: 'timeout',
      detail: 'no answer in 50 ms',
    });
  });

  it('times out on an answer that never ends but trickles', async () => {
    const port = await listen(
      createServer((_request, response) => {
        const timer = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(timer));
      }),
    );
    expect((await probeHttp(`http://127.0.0.1:${port}/`, 80, never)).outcome).toBe('timeout');
  });

  it('does not read an endless body', async () => {
    const port = await listen(
      createServer((_request, response) => {
        const push = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(16384))) {
            // Until the socket is full.
          }
        };
        response.on('drain', push);
        push();
      }),
    );
    expect(await probeHttp(`http://127.0.0.1:${port}/`, 2000, never)).toEqual({ outcome: 'success', detail: '' });
  });

  it('says why nothing answered', async () => {
    const port = await listen(createTcpServer());
    for (const close of open.splice(0)) close();
    expect(await probeHttp(`http://127.0.0.1:${port}/`, 500, never)).toEqual({
      outcome: 'error',
      detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    expect((await probeHttp('http://[oops/', 500, never)).outcome).toBe('error');
  });
});

describe('a TCP check', () => {
  it('is good when the connection is made', async () => {
    const port = await listen(createTcpServer());
    expect(await probeTcp(`127.0.0.1:${port}`, 500, never)).toEqual({ outcome: 'success', detail: '' });
  });

  it('is bad when it is refused', async () => {
    const port = await listen(createTcpServer());
    for (const close of open.splice(0)) close();
    expect(await probeTcp(`127.0.0.1:${port}`, 500, never)).toEqual({
      outcome: 'error',
      detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it('reads host:port and [v6]:port, and nothing else', () => {
    expect(['h:1', '[::1]:80', '::1:80', 'h:0', 'h:70000', 'h'].map(parseTarget)).toEqual([
      { host: 'h', port: 1 },
      { host: '::1', port: 80 },
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('a command check', () => {
  const sh = (script: string) => commandProbe(['/bin/sh', '-c', script], {});

  it('is good on exit status 0, and otherwise says status and first line', async () => {
    expect(await sh('exit 0')(1000, never)).toEqual({ outcome: 'success', detail: '' });
    expect(await sh('echo no pool; echo more; exit 3')(1000, never)).toEqual({
      outcome: 'failure',
      detail: 'exit status 3: no pool',
    });
    expect(await sh('kill -9 $$')(1000, never)).toEqual({ outcome: 'failure', detail: 'killed by SIGKILL' });
  });

  it('says so when the command does not exist', async () => {
    expect(await commandProbe(['/nonexistent/check'], {})(1000, never)).toEqual({
      outcome: 'error',
      detail: 'spawn /nonexistent/check ENOENT',
    });
  });

  it('is told service and VIP, and nothing of our environment beyond the usual', async () => {
    process.env.VIPKEEPER_TEST_SECRET = 'hush';
    const probe = commandProbe(['/bin/sh', '-c', 'echo "$VIPKEEPER_VIP:$VIPKEEPER_TEST_SECRET"; exit 1'], {
      VIPKEEPER_VIP: '192.0.2.1',
    });
    expect((await probe(1000, never)).detail).toBe('exit status 1: 192.0.2.1:');
    delete process.env.VIPKEEPER_TEST_SECRET;
  });

  it('kills the whole group when time is up, forks that ignore SIGTERM included', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vipkeeper-check-'));
    const pidFile = join(directory, 'pid');
    const result = await sh(
      `(trap '' TERM; echo $(exec sh -c 'echo $PPID') > ${pidFile}; while :; do sleep 1; done) & wait`,
    )(300, never);
    expect(result).toEqual({ outcome: 'timeout', detail: 'not done in 300 ms' });
    expect(existsSync(pidFile)).toBe(true);
    const pid = readFileSync(pidFile, 'utf8').trim();
    expect(isRunning(Number(pid))).toBe(false);
    rmSync(directory, { recursive: true });
  });

  it('does not wait for a background child that holds the output open', async () => {
    expect(await sh('sleep 30 & exit 0')(5000, never)).toEqual({ outcome: 'success', detail: '' });
  });

  it('stops a command that prints without end', async () => {
    expect(await sh('while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done')(5000, never)).toEqual({
      outcome: 'error',
      detail: 'printed over 65536 bytes',
    });
  });

  it('ends at once when it is told to stop', async () => {
    const abort = new AbortController();
    const asked = sh('sleep 30')(30_000, abort.signal);
    abort.abort();
    expect(await asked).toEqual({ outcome: 'error', detail: 'stopped' });
  });

  it('runs a bounded number at once, and a check without a place says so', async () => {
    const abort = new AbortController();
    setMaxListeners(16, abort.signal);
    const hung = Array.from({ length: 16 }, () => sh('sleep 30')(30_000, abort.signal));
    expect(await sh('exit 0')(50, never)).toEqual({ outcome: 'timeout', detail: '16 commands run already' });
    abort.abort();
    await Promise.all(hung);
    expect(await sh('exit 0')(1000, never)).toEqual({ outcome: 'success', detail: '' });
  });
});

describe('every probe', () => {
  it('leaves nothing behind on the signal that outlives it, and ends when it is aborted', async () => {
    const hung = await listen(createServer(() => {}));
    for (const ask of [
      (signal: AbortSignal) => probeHttp(`http://127.0.0.1:${hung}/`, 5000, signal),
      (signal: AbortSignal) => probeTcp(`127.0.0.1:${hung}`, 5000, signal),
      (signal: AbortSignal) => commandProbe(['/bin/sleep', '30'], {})(5000, signal),
    ]) {
      const abort = new AbortController();
      const asked = ask(abort.signal);
      abort.abort();
      expect((await asked).outcome).toBe('error');
    }
    const { signal } = new AbortController();
    await probeHttp(`http://127.0.0.1:${hung}/`, 20, signal);
    await probeTcp(`127.0.0.1:${hung}`, 500, signal);
    await commandProbe(['/bin/sh', '-c', 'exit 0'], {})(500, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('{vip}', () => {
  it('is filled in, with brackets where an address needs them', () => {
    expect(filledIn({ kind: 'http', url: 'http://{vip}:80/' }, '2001:db8::1')).toEqual({
      kind: 'http',
      url: 'http://[2001:db8::1]:80/',
    });
    expect(filledIn({ kind: 'tcp', target: '{vip}:443' }, '192.0.2.1')).toEqual({
      kind: 'tcp',
      target: '192.0.2.1:443',
    });
    expect(filledIn({ kind: 'command', argv: ['/c', '{vip}'] }, '2001:db8::1')).toEqual({
      kind: 'command',
      argv: ['/c', '2001:db8::1'],
    });
  });

  it('makes a check one per VIP', () => {
    expect([
      isPerVip({ kind: 'tcp', target: '{vip}:443' }),
      isPerVip({ kind: 'tcp', target: '127.0.0.1:443' }),
      isPerVip({ kind: 'command', argv: ['/c', '--ip={vip}'] }),
    ]).toEqual([true, false, true]);
  });
});
