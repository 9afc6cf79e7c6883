// What people do, at any moment: maintenance, drains, restarts one by one, reloads. Nothing of this is a trouble: a VIP
// must not go dark for it, but for maintenance itself and for a drain with nobody to hand over to that was cut short.
import type { ServiceSettings, Settings } from '@vipkeeper/core';
import type { Fault } from './faults.ts';
import type { Random } from './random.ts';
import { settingsOf } from './scenario.ts';
import type { Member, World } from './world.ts';

function runningMembers(world: World): readonly Member[] {
  return world.members.filter(
    member => member.process?.running && member.process.terminatedAtMs === null && member.body.troubles === 0,
  );
}

/** Turn a service's maintenance off, however it was turned on. */
export function endMaintenance(world: World, service: string): void {
  const path = `/vipkeeper/services/${service}/maintenance`;
  if (world.ensemble.write({ kind: 'delete', path, version: -1 }).kind === 'failed' && !world.ensemble.serving) {
    world.scheduler.after(1000, () => endMaintenance(world, service));
    return;
  }
  if (!world.maintenance.delete(service)) return;
  world.trace.add('O', service, 'maintenance off');
  world.maintenanceEndedMs.set(service, world.scheduler.nowMs);
  world.witness.touched(null);
}

function beginMaintenance(world: World, random: Random, service: string): boolean {
  if (world.maintenance.has(service) || !world.ensemble.serving) return false;
  const data = random.pick(['', 'garbage {', '{"v":1,"by":"operator","reason":"test","at":"2026-01-01T00:00:00Z"}']);
  const path = `/vipkeeper/services/${service}/maintenance`;
  if (world.ensemble.write({ kind: 'create', path, data, ephemeral: false }).kind === 'failed') return false;
  world.trace.add('O', service, 'maintenance on');
  world.maintenance.set(service, world.scheduler.nowMs);
  world.witness.touched(null);
  const forMs = random.pick([100, 2000, 20_000, 60_000]) * random.between(0.5, 1.5);
  world.scheduler.after(forMs, () => endMaintenance(world, service));
  return true;
}

/** Maintenance on for a while; the flag may be empty, or hold garbage. */
export const maintenance: Fault = (world, random) =>
  beginMaintenance(world, random, random.pick(world.scenario.services).name);

/** A script: a drain (of a name that nobody has), and maintenance while the agents are reading of it. */
export const scriptedMaintenance: Fault = (world, random) => {
  const service = random.pick(world.scenario.services).name;
  const path = `/vipkeeper/services/${service}/drain/nobody`;
  if (world.ensemble.write({ kind: 'create', path, data: '', ephemeral: false }).kind === 'failed') return false;
  world.drains.get(service)!.add('nobody');
  world.scheduler.after(90_000, () => undrain(world, service, 'nobody'));
  world.scheduler.after(random.between(0.5, 6), () => beginMaintenance(world, random, service));
  return true;
};

/** Remove one name under `drain/`. */
export function undrain(world: World, service: string, name: string): void {
  const path = `/vipkeeper/services/${service}/drain/${name}`;
  if (world.ensemble.write({ kind: 'delete', path, version: -1 }).kind === 'failed' && !world.ensemble.serving) {
    world.scheduler.after(1000, () => undrain(world, service, name));
    return;
  }
  if (!world.drains.get(service)!.delete(name)) return;
  world.trace.add('O', service, `undrain ${name}`);
  ordered(world.members, world);
}

function ordered(members: readonly Member[], world: World): void {
  for (const member of members) member.orderedMs = world.scheduler.nowMs;
}

/** Drain an agent, or one VIP by one agent or by all, in one service. */
export const drain: Fault = (world, random) => {
  const plan = random.pick(world.scenario.services);
  const agent = random.pick(world.members).name;
  const vip = random.pick([...plan.owners.keys()]);
  const name = random.pick([agent, agent, `vip:${vip}@${agent}`, `vip:${vip}@*`]);
  const path = `/vipkeeper/services/${plan.name}/drain/${name}`;
  if (world.ensemble.write({ kind: 'create', path, data: '', ephemeral: false }).kind === 'failed') return false;
  world.drains.get(plan.name)!.add(name);
  world.trace.add('O', plan.name, `drain ${name}`);
  ordered(world.members, world);
  const forMs = random.pick([1000, 20_000, 50_000, 90_000]) * random.between(0.5, 1.5);
  world.scheduler.after(forMs, () => undrain(world, plan.name, name));
  return true;
};

/** The supervisor starts the agent again some time after its exit, as soon as the host is up to it. */
function restartSoon(world: World, member: Member, afterExitMs: number): void {
  world.scheduler.after(250, () => {
    if (member.process?.running) restartSoon(world, member, afterExitMs);
    else world.scheduler.after(afterExitMs, () => startWhenWell(world, member));
  });
}

function startWhenWell(world: World, member: Member): void {
  if (member.body.troubles === 0) world.startAgent(member);
  else world.scheduler.after(1000, () => startWhenWell(world, member));
}

function terminate(world: World, member: Member, afterExitMs: number): void {
  world.trace.add('O', member.name, 'SIGTERM');
  member.process!.terminate();
  restartSoon(world, member, afterExitMs);
}

/** SIGTERM, and a restart some time after the exit. */
export const restart: Fault = (world, random) => {
  const candidates = runningMembers(world);
  if (candidates.length === 0) return false;
  terminate(world, random.pick(candidates), random.pick([100, 2000, 15_000]) * random.between(0.5, 1.5));
  return true;
};

/** Every agent, one after the other, as an upgrade does it. */
export const rollingRestart: Fault = (world, random) => {
  const order = random.shuffle(world.members);
  const next = (): void => {
    const member = order.shift();
    if (member === undefined || world.scheduler.nowMs > world.scenario.quietFromMs - 60_000) return;
    if (runningMembers(world).includes(member)) terminate(world, member, 1000);
    const settled = (): void => {
      if (member.process?.running && member.process.terminatedAtMs === null) world.scheduler.after(10_000, next);
      else world.scheduler.after(1000, settled);
    };
    settled();
  };
  world.trace.add('O', 'all', 'rolling restart');
  next();
  return true;
};

function withPriority(world: World, member: Member, random: Random): Settings {
  member.priority = random.pick([50, 100, 100, 150]);
  const fresh = settingsOf(world.scenario, member.name, member.priority);
  const tuned = (service: ServiceSettings): ServiceSettings => ({
    ...service,
    coverTimeoutMs: random.pick([5000, 4000]),
  });
  return { ...fresh, services: fresh.services.map(tuned) };
}

/** SIGHUP with a changed file. */
export const reload: Fault = (world, random) => {
  const candidates = runningMembers(world);
  if (candidates.length === 0) return false;
  const member = random.pick(candidates);
  member.settings = withPriority(world, member, random);
  world.trace.add('O', member.name, `reload, priority ${member.priority}`);
  ordered([member], world);
  member.process!.reload(member.settings);
  return true;
};

/** Another priority in the file, and a new life that reads it: the old life's rank must not be remembered. */
export const restartChanged: Fault = (world, random) => {
  const candidates = runningMembers(world);
  if (candidates.length === 0) return false;
  const member = random.pick(candidates);
  member.settings = withPriority(world, member, random);
  world.trace.add('O', member.name, `kill -9 and restart with priority ${member.priority}`);
  world.trouble(member, 'body', 1, 'kill -9');
  member.process!.kill();
  world.witness.touched(null);
  world.scheduler.after(random.between(200, 2000), () => {
    world.trouble(member, 'body', -1, 'restart');
    world.startAgent(member);
  });
  return true;
};
