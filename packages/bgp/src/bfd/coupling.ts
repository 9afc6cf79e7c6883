// BFD and BGP of one speaker, tied together (RFC 5882 §4.1): a BFD session that goes Down after having been Up ends the
// BGP sessions with that address at once; the way back is BGP's own retry. A session that never came Up holds nobody
// back, so a router without BFD costs a line in the status and no route. AdminDown of the neighbor changes nothing.

import type { PeerStatus } from '../advertisement.ts';
import type { CheckedPeer } from '../options.ts';
import type { BfdChange, BfdNeighbor } from './protocol.ts';
import { BfdThread, isLoss } from './thread.ts';

/** The part of a peer that is needed here. */
interface CoupledPeer {
  readonly options: CheckedPeer;
  bfdDown(reason: string): void;
}

/** The part of a speaker that is needed here. */
interface CouplingSurroundings {
  readonly log: (level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly changed: () => void;
}

/** A speaker's BFD sessions. No thread exists before some peer asks for BFD. */
export class SpeakerBfd {
  readonly #surroundings: CouplingSurroundings;
  readonly #peers: () => readonly CoupledPeer[];
  #thread: BfdThread;

  constructor(surroundings: CouplingSurroundings, peers: () => readonly CoupledPeer[]) {
    this.#surroundings = surroundings;
    this.#peers = peers;
    this.#thread = this.#newThread();
  }

  /** Takes over the peers as they are. Rejects when the thread cannot run or an address cannot be bound. */
  follow(): Promise<void> {
    return this.#thread.follow(neighborsOf(this.#peers()));
  }

  /** The same for a change in a running speaker, which must not fail for it. */
  async followOrWarn(): Promise<void> {
    try {
      await this.follow();
    } catch (error) {
      this.#surroundings.log('warn', 'BFD not changed', { reason: (error as Error).message });
    }
  }

  /** Empty for a peer without BFD. */
  statusOf({ address, bfd }: CheckedPeer): Pick<PeerStatus, 'bfd'> {
    if (bfd === undefined) return {};
    const status = this.#thread.status(address) ?? { state: 'Down', diagnostic: 'No Diagnostic', downs: 0 };
    const { detectionTimeMs, ...rest } = { detectionTimeMs: undefined, ...status };
    return { bfd: { ...rest, ...(detectionTimeMs !== undefined && { detectionTimeMs }) } };
  }

  /** Ends the thread; a later `follow` begins with a new one. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = this.#newThread();
    await thread.close();
  }

  #newThread(): BfdThread {
    return new BfdThread({ onReport: (address, change) => this.#onReport(address, change) });
  }

  #onReport(address: string, change: BfdChange | undefined): void {
    if (change !== undefined) this.#onChange(address, change);
    this.#surroundings.changed();
  }

  #onChange(address: string, change: BfdChange): void {
    const { from, to, cause } = change;
    const isNews = from === 'Up' || to === 'Up';
    if (isNews)
      this.#surroundings.log(isLoss(change) ? 'warn' : 'info', 'BFD session state', { peer: address, from, to, cause });
    if (!isLoss(change)) return;
    for (const peer of this.#peers()) {
      if (peer.options.bfd !== undefined && peer.options.address === address) peer.bfdDown(cause);
    }
  }
}

/** One session per address. */
function neighborsOf(peers: readonly CoupledPeer[]): readonly BfdNeighbor[] {
  const neighbors = new Map<string, BfdNeighbor>();
  for (const { options } of peers) {
    if (options.bfd !== undefined && !neighbors.has(options.address)) neighbors.set(options.address, options.bfd);
  }
  return [...neighbors.values()];
}
