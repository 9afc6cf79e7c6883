// Run by client-process.ts: `close` connects (or tries to for a while), closes, and should then end by itself; `sleep`
// registers an ephemeral and reports what it believes in the first turn after it was stopped for long.
import type { ZkSession } from '../../packages/zk/src/session.ts';
import { DRIVERS, type DriverName } from './driver.ts';

const [, , driverName = 'hardened', program = 'close', port = '0', path = '/'] = process.argv;
const servers = [{ host: '127.0.0.1', port: Number(port) }];
const session = DRIVERS[driverName as DriverName]({ servers, sessionTimeoutMs: 2000 });

void (program === 'close' ? closeSoon() : sleep());

async function closeSoon(): Promise<void> {
  const giveUpAtMs = performance.now() + 1000;
  while (session.state.kind !== 'connected' && performance.now() < giveUpAtMs) await turn(10);
  await session.close();
}

async function sleep(): Promise<void> {
  await connected(session);
  await session.create(path, new Uint8Array(), { ephemeral: true });
  await session.get(path, { watch: true });
  report({ kind: 'registered' });
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - lastMs > 1500) reportWaking(nowMs);
    lastMs = nowMs;
  }, 5);
}

function reportWaking(nowMs: number): void {
  const leaseValid = session.leaseUntilMs > nowMs;
  report({ kind: 'woke', leaseValid, connected: session.state.kind === 'connected', fresh: session.isFresh(path) });
  void connected(session).then(() => {
    if (session.state.kind === 'connected') report({ kind: 'reconnected', epoch: session.state.epoch });
  });
}

async function connected(each: ZkSession): Promise<void> {
  while (each.state.kind !== 'connected') await turn(5);
}

function turn(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

function report(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
