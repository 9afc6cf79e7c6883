/**
 * An in-memory ZooKeeper that speaks the real protocol, with switches for faults. For development and tests only: it
 * keeps nothing on disk, knows no ensemble, and asks nobody for permission beyond access control lists.
 * @packageDocumentation
 * @example
 * const zooKeeper = await startDevelopmentServer({ tickTimeMs: 200 });
 * // ... connect any ZooKeeper client to 127.0.0.1:zooKeeper.port
 * await zooKeeper.close();
 */

export type { OpName } from './codes.ts';
export { type DevelopmentServer, type DevelopmentServerOptions, type Log, startDevelopmentServer } from './server.ts';
