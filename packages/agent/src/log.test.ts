import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog, type Log, type LogLevel } from './log.ts';
import { outputTo } from './output.ts';

function logTo(
  level: LogLevel,
  clock = (): number => 0,
): { readonly log: Log; readonly lines: () => readonly unknown[] } {
  const written: string[] = [];
  const log = createLog({ level, clock, destination: { write: line => void written.push(line) } });
  const lines = () =>
    written.map(line => {
      const { time: _time, ...rest } = JSON.parse(line) as Record<string, unknown>;
      return rest;
    });
  return { log, lines };
}

describe('a log', () => {
  it('writes one JSON object per line, with level and message as words', () => {
    const { log, lines } = logTo('info');
    log.child({ part: 'bgp' }).info({ peer: '192.0.2.9' }, 'session up');
    expect(lines()).toEqual([{ level: 'info', part: 'bgp', peer: '192.0.2.9', msg: 'session up' }]);
  });

  it('leaves out what is below its level, which may change, for children too', () => {
    const { log, lines } = logTo('warn');
    const child = log.child({});
    child.info({}, 'quiet');
    log.setLevel('debug');
    child.debug({}, 'loud');
    expect(lines()).toEqual([{ level: 'debug', msg: 'loud' }]);
  });

  it('never shows a secret', () => {
    const { log, lines } = logTo('info');
    log.info({ password: 'x', zookeeper: { auth: 'user:x' }, tls: { files: { key: 'x' } } }, 'options');
    expect(JSON.stringify(lines())).not.toContain('x"');
    expect(lines()).toEqual([
      {
        level: 'info',
        password: '[redacted]',
        zookeeper: { auth: '[redacted]' },
        tls: { files: { key: '[redacted]' } },
        msg: 'options',
      },
    ]);
  });

  it('limits one message that repeats, counts what it left out, and leaves others alone', () => {
    let nowMs = 0;
    const { log, lines } = logTo('info', () => nowMs);
    for (let i = 0; i < 100; i++) log.info({}, 'flood');
    log.info({}, 'other');
    nowMs = 10_000;
    log.info({}, 'flood');
    expect(lines().length).toBe(32);
    expect(lines().slice(-2)).toEqual([
      { level: 'info', msg: 'other' },
      { level: 'info', leftOut: 70, msg: 'flood' },
    ]);
  });

  it('survives a destination that throws', () => {
    const log = createLog({
      level: 'info',
      clock: () => 0,
      destination: {
        write: () => {
          throw new Error('no space left');
        },
      },
    });
    expect(() => log.info({}, 'lost')).not.toThrow();
  });

  it('survives a file that cannot be written to, and goes on with one that can', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vipkeeper-log-'));
    const path = join(directory, 'log');
    writeFileSync(path, '');
    const readOnly = openSync(path, 'r');
    const bad = createLog({ level: 'info', clock: () => 0, destination: outputTo(readOnly) });
    bad.info({}, 'lost');
    const writable = openSync(path, 'a');
    createLog({ level: 'info', clock: () => 0, destination: outputTo(writable) }).info({}, 'kept');
    await expect.poll(() => readFileSync(path, 'utf8')).toContain('kept');
    bad.info({}, 'lost as well');
    expect(readFileSync(path, 'utf8')).not.toContain('lost');
    closeSync(readOnly);
    closeSync(writable);
    rmSync(directory, { recursive: true });
  });
});
