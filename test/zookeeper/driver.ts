// The drivers a fault suite can be run on. `hardened` is the product's; the others exist to show that each case can fail.
import { connect } from '../../packages/zk/src/index.ts';
import type { ZkOptions, ZkSession } from '../../packages/zk/src/session.ts';
import { connectBare } from './bare-driver.ts';
import { connectForgetful, connectStealing } from './broken-drivers.ts';

/** Anything that gives sessions. */
export type Connect = (options: ZkOptions) => ZkSession;

/** By name, so that a child process can be told which. */
export const DRIVERS = {
  hardened: connect,
  bare: connectBare,
  forgetful: connectForgetful,
  stealing: connectStealing,
} as const satisfies Readonly<Record<string, Connect>>;

export type DriverName = keyof typeof DRIVERS;
