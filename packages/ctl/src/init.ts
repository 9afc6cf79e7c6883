// `vipctl init [SERVICE...]`: the root, its folders, and who may change them. What exists is kept; running it again is harmless.
import { createHash } from 'node:crypto';
import { isName, PLACES, paths } from '@vipkeeper/core';
import type { AclEntry, Permission } from '@vipkeeper/zk';
import { secretOf } from './connection.ts';
import { type Context, confirm } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { show } from './output.ts';
import { listed } from './text.ts';

/** Options of `init`. */
export interface InitOptions {
  readonly services: readonly string[];
  /** `USER:PASSWORD` each: who may do everything. Empty: the tree stays open to everybody. */
  readonly users: readonly string[];
  /** With users: everybody else may read. */
  readonly worldReads: boolean;
}

const ALL: readonly Permission[] = ['read', 'write', 'create', 'delete', 'admin'];

/** The access list for these users, ZooKeeper's `digest` scheme: USER:base64(sha1(USER:PASSWORD)). */
export function aclOf({ users, worldReads }: Pick<InitOptions, 'users' | 'worldReads'>): readonly AclEntry[] {
  const digests = users.map((user): AclEntry => {
    const hash = createHash('sha1').update(user).digest('base64');
    return { scheme: 'digest', id: `${user.split(':')[0]}:${hash}`, permissions: ALL };
  });
  return worldReads ? [...digests, { scheme: 'world', id: 'anyone', permissions: ['read'] }] : digests;
}

/** Reads `USER:PASSWORD` lines. The file must not be readable by others. */
export async function readUsers(io: Io, path: string): Promise<readonly string[]> {
  const lines = (await secretOf('--users', { kind: 'file', path }, io)).split('\n').map(line => line.trim());
  const users = lines.filter(line => line !== '' && !line.startsWith('#'));
  const bad = users.findIndex(user => !/^[^:\s]+:.+$/.test(user));
  if (bad >= 0) throw new CtlError(EXIT.usage, `Cannot read user ${bad + 1} of ${path}: expected USER:PASSWORD`);
  return users;
}

/** Makes what is missing; with users, sets the access lists of root and folders, existing ones as well. */
export async function init(context: Context, options: InitOptions): Promise<ExitCode> {
  const { io, session, root, format } = context;
  const bad = options.services.find(name => !isName(name));
  if (bad !== undefined)
    throw new CtlError(EXIT.usage, `Cannot use service name "${bad}"`, 'letters, digits, "." "_" "-", at most 63');
  const folders = foldersOf(root, options.services);
  const acl = options.users.length === 0 ? null : aclOf(options);
  io.err(
    `Then: ${listed(folders)} exist, ${acl === null ? 'open to everybody' : `open to ${listed(options.users.map(user => user.split(':')[0] ?? ''))}${options.worldReads ? ', others may read' : ' only'}`}.\n`,
  );
  if (acl !== null) await confirm(context, 'Set these access lists?');
  const made: string[] = [];
  for (const folder of folders) {
    if ((await session.exists(folder)) === null) made.push(folder);
    await session.ensurePath(folder, acl === null ? {} : { acl });
    if (acl !== null) await session.setAcl(folder, acl, -1);
  }
  await show(
    io,
    format,
    'Init',
    { root, folders, made },
    () =>
      `${root} is ready (${made.length === 0 ? 'nothing was missing' : `made ${made.length} of ${folders.length} folders`}).\n`,
  );
  return EXIT.done;
}

function foldersOf(root: string, services: readonly string[]): readonly string[] {
  const tree = paths(root);
  const places = PLACES.filter(place => place !== 'maintenance');
  return [
    tree.root,
    tree.vips,
    tree.services,
    ...services.flatMap(name => [tree.service(name).path, ...places.map(place => tree.service(name).place(place))]),
  ];
}
