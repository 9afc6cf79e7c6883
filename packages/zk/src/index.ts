/**
 * ZooKeeper sessions that tell the truth about themselves: lease-based state, epochs, watched paths that are fresh or
 * dirty, and no operation that hangs.
 * @packageDocumentation
 */
export * from './session.ts';
