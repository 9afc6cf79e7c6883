// Wire records to the port's words, and back. 64-bit numbers travel as eight octets and leave as lower-case hex.
import type { AclEntry, Permission, Stat } from './session.ts';

/** ZooKeeper's Stat record as the library hands it over: longs are 8 octets, big-endian. */
export interface WireStat {
  readonly czxid: Buffer;
  readonly mzxid: Buffer;
  readonly ctime: Buffer;
  readonly mtime: Buffer;
  readonly version: number;
  readonly cversion: number;
  readonly ephemeralOwner: Buffer;
  readonly numChildren: number;
  readonly pzxid: Buffer;
}

/** Eight octets as unsigned lower-case hex without leading zeros; `'0'` for zero. */
export function hexOfLong(long: Buffer): string {
  return long.readBigUInt64BE(0).toString(16);
}

/** The port's Stat. */
export function decodeStat(wire: WireStat): Stat {
  return {
    czxid: hexOfLong(wire.czxid),
    mzxid: hexOfLong(wire.mzxid),
    pzxid: hexOfLong(wire.pzxid),
    ctimeMs: Number(wire.ctime.readBigInt64BE(0)),
    mtimeMs: Number(wire.mtime.readBigInt64BE(0)),
    version: wire.version,
    cversion: wire.cversion,
    ephemeralOwner: hexOfLong(wire.ephemeralOwner),
    numChildren: wire.numChildren,
  };
}

const PERMISSION_BITS: Readonly<Record<Permission, number>> = { read: 1, write: 2, create: 4, delete: 8, admin: 16 };

/** Everybody may do everything: ZooKeeper's default. */
export const OPEN_ACL: readonly AclEntry[] = [
  { scheme: 'world', id: 'anyone', permissions: ['read', 'write', 'create', 'delete', 'admin'] },
];

/** The permissions' bits, as org.apache.zookeeper.ZooDefs.Perms has them. */
export function permissionBits(permissions: readonly Permission[]): number {
  return permissions.reduce((bits, permission) => bits | PERMISSION_BITS[permission], 0);
}
