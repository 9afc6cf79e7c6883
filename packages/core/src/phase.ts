// How much of what is known may be acted on. Fresh evidence is the whole round of reads, on a session whose lease is valid
// now; between two rounds, and without a session, what was wanted goes on being wanted.
import { PLACES, type ServiceView, type View } from './view.ts';

/**
 * - `starting`: the whole picture has not been seen in this life.
 * - `holding`: coordination is suspended or lost, or its lease ran out (also after a freeze).
 * - `reading`: connected, something is dirty; nothing starts, nothing stops.
 * - `synced`: everything is fresh.
 */
export type Phase = 'starting' | 'holding' | 'reading' | 'synced';

/** The phase of one service at this instant. */
export function phaseOf(view: View, service: ServiceView, nowMs: number): Phase {
  if (!service.everSynced) return 'starting';
  if (view.coordination.kind !== 'connected' || nowMs >= view.leaseUntilMs) return 'holding';
  return isFresh(service) && service.presence.kind === 'mine' ? 'synced' : 'reading';
}

/** True when every place and every record of the service was read and nothing has happened to it since. */
export function isFresh(service: ServiceView): boolean {
  if (PLACES.some(place => service.freshness[place] !== 'fresh')) return false;
  if (service.registryUnread.size > 0) return false;
  return ![...service.able.values()].includes(null);
}
