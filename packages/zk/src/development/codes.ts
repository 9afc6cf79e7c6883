// Numbers that travel: result codes, operation codes, event types, permissions. They are ZooKeeper's public protocol.

/** Result codes of a reply, by ZooKeeper's own names. */
export const Code = {
  ok: 0,
  runtimeInconsistency: -2,
  marshallingError: -5,
  unimplemented: -6,
  badArguments: -8,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  invalidAcl: -114,
  authFailed: -115,
} as const;

/** Operations this server answers. Everything else is answered `unimplemented`, as an older ZooKeeper would. */
export const OpCode = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  auth: 100,
  setWatches: 101,
  closeSession: -11,
  error: -1,
} as const;

/** The name of an operation, as fault switches and logs spell it. */
export type OpName = keyof typeof OpCode;

/** Transaction ids that are not a client's counter but a fixed meaning. */
export const NOTIFICATION_XID = -1;

/** What happened to a node, as a watch event says it. */
export const EventType = { created: 1, deleted: 2, changed: 3, children: 4 } as const;

/** The name of an event type. */
export type EventKind = keyof typeof EventType;

/** Bits of an access control entry. */
export const Permission = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;
