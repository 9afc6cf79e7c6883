// What an agent writes of itself into `agents/<agent>`, for people and vipctl. It holds no instant that moves by itself,
// so that it is written only when something changed.
import type { Decision, Verdict } from './decision.ts';
import { describe } from './describe.ts';
import type { AgentRecord, VipReport } from './records.ts';
import type { ServiceSettings } from './settings.ts';
import type { View } from './view.ts';

/** The status of one service. */
export function reportOf(view: View, decision: Decision, settings: ServiceSettings): AgentRecord {
  const service = view.services.get(settings.name)!;
  const verdicts = decision.verdicts.filter(verdict => verdict.service === settings.name);
  return {
    life: view.life,
    process: view.process,
    priority: settings.priority,
    sessions: { established: view.peers.filter(peer => peer.established).length, configured: view.peers.length },
    vips: verdicts.map(verdict => report(view, verdict)),
    maintenance: service.maintenance.on ? service.maintenance.czxid : null,
    draining: view.shutdown !== null || settings.leaving === true || service.drains.has(view.settings.agent),
  };
}

function report(view: View, verdict: Verdict): VipReport {
  return {
    vip: verdict.vip,
    reason: verdict.reason,
    because: describe(verdict),
    role: verdict.role,
    health: view.health.get(verdict.service)?.get(verdict.vip)?.health ?? 'unknown',
    since: new Date(view.startedAtWallMs + (verdict.sinceMs - view.startedAtMs)).toISOString(),
  };
}
