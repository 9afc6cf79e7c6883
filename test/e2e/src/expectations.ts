// What the end-to-end tests expect, said once.
import { expect } from 'vitest';
import { releaseDelayMs } from './agent-config.ts';
import type { Loss, ProbeReport } from './probe-log.ts';

/** Waits. */
export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Long enough for every release, claim and settling to have happened that was going to. */
export const afterwards = (): Promise<void> => pause(releaseDelayMs + 3000);

/** VIPs of one owner are served by somebody else, all others by their owners. */
export const elsewhere = (name: string) => (servedBy: string | undefined, owner: string) =>
  owner === name ? servedBy !== undefined && servedBy !== name : servedBy === owner;

/** Nothing lost at all by UDP. A TCP connection that was open at the moment of a switch may have moved with its packets. */
export function expectNothingLost({ udp, http }: ProbeReport): void {
  expect(udp).toEqual({});
  expect(total(http)).toBeLessThanOrEqual(2);
}

const total = (losses: Readonly<Record<string, Loss>>): number =>
  Object.values(losses).reduce((sum, { lost }) => sum + lost, 0);

/** The worst stretch of darkness of any VIP. */
export const longestMs = (losses: Readonly<Record<string, Loss>>): number =>
  Math.max(0, ...Object.values(losses).map(loss => loss.longestMs));
