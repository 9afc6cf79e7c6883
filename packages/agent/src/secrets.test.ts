import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDigest, readSecret } from './secrets.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipkeeper-secret-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const fileWith = (mode: number): string => {
  const path = join(directory, 'secret');
  writeFileSync(path, 'user:word\n');
  chmodSync(path, mode);
  return path;
};

describe('readSecret', () => {
  it('reads a private file without its final line break', () => {
    expect(readSecret({ kind: 'file', path: fileWith(0o600) })).toBe('user:word');
  });

  it('refuses a file that others may read or change, and does not say what is in it', () => {
    for (const mode of [0o604, 0o644, 0o602, 0o620]) {
      const path = fileWith(mode);
      const shown = mode.toString(8).padStart(4, '0');
      expect(() => readSecret({ kind: 'file', path })).toThrow(
        `Cannot use secret file ${path}: its mode is ${shown}, expected 0600: others may read or change it`,
      );
    }
  });

  it('refuses a file that is missing or none', () => {
    const path = join(directory, 'none');
    expect(() => readSecret({ kind: 'file', path })).toThrow(`Cannot use secret file ${path}: it does not exist`);
    expect(() => readSecret({ kind: 'file', path: directory })).toThrow('it is not a file');
  });

  it('refuses a file with nothing in it', () => {
    const path = fileWith(0o600);
    writeFileSync(path, '\n');
    expect(() => readSecret({ kind: 'file', path })).toThrow(`Cannot use secret file ${path}: it is empty`);
  });

  it('wants a user and a password for ZooKeeper, and shows neither', () => {
    const refused = ['hunter2', ':hunter2', 'user:'].map(value => {
      try {
        return readDigest({ kind: 'env', name: 'ZK' }, { ZK: value });
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(refused).toEqual(Array(3).fill('Cannot use secret variable ZK: it is not of the form USER:PASSWORD'));
    expect(readDigest({ kind: 'env', name: 'ZK' }, { ZK: 'user:w:o' })).toBe('user:w:o');
  });

  it('reads the environment, and refuses what is not set', () => {
    expect(readSecret({ kind: 'env', name: 'ZK' }, { ZK: 'user:word' })).toBe('user:word');
    expect(() => readSecret({ kind: 'env', name: 'ZK' }, {})).toThrow('Cannot use secret variable ZK: it is not set');
  });
});
