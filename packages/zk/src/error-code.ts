// ZooKeeper's error numbers and what they mean to a caller. A number that is not here is `unknown`, never an exception.
import type { ZkErrorCode } from './session.ts';

/** Numbers of org.apache.zookeeper.KeeperException.Code that the driver itself acts on. */
export const ERROR = {
  runtimeInconsistency: -2,
  noNode: -101,
  nodeExists: -110,
  sessionExpired: -112,
  sessionMoved: -118,
} as const;

/** True when the server that answered so does not keep our session (any more): its answer proves nothing, and it is to be left. */
export function disownsSession(err: number): boolean {
  return err === ERROR.sessionExpired || err === ERROR.sessionMoved;
}

const CODES: ReadonlyMap<number, readonly [ZkErrorCode, string]> = new Map([
  [-4, ['connection-loss', 'the server lost its connection']],
  [-5, ['invalid', 'the server could not read the request']],
  [-6, ['invalid', 'the server does not know this operation']],
  [-7, ['timeout', 'the operation timed out in the server']],
  [-8, ['invalid', 'the server refused the arguments']],
  [ERROR.noNode, ['no-node', 'there is no such node']],
  [-102, ['no-auth', 'not permitted']],
  [-103, ['bad-version', 'the node has another version']],
  [-108, ['no-children-for-ephemerals', 'ephemeral nodes cannot have children']],
  [ERROR.nodeExists, ['node-exists', 'the node exists already']],
  [-111, ['not-empty', 'the node has children']],
  [ERROR.sessionExpired, ['session-expired', 'the session expired']],
  [-114, ['invalid', 'the server refused the access control list']],
  [-115, ['no-auth', 'the credentials were refused']],
  [ERROR.sessionMoved, ['connection-loss', 'the session moved to another server']],
]);

/** The caller's code and a few words for an error number. */
export function describeError(err: number): { readonly code: ZkErrorCode; readonly reason: string } {
  const [code, words] = CODES.get(err) ?? (['unknown', `the server answered with error ${err}`] as const);
  return { code, reason: CODES.has(err) ? `${words} (error ${err})` : words };
}
