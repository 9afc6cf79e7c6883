// Rules about what agents say in ZooKeeper and how they follow what operators say there. Checked each second.
import type { Vip } from '@vipkeeper/core';
import { HOLD_MS } from './host.ts';
import type { Judge } from './judge.ts';
import { REACTION_MS } from './route-book.ts';
import { TIMES } from './scenario.ts';
import { bodyCalm, canServe, isAwake, isCapable, isFit, isToldToDrain, maintenanceOver, sightCalm } from './truth.ts';
import type { Member, World } from './world.ts';

/** It lets go in favour of others and says so by a longer path; until then its route is out like any other. */
function isReleasing(member: Member, vip: Vip): boolean {
  return member.process?.loop.decision.verdicts.some(one => one.vip === vip && one.reason === 'releasing') === true;
}

/** Returns what to call each second. */
export function watchFacts(world: World, judge: Judge): () => void {
  const { scheduler, scenario } = world;
  const { boundMs } = scenario;
  const wrongSinceMs = new Map<string, number>();
  const settledMs = TIMES.settleMs + 2 * REACTION_MS;

  const lasts = (key: string, wrong: boolean, limitMs: number): boolean => {
    if (!wrong) {
      wrongSinceMs.delete(key);
      return false;
    }
    const since = wrongSinceMs.get(key) ?? scheduler.nowMs;
    wrongSinceMs.set(key, since);
    return scheduler.nowMs - since > limitMs;
  };

  // P6: an undisturbed agent's claim stands if and only if its route is out, but for settling and reaction.
  const judgeClaim = (member: Member, vip: Vip, claimed: boolean): void => {
    const calm = isAwake(member) && bodyCalm(world, member, boundMs) && sightCalm(world, member, boundMs);
    const asked =
      calm && maintenanceOver(world, world.vips.get(vip)!.name, boundMs) && !isToldToDrain(world, member, vip);
    const one = member.host.announced.get(vip);
    const out = one !== undefined && (one.role !== 'draining' || isReleasing(member, vip)) && canServe(member, vip);
    if (lasts(`out ${member.name} ${vip}`, asked && out !== claimed, settledMs))
      judge.accuse(
        'P6',
        `the claim of ${member.name} for ${vip} ${claimed ? 'stands' : 'is missing'}, its route is ${out ? '' : 'not '}out`,
      );
  };

  // P6: facts follow ability, in maintenance too: an able owner's claim stands, an unable agent's does not.
  const judgeAbility = (member: Member, vip: Vip, claimed: boolean): void => {
    const owns = world.vips.get(vip)!.owners.get(vip) === member.name;
    if (lasts(`own ${member.name} ${vip}`, owns && isCapable(world, member, vip, settledMs) && !claimed, boundMs))
      judge.accuse('P6', `${member.name} owns ${vip} and is able, but has no claim`);
    const unfit = isAwake(member) && !isFit(member, vip) && sightCalm(world, member, settledMs);
    if (lasts(`unfit ${member.name} ${vip}`, unfit && claimed, HOLD_MS + settledMs))
      judge.accuse('P6', `${member.name} claims ${vip}, but is unable`);
  };

  // P3, spread: a flag that has stood for the reaction time is obeyed by every undisturbed agent.
  const obeyMs = REACTION_MS + 10 * scenario.ensemble.lagMs;
  const judgeFlag = (service: string, sinceMs: number): void => {
    if (scheduler.nowMs - sinceMs < obeyMs) return;
    for (const member of world.members) {
      if (!isAwake(member) || !bodyCalm(world, member, obeyMs)) continue;
      if (!sightCalm(world, member, obeyMs + 2 * scenario.sessionTimeoutMs)) continue;
      const out = [...member.host.announced.values()].find(one => one.service === service);
      const forMs = Math.round(scheduler.nowMs - sinceMs);
      if (out !== undefined)
        judge.accuse('P3', `${member.name} announces ${out.vip} ${forMs} ms after maintenance began`);
    }
  };

  return () => {
    for (const [vip, plan] of world.vips) {
      const claims = world.ensemble.tree.get(`/vipkeeper/services/${plan.name}/out`)?.children;
      for (const member of world.members) {
        const claimed = claims?.has(`${vip}@${member.name}`) === true;
        judgeClaim(member, vip, claimed);
        judgeAbility(member, vip, claimed);
      }
    }
    for (const [service, sinceMs] of world.maintenance) judgeFlag(service, sinceMs);
  };
}
