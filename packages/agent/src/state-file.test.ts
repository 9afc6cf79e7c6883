import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Remembered } from '@vipkeeper/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { heardLog } from './fixture.ts';
import { stateFileAt } from './state-file.ts';

let directory: string;
let nowMs: number;
const clock = (): number => nowMs;

beforeEach(() => {
  nowMs = 100_000;
  directory = mkdtempSync(join(tmpdir(), 'vipkeeper-state-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

const remembered: Remembered = {
  version: 1,
  agent: 'lb-r1',
  services: [
    { name: 'apex', maintenance: true, drains: ['lb-r2'], owners: { '192.0.2.1': 'lb-r1', '192.0.2.2': null } },
  ],
};

describe('the state file', () => {
  it('gives back what was remembered, and leaves no other file behind', async () => {
    const { log, lines } = heardLog();
    const path = join(directory, 'deep', 'state.json');
    const file = stateFileAt(path, log, clock);
    expect(await file.read('lb-r1')).toBe(null);
    file.remember({ ...remembered, services: [] });
    file.remember(remembered);
    await file.settled();
    expect(await stateFileAt(path, log, clock).read('lb-r1')).toEqual(remembered);
    expect(readdirSync(join(directory, 'deep'))).toEqual(['state.json']);
    expect(lines).toEqual([]);
  });

  it('is written only when something changed', async () => {
    const path = join(directory, 'state.json');
    const file = stateFileAt(path, heardLog().log, clock);
    file.remember(remembered);
    await file.settled();
    writeFileSync(path, 'by hand');
    file.remember({ ...remembered });
    await file.settled();
    expect(readFileSync(path, 'utf8')).toBe('by hand');
  });

  it('takes garbage, a newer version and the file of another agent for nothing, and says so', async () => {
    const path = join(directory, 'state.json');
    const { log, lines } = heardLog();
    for (const text of [
      '{"version":',
      '{"version":2}',
      '[]',
      '{"version":1,"agent":"lb-r1","services":[{"name":1}]}',
    ]) {
      writeFileSync(path, text);
      expect(await stateFileAt(path, log, clock).read('lb-r1')).toBe(null);
    }
    writeFileSync(path, JSON.stringify(remembered));
    expect(await stateFileAt(path, log, clock).read('lb-r9')).toBe(null);
    expect(lines.map(({ level, message, fields }) => [level, message, fields.error])).toEqual([
      ['warn', 'state file ignored', expect.stringContaining('JSON')],
      ['warn', 'state file ignored', 'version is 2, expected 1'],
      ['warn', 'state file ignored', 'it is not an object'],
      ['warn', 'state file ignored', 'a service has no name'],
      ['warn', 'state file ignored', 'it was written by agent lb-r1, this is lb-r9'],
    ]);
  });

  it('warns where it cannot be written, goes on, and tries again later', async () => {
    const blocker = join(directory, 'blocker');
    writeFileSync(blocker, '');
    const { log, lines } = heardLog();
    const file = stateFileAt(join(blocker, 'state.json'), log, clock);
    file.remember(remembered);
    await file.settled();
    file.remember({ ...remembered, services: [] });
    await file.settled();
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual(['warn state file not written']);
    rmSync(blocker);
    nowMs += 10_000;
    file.remember(remembered);
    await file.settled();
    expect(JSON.parse(readFileSync(join(blocker, 'state.json'), 'utf8'))).toEqual(remembered);
  });

  it('tries again by itself when there is nothing new to remember', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const blocker = join(directory, 'blocker');
    writeFileSync(blocker, '');
    const file = stateFileAt(join(blocker, 'state.json'), heardLog().log, clock);
    file.remember(remembered);
    await file.settled();
    rmSync(blocker);
    nowMs += 10_000;
    vi.advanceTimersByTime(10_000);
    await file.settled();
    expect(JSON.parse(readFileSync(join(blocker, 'state.json'), 'utf8'))).toEqual(remembered);
  });
});
