// Who goes before whom. Two orders on purpose: `outranks` compares immutable data only, so that of two agents at most one
// can ever release to the other; `ahead` decides who starts, and lets an incumbent of equal priority stay in front.
import type { AgentName, Vip } from './vocabulary.ts';

/** One agent as a candidate for a VIP. */
export interface Candidate {
  readonly agent: AgentName;
  /** True for the registry's owner of the VIP. */
  readonly owner: boolean;
  readonly priority: number;
}

/** A 32-bit hash of the pair, so that a dead owner's VIPs spread over the survivors and all agents agree without a vote (rendezvous hashing). */
export function rendezvous(vip: Vip, agent: AgentName): number {
  let hash = 0x811c9dc5;
  for (const char of `${vip}\n${agent}`) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether `a` is strictly better than `b` for the VIP: owner, then priority, then the hash, then the name. A total order. */
export function outranks(vip: Vip, a: Candidate, b: Candidate): boolean {
  if (a.owner !== b.owner) return a.owner;
  if (a.priority !== b.priority) return a.priority > b.priority;
  return hashedBefore(vip, a.agent, b.agent);
}

/** Whether `a` starts before `b`: as {@link outranks}, but at equal priority an agent that already holds a claim comes first. */
export function ahead(vip: Vip, a: Candidate, aHoldsClaim: boolean, b: Candidate): boolean {
  if (a.owner !== b.owner) return a.owner;
  if (a.priority !== b.priority) return a.priority > b.priority;
  return aHoldsClaim || hashedBefore(vip, a.agent, b.agent);
}

function hashedBefore(vip: Vip, a: AgentName, b: AgentName): boolean {
  const [left, right] = [rendezvous(vip, a), rendezvous(vip, b)];
  return left === right ? a < b : left > right;
}
