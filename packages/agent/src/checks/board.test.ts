import { createServer, type Server } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CheckBoard, type CheckSettings, createBoard, type ServiceChecks } from './board.ts';
import { nextDue } from './schedule.ts';

const timing = { intervalMs: 20, fastIntervalMs: 10, timeoutMs: 200, rise: 2, fall: 2 };
let server: Server;
let port = 0;
let board: CheckBoard;
let seen: string[];
let waiters: { readonly wanted: string; readonly resolve: () => void }[];

const heard = (line: string): void => {
  seen.push(line);
  for (const waiter of waiters) if (waiter.wanted === line) waiter.resolve();
};
const until = (wanted: string): Promise<void> =>
  seen.includes(wanted) ? Promise.resolve() : new Promise(resolve => waiters.push({ wanted, resolve }));

beforeEach(async () => {
  seen = [];
  waiters = [];
  server = createServer(socket => socket.end());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
  board = createBoard({
    clock: () => performance.now(),
    onHealth: (service, vip, health, detail) => heard([service, vip, health, detail].filter(Boolean).join(' ')),
    onProbe: (row, result) => heard(`probe ${row.check} ${row.vip} ${result.outcome}`),
  });
});
afterEach(() => {
  board.stop();
  server.close();
});

const tcp = (name: string, target: string): CheckSettings => ({ name, probe: { kind: 'tcp', target }, timing });
const apex = (checks: readonly CheckSettings[], require: ServiceChecks['require'] = 'all'): ServiceChecks[] => [
  { service: 'apex', checks, require },
];
const healthLines = (): readonly string[] => seen.filter(line => !line.startsWith('probe'));

describe('the board', () => {
  it('takes VIPs without checks for passing', () => {
    board.configure(apex([]));
    board.serve(new Map([['apex', ['192.0.2.1']]]));
    expect(healthLines()).toEqual(['apex 192.0.2.1 passing']);
  });

  it('asks a check once per service, and its verdict stands for all VIPs', async () => {
    board.configure(apex([tcp('tcp', `127.0.0.1:${port}`)]));
    board.serve(new Map([['apex', ['192.0.2.1', '192.0.2.2']]]));
    await until('apex 192.0.2.2 passing');
    expect(healthLines()).toEqual([
      'apex 192.0.2.1 unknown',
      'apex 192.0.2.2 unknown',
      'apex 192.0.2.1 passing',
      'apex 192.0.2.2 passing',
    ]);
    expect(board.rows().map(({ check, vip }) => [check, vip])).toEqual([['tcp', null]]);
  });

  it('asks a check with {vip} for each VIP, and says which check fails and why', async () => {
    board.configure(apex([tcp('tcp', `{vip}:${port}`)]));
    board.serve(new Map([['apex', ['127.0.0.1', '127.0.0.9']]]));
    await until('apex 127.0.0.1 passing');
    const failing = `apex 127.0.0.9 failing check tcp: connect ECONNREFUSED 127.0.0.9:${port}`;
    await until(failing);
    expect(board.rows().map(({ vip, verdict }) => [vip, verdict.health])).toEqual([
      ['127.0.0.1', 'passing'],
      ['127.0.0.9', 'failing'],
    ]);
  });

  it('keeps the verdict of a check that a reload leaves alone, and starts none twice', async () => {
    board.configure(apex([tcp('tcp', `127.0.0.1:${port}`)]));
    board.serve(new Map([['apex', ['192.0.2.1']]]));
    await until('apex 192.0.2.1 passing');
    const before = board.rows();
    board.configure(apex([{ ...tcp('tcp', `127.0.0.1:${port}`), timing: { ...timing, intervalMs: 5000 } }]));
    expect(board.rows()).toEqual(before);
    expect(healthLines()).toEqual(['apex 192.0.2.1 unknown', 'apex 192.0.2.1 passing']);
  });

  it('leaves a passing VIP passing until a check added by a reload has a verdict', async () => {
    board.configure(apex([tcp('tcp', `127.0.0.1:${port}`)]));
    board.serve(new Map([['apex', ['192.0.2.1']]]));
    await until('apex 192.0.2.1 passing');
    board.configure(apex([tcp('tcp', `127.0.0.1:${port}`), tcp('other', `127.0.0.9:${port}`)]));
    await until(`apex 192.0.2.1 failing check other: connect ECONNREFUSED 127.0.0.9:${port}`);
    expect(healthLines()).toEqual([
      'apex 192.0.2.1 unknown',
      'apex 192.0.2.1 passing',
      `apex 192.0.2.1 failing check other: connect ECONNREFUSED 127.0.0.9:${port}`,
    ]);
  });

  it('passes with any one of several where that is enough', async () => {
    board.configure(apex([tcp('good', `127.0.0.1:${port}`), tcp('bad', `127.0.0.9:${port}`)], 'any'));
    board.serve(new Map([['apex', ['192.0.2.1']]]));
    await until('apex 192.0.2.1 passing');
  });

  it('forgets a VIP that is served no more', async () => {
    board.configure(apex([tcp('tcp', `{vip}:${port}`)]));
    board.serve(new Map([['apex', ['127.0.0.1']]]));
    await until('apex 127.0.0.1 passing');
    board.serve(new Map());
    expect(healthLines().at(-1)).toBe('apex 127.0.0.1 unknown');
    expect(board.rows()).toEqual([]);
  });
});

describe('nextDue', () => {
  it('stays on the grid however late the answer came, and skips what was missed', () => {
    expect([
      nextDue(1000, 200, 1003),
      nextDue(1000, 200, 1199),
      nextDue(1000, 200, 1450),
      nextDue(1000, 200, 9999),
    ]).toEqual([1200, 1200, 1600, 10_000]);
  });
});
