import { expect, it } from 'vitest';
import { decodeStat, hexOfLong, permissionBits } from './stat-codec.ts';

const long = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

it('writes 64-bit numbers as unsigned hex without leading zeros', () => {
  expect([0n, 255n, 0x1000_0000_0000_0001n, -1n].map(value => hexOfLong(long(value)))).toEqual([
    '0',
    'ff',
    '1000000000000001',
    'ffffffffffffffff',
  ]);
});

it('decodes a stat', () => {
  const wire = {
    czxid: long(4n),
    mzxid: long(0x10n),
    ctime: long(1_700_000_000_000n),
    mtime: long(1_700_000_000_001n),
    version: 2,
    cversion: -1,
    ephemeralOwner: long(0x100001eb8b90000n),
    numChildren: 3,
    pzxid: long(0x1f00000002n),
  };
  expect(decodeStat(wire)).toEqual({
    czxid: '4',
    mzxid: '10',
    pzxid: '1f00000002',
    ctimeMs: 1_700_000_000_000,
    mtimeMs: 1_700_000_000_001,
    version: 2,
    cversion: -1,
    ephemeralOwner: '100001eb8b90000',
    numChildren: 3,
  });
});

it('adds permissions up', () => {
  expect(
    [[], ['read'], ['read', 'read'], ['read', 'write', 'create', 'delete', 'admin']].map(each =>
      permissionBits(each as never),
    ),
  ).toEqual([0, 1, 1, 31]);
});
