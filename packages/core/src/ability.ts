// Can this agent truly serve the VIP, seen from here alone: never a question for ZooKeeper. Health that is not known yet
// starts nothing, but it does not stop what is announced: missing information never withdraws.
import type { View } from './view.ts';
import { familyOf, type Reason, type ServiceName, type Vip } from './vocabulary.ts';

/** Able, or the first thing that is in the way. */
export type Ability =
  | { readonly able: true }
  | { readonly able: false; readonly because: Reason; readonly detail: string | null };

const ABLE: Ability = { able: true };

/** The ability for one VIP; `announced` says whether its route is wanted already. */
export function abilityFor(view: View, service: ServiceName, vip: Vip, announced: boolean): Ability {
  if (!view.settings.allows(vip)) return unable('not-allowed', 'outside bgp.allow');
  const health = view.health.get(service)?.get(vip);
  if (health?.health === 'failing') return unable('unhealthy', health.detail ?? null);
  if (health?.health !== 'passing' && !announced) return unable('health-unknown', null);
  if (view.addresses !== 'unmanaged' && !view.addresses.has(vip)) return unable('no-address', null);
  const sessions = establishedFor(view, vip);
  if (sessions < view.settings.minSessions) {
    return unable(
      'no-session',
      `${sessions} of ${view.settings.minSessions} sessions Established for ${familyOf(vip)}`,
    );
  }
  return ABLE;
}

/** How many sessions are Established in the VIP's family. */
function establishedFor(view: View, vip: Vip): number {
  const family = familyOf(vip);
  return view.peers.filter(peer => peer.established && peer.families.includes(family)).length;
}

function unable(because: Reason, detail: string | null): Ability {
  return { able: false, because, detail };
}
