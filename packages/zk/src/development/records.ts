// The records that several messages share: identities, access control entries, and a node's statistics.

import type { JuteReader, JuteWriter } from './jute.ts';

/** Who somebody is, or who an entry is for: `{scheme: 'digest', id: 'user:hash'}`. */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/** One access control entry. `permissions` is the bit set of `Permission`. */
export interface Acl {
  readonly permissions: number;
  readonly identity: Identity;
}

/** A node's statistics as they travel. Times are milliseconds since the Unix epoch. */
export interface WireStat {
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: bigint;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: bigint;
}

/** Open to everyone, as `create` without a list means in every client. */
export const OPEN_ACL: readonly Acl[] = [{ permissions: 31, identity: { scheme: 'world', id: 'anyone' } }];

// ACL  perms(4) scheme(string) id(string)
export function readAcl(reader: JuteReader): Acl[] {
  return reader.vector(
    () => ({ permissions: reader.int(), identity: { scheme: reader.string(), id: reader.string() } }),
    12,
  );
}

export function writeAcl(writer: JuteWriter, acl: readonly Acl[]): void {
  writer.vector(acl, entry => {
    writer.int(entry.permissions).string(entry.identity.scheme).string(entry.identity.id);
  });
}

// Stat  czxid(8) mzxid(8) ctime(8) mtime(8) version(4) cversion(4) aversion(4) ephemeralOwner(8) dataLength(4)
//       numChildren(4) pzxid(8)
export function writeStat(writer: JuteWriter, stat: WireStat): void {
  writer.long(stat.czxid).long(stat.mzxid).long(BigInt(stat.ctimeMs)).long(BigInt(stat.mtimeMs));
  writer.int(stat.version).int(stat.cversion).int(stat.aversion).long(stat.ephemeralOwner);
  writer.int(stat.dataLength).int(stat.numChildren).long(stat.pzxid);
}
