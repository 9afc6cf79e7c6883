// What a peer's `bfd` may say, with its defaults in one place.

import type { BfdPeerOptions } from '../advertisement.ts';
import type { BfdNeighbor } from './protocol.ts';

export type { BfdNeighbor } from './protocol.ts';

/** 300 ms, three times: what a virtual machine on a busy host keeps up without a thread of real-time priority. */
const DEFAULTS = { intervalMs: 300, multiplier: 3 } as const;
/** For a session without hold time: the default hold time. */
const STALL_LIMIT_WITHOUT_HOLD_MS = 9000;
/** Below this, what the check of the heartbeat can tell is noise. */
const LEAST_STALL_LIMIT_MS = 500;

/** The peer that it belongs to. */
interface OfPeer {
  readonly address: string;
  readonly localAddress: string | undefined;
  readonly holdTimeSeconds: number;
  readonly multihop: number;
}

/** Throws a RangeError that names the peer and what is wrong. */
export function checkBfd(who: string, options: BfdPeerOptions | undefined, peer: OfPeer): BfdNeighbor | undefined {
  if (options === undefined) return undefined;
  const { address, localAddress, holdTimeSeconds, multihop } = peer;
  const { intervalMs = DEFAULTS.intervalMs, multiplier = DEFAULTS.multiplier } = options;
  const stallLimitMs = options.stallLimitMs ?? (holdTimeSeconds * 1000 || STALL_LIMIT_WITHOUT_HOLD_MS);
  if (multihop > 1) throw new RangeError(`Cannot use ${who}: bfd is for peers one hop away: multihop is ${multihop}`);
  checkBetween(who, 'bfd.intervalMs', intervalMs, 10, 60_000);
  checkBetween(who, 'bfd.multiplier', multiplier, 1, 255);
  checkBetween(who, 'bfd.stallLimitMs', stallLimitMs, LEAST_STALL_LIMIT_MS, 65_535_000);
  return { address, localAddress, intervalMs, multiplier, stallLimitMs };
}

function checkBetween(who: string, name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`Cannot use ${who}: ${name} must be ${least}..${most}: current value is ${value}`);
}
