// After the last fault has healed the world must come to rest in the state of a fresh start: no scars, no flapping. Each
// owner announces as authority; beside it stand exactly the standbys that the configuration asks for; every announced
// route has its claim and no other claim stands; nobody changes anything any more.
import type { Vip } from '@vipkeeper/core';
import type { Judge } from './judge.ts';
import type { World } from './world.ts';

/** How long before the end nothing may change any more. */
const REST_MS = 40_000;

function routesOf(world: World, vip: Vip): readonly string[] {
  const routes = world.members.flatMap(member => {
    const one = member.host.announced.get(vip);
    return one === undefined ? [] : [`${member.name} ${one.role}`];
  });
  return routes.sort();
}

function snapshot(world: World): string {
  return [...world.vips.keys()].map(vip => `${vip}: ${routesOf(world, vip).join(', ')}`).join('; ');
}

function judgeRest(world: World, judge: Judge, vip: Vip): void {
  const plan = world.vips.get(vip)!;
  const routes = routesOf(world, vip);
  const owner = plan.owners.get(vip)!;
  const expected = Math.min(world.members.length, plan.announcers + plan.standbyDepth);
  const standbys = routes.filter(route => route.endsWith(' standby')).length;
  if (!routes.includes(`${owner} authority`))
    judge.accuse('quiet', `${owner} does not announce its ${vip} at rest: ${routes.join(', ')}`);
  else if (routes.length !== expected || standbys !== expected - 1)
    judge.accuse('quiet', `${vip} has ${routes.join(', ')} at rest, expected ${expected} routes`);
  const claims = [...world.ensemble.tree.get(`/vipkeeper/services/${plan.name}/out`)!.children];
  const claimants = claims.filter(name => name.startsWith(`${vip}@`)).map(name => name.slice(vip.length + 1));
  const announcers = routes.map(route => route.split(' ')[0]!);
  if (claimants.sort().join() !== announcers.sort().join())
    judge.accuse(
      'quiet',
      `claims for ${vip} at rest are of ${claimants.join(', ')}, routes of ${announcers.join(', ')}`,
    );
}

function judgeMembers(world: World, judge: Judge): void {
  for (const { name } of world.scenario.services) {
    for (const place of ['agents', 'able']) {
      const count = world.ensemble.tree.get(`/vipkeeper/services/${name}/${place}`)!.children.size;
      if (count !== world.members.length)
        judge.accuse('quiet', `${name}/${place} has ${count} names at rest, expected ${world.members.length}`);
    }
  }
}

/** Plan the last look. */
export function watchQuiet(world: World, judge: Judge): void {
  const { scheduler, scenario } = world;
  let before = '';
  scheduler.at(scenario.endMs - REST_MS, () => {
    before = snapshot(world);
  });
  const compare = (): void => {
    const now = snapshot(world);
    if (now !== before) judge.accuse('quiet', `still moving at rest: ${before} became ${now}`);
  };
  for (let atMs = scenario.endMs - REST_MS + 1000; atMs < scenario.endMs; atMs += 1000) scheduler.at(atMs, compare);
  scheduler.at(scenario.endMs - 1, () => {
    for (const vip of world.vips.keys()) judgeRest(world, judge, vip);
    judgeMembers(world, judge);
  });
}
