// Who may do what. Three schemes: `world` (everyone), `digest` (user and password, compared as a hash), `ip` (what the
// connection's address is). `auth` is not a scheme but a request: put my own identities here.

import { createHash } from 'node:crypto';
import { Permission } from './codes.ts';
import type { Acl, Identity } from './records.ts';

/** What an `auth` packet proves, or null when the scheme is not known or the credentials are malformed. */
export function identify(scheme: string, credentials: Uint8Array): Identity | null {
  if (scheme !== 'digest') return null;
  const text = Buffer.from(credentials).toString('utf8');
  const user = text.split(':')[0] ?? '';
  const hash = createHash('sha1').update(text).digest('base64');
  return { scheme, id: `${user}:${hash}` };
}

/** Whether any entry grants any of the permissions to any of the identities. */
export function isAllowed(acl: readonly Acl[], permissions: number, identities: readonly Identity[]): boolean {
  return acl.some(
    entry =>
      (entry.permissions & permissions) !== 0 &&
      (isEveryone(entry.identity) || identities.some(identity => isSame(identity, entry.identity))),
  );
}

/** The list as it is kept: duplicates gone, `auth` replaced by who is asking. Null when ZooKeeper calls it invalid. */
export function resolveAcl(acl: readonly Acl[], identities: readonly Identity[]): readonly Acl[] | null {
  const resolved: Acl[] = [];
  for (const entry of acl) {
    const entries = resolveEntry(entry, identities);
    if (entries.length === 0) return null;
    resolved.push(...entries.filter(candidate => !resolved.some(known => isSameEntry(known, candidate))));
  }
  return resolved.length === 0 ? null : resolved;
}

/** What somebody who may read but not administer a node gets to see: hashes are hidden. */
export function maskAcl(acl: readonly Acl[], identities: readonly Identity[]): readonly Acl[] {
  if (isAllowed(acl, Permission.admin, identities)) return acl;
  return acl.map(entry =>
    entry.identity.scheme === 'digest'
      ? { ...entry, identity: { scheme: 'digest', id: entry.identity.id.replace(/:.*/, ':x') } }
      : entry,
  );
}

function resolveEntry(entry: Acl, identities: readonly Identity[]): readonly Acl[] {
  const { scheme, id } = entry.identity;
  if (isEveryone(entry.identity)) return [entry];
  if (scheme === 'auth') {
    return identities.filter(each => each.scheme === 'digest').map(identity => ({ ...entry, identity }));
  }
  const known = (scheme === 'digest' && id.split(':').length === 2) || (scheme === 'ip' && id !== '');
  return known ? [entry] : [];
}

function isEveryone(identity: Identity): boolean {
  return identity.scheme === 'world' && identity.id === 'anyone';
}

function isSame(one: Identity, other: Identity): boolean {
  return one.scheme === other.scheme && one.id === other.id;
}

function isSameEntry(one: Acl, other: Acl): boolean {
  return one.permissions === other.permissions && isSame(one.identity, other.identity);
}
