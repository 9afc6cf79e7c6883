/**
 * ZooKeeper sessions that tell the truth about themselves: lease-based state, epochs, watched paths that are fresh or
 * dirty, and no operation that hangs.
 * @packageDocumentation
 */
export { connect } from './connect.ts';
export { formatServer, parseServer, parseServers, type Server } from './server-list.ts';
export * from './session.ts';
