import type { ProcessIdentity } from '@vipkeeper/core';
import { describe, expect, it } from 'vitest';
import { lookUp, newLife, ownIdentity, parseStat, probeLife } from './process-identity.ts';

const me: ProcessIdentity = {
  host: 'lb-r1',
  pid: 100,
  machineId: 'm1',
  bootId: 'b1',
  pidNamespace: 'pid:[1]',
  startTime: '5000',
  version: '0.1.0',
};
const former = { ...me, pid: 42, startTime: '4000' };

describe('probeLife', () => {
  it('says gone when the kernel knows no such process', () => {
    expect(probeLife(former, me, () => null)).toBe('gone');
  });

  it('says gone when the pid belongs to a process that started at another time', () => {
    expect(probeLife(former, me, () => ({ state: 'S', startTime: '4001' }))).toBe('gone');
  });

  it('says gone for a zombie', () => {
    expect(probeLife(former, me, () => ({ state: 'Z', startTime: '4000' }))).toBe('gone');
  });

  it('says alive for the very process, asleep or stopped', () => {
    for (const state of ['S', 'R', 'T', 'D'])
      expect(probeLife(former, me, () => ({ state, startTime: '4000' }))).toBe('alive');
  });

  it('knows nothing of another machine, another boot, another pid namespace, or where ids are missing', () => {
    const others: readonly Partial<ProcessIdentity>[] = [
      { machineId: 'm2' },
      { bootId: 'b2' },
      { pidNamespace: 'pid:[2]' },
      { pid: 0 },
      { pid: 1.5 },
    ];
    for (const other of others) expect(probeLife({ ...former, ...other }, me, () => null)).toBe('unknown');
    for (const missing of ['machineId', 'bootId', 'pidNamespace'] as const) {
      const blank = { [missing]: '' };
      expect(probeLife({ ...former, ...blank }, { ...me, ...blank }, () => null)).toBe('unknown');
    }
  });

  it('knows nothing of a process it may not read', () => {
    expect(probeLife(former, me, () => 'unreadable')).toBe('unknown');
  });
});

describe('lookUp', () => {
  it('finds this process by its own record, where there is a /proc', () => {
    const own = ownIdentity('0.1.0');
    const expected = own.startTime === '' ? 'unreadable' : expect.objectContaining({ startTime: own.startTime });
    expect(lookUp(process.pid)).toEqual(expected);
  });

  it('finds no process for a pid beyond the largest', () => {
    expect(lookUp(2 ** 30)).toBe(null);
  });
});

describe('parseStat', () => {
  it('is not led astray by brackets and blanks in the name', () => {
    const after = Array.from({ length: 30 }, (_, index) => String(index + 3))
      .join(' ')
      .replace(/^3 /, 'S ');
    expect(parseStat(`7 (a) b) ${after}`)).toEqual({ state: 'S', startTime: '22' });
    expect(parseStat('')).toBe(null);
  });
});

describe('newLife', () => {
  it('never repeats', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newLife(0))).size).toBe(1000);
  });
});
