// Everything the world can do to its inhabitants. A fault says what it is, does it, and undoes it after a while; it never
// begins on somebody who is in trouble of that sort already. What an operator does lives in operators.ts.
import { rendezvous, type Vip } from '@vipkeeper/core';
import type { Random } from './random.ts';
import type { Member, World } from './world.ts';

/** A fault: returns how long the world should be left alone to see what comes of it, or false when it cannot happen just now. */
export type Fault = (world: World, random: Random) => boolean | number;

function isWell({ body, process }: Member): boolean {
  return body.troubles === 0 && process?.running === true && process.terminatedAtMs === null;
}

function pickWell(world: World, random: Random, what: 'body' | 'sight'): Member | null {
  const well = world.members.filter(
    member => member[what].troubles === 0 && member.process?.running && member.process.terminatedAtMs === null,
  );
  return well.length === 0 ? null : random.pick(well);
}

/** Begin now, end after a while; both are troubles of the member. */
function lasting(world: World, member: Member, forMs: number, cause: string, begin: () => void, end: () => void): void {
  world.trace.add('F', member.name, `${cause} for ${Math.round(forMs)} ms`);
  world.trouble(member, 'body', 1, cause);
  begin();
  world.witness.touched(null);
  world.scheduler.after(forMs, () => {
    end();
    world.trace.add('F', member.name, `${cause} ends`);
    world.trouble(member, 'body', -1, cause);
    world.witness.touched(null);
  });
}

function killProcess(world: World, member: Member): void {
  member.process?.kill();
  world.witness.touched(null);
}

/** kill -9, and a restart by the supervisor. */
export const crash: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const forMs = random.pick([500, 2000, 5000, 20_000, 40_000, 100_000]) * random.between(0.5, 1.5);
  const begin = (): void => killProcess(world, member);
  lasting(world, member, forMs, 'kill -9', begin, () => world.startAgent(member));
  return true;
};

/** Dies, returns, dies again: the stale claims of earlier lives are the trap. */
export const bounce: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const firstMs = random.between(300, 3000);
  const upMs = random.pick([1500, 5000, 9000, 20_000, 36_000]) * random.between(0.8, 1.2);
  lasting(
    world,
    member,
    firstMs,
    'kill -9',
    () => killProcess(world, member),
    () => world.startAgent(member),
  );
  world.scheduler.after(firstMs + upMs, () => {
    if (!isWell(member)) return;
    const begin = (): void => killProcess(world, member);
    lasting(world, member, random.between(1000, 30_000), 'kill -9 again', begin, () => world.startAgent(member));
  });
  return true;
};

/** The whole machine goes silent, and boots some time later. */
export const silentDeath: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const { host } = member;
  const begin = (): void => {
    host.zkLink.block();
    host.silence();
    host.alive = false;
    member.process?.kill();
    host.addresses.clear();
  };
  const end = (): void => {
    host.alive = true;
    host.boots += 1;
    host.zkLink.heal();
    host.resetLeftovers();
    world.startAgent(member);
  };
  lasting(world, member, random.between(3000, 45_000), 'silent death', begin, end);
  return true;
};

/** SIGSTOP and SIGCONT, or a pause of the virtual machine: the kernel goes on answering and forwarding. */
export const freeze: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  stop(world, member, random.pick([1000, 5000, 8000, 20_000]) * random.between(0.5, 1.5));
  return true;
};

function stop(world: World, member: Member, forMs: number): void {
  const process = member.process!;
  const begin = (): void => process.freeze();
  lasting(world, member, forMs, 'SIGSTOP', begin, () => process.thaw());
}

/** The service fails its checks, for one VIP or for all. */
export const illness: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const all = [...world.vips.keys()];
  const vips = random.chance(0.5) ? all : [random.pick(all)];
  const tell = (): void => {
    for (const vip of vips) member.process?.healthChanged(vip);
  };
  const begin = (): void => {
    for (const vip of vips) member.host.unhealthy.add(vip);
    tell();
  };
  const end = (): void => {
    for (const vip of vips) member.host.unhealthy.delete(vip);
    tell();
  };
  lasting(world, member, random.between(500, 40_000), `ill (${vips.length} VIPs)`, begin, end);
  return true;
};

/** One router, or all, refuse the session. */
export const refusedSessions: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const routers = world.fabric.attached.get(member.name)!;
  const router = random.chance(0.4) ? random.pick(routers) : null;
  const begin = (): void => member.host.blockSession(router);
  const what = `BGP refused by ${router ?? 'all'}`;
  lasting(world, member, random.between(200, 40_000), what, begin, () => member.host.unblockSessions());
  return true;
};

/** Sessions restart with one family only. */
export const lostFamily: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const { host } = member;
  const family = random.pick(['ipv4', 'ipv6'] as const);
  const begin = (): void => host.carry([family]);
  const what = `only ${family} negotiated`;
  lasting(world, member, random.between(2000, 40_000), what, begin, () => host.carry(['ipv4', 'ipv6']));
  return true;
};

/** The wire to the routers dies without a word. */
export const deadLink: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const { host } = member;
  const begin = (): void => {
    host.linkUp = false;
    host.silence();
  };
  const end = (): void => {
    host.linkUp = true;
    host.speak();
  };
  lasting(world, member, random.between(1000, 30_000), 'dead link', begin, end);
  return true;
};

/** Sessions stay Established, but no UPDATE leaves any more: able in everybody's eyes, its own included, yet of no use. */
export const stuckSpeaker: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  stick(world, member, random.between(5000, 100_000));
  return true;
};

function stick(world: World, member: Member, forMs: number): void {
  const { host } = member;
  const begin = (): void => {
    host.stuck = true;
  };
  const end = (): void => {
    host.stuck = false;
    host.flush();
  };
  lasting(world, member, forMs, 'nothing leaves its sessions', begin, end);
}

/** Somebody removes an address; the agent looks once a second. */
export const lostAddress: Fault = (world, random) => {
  const member = pickWell(world, random, 'body');
  if (member === null) return false;
  const vip = random.pick([...world.vips.keys()]);
  const begin = (): void => {
    member.host.addresses.delete(vip);
    member.process?.addressesChanged();
  };
  lasting(world, member, 1500, `address ${vip} removed`, begin, () => {});
  return true;
};

function cutOff(world: World, member: Member, forMs: number): void {
  world.trace.add('F', member.name, `cut off ZooKeeper for ${Math.round(forMs)} ms`);
  world.trouble(member, 'sight', 1, 'cut');
  member.host.zkLink.block();
  world.scheduler.after(forMs, () => {
    world.trace.add('F', member.name, 'ZooKeeper can be reached again');
    member.host.zkLink.heal();
    world.trouble(member, 'sight', -1, 'cut');
  });
}

/** One agent is cut off ZooKeeper; its BGP is fine. */
export const cut: Fault = (world, random) => {
  const member = pickWell(world, random, 'sight');
  if (member === null) return false;
  const forMs = random.pick([1000, 5000, 15_000, 60_000]) * random.between(0.5, 1.5);
  cutOff(world, member, forMs);
  return true;
};

function ensembleFault(world: World, what: string, forMs: number, begin: () => void, end: () => void): boolean {
  world.trace.add('F', 'ens', `${what} for ${Math.round(forMs)} ms`);
  world.trouble(null, 'sight', 1, what);
  begin();
  world.scheduler.after(forMs, () => {
    end();
    world.trace.add('F', 'ens', `${what} ends`);
    world.trouble(null, 'sight', -1, what);
  });
  return true;
}

function allServers(world: World): readonly number[] {
  return Array.from({ length: world.ensemble.size }, (_, id) => id);
}

/** Another leader: everybody is disconnected for about a second. */
export const newLeader: Fault = (world, random) => {
  if (world.ensemblePeace.troubles > 0) return false;
  return ensembleFault(
    world,
    'election',
    1500 + random.between(0, 500),
    () => world.ensemble.elect(),
    () => {},
  );
};

/** One server of three dies and returns. */
export const deadServer: Fault = (world, random) => {
  if (world.ensemblePeace.troubles > 0 || world.ensemble.size < 3) return false;
  const server = random.integer(0, world.ensemble.size - 1);
  const { ensemble } = world;
  const forMs = random.between(500, 30_000);
  return ensembleFault(
    world,
    `server ${server} down`,
    forMs,
    () => ensemble.stopServer(server),
    () => ensemble.startServer(server),
  );
};

/** The whole ensemble is gone for a while. */
export const outage: Fault = (world, random) => {
  if (world.ensemblePeace.troubles > 0) return false;
  const { ensemble } = world;
  const begin = (): void => {
    for (const server of allServers(world)) ensemble.stopServer(server);
  };
  const end = (): void => {
    for (const server of allServers(world)) ensemble.startServer(server);
  };
  return ensembleFault(world, 'outage', random.pick([3000, 20_000, 60_000]) * random.between(0.5, 1.5), begin, end);
};

/** A follower falls behind. */
export const slowFollower: Fault = (world, random) => {
  if (world.ensemblePeace.troubles > 0) return false;
  const { ensemble, scenario } = world;
  const server = random.integer(0, ensemble.size - 1);
  const begin = (): void => ensemble.setLag(server, random.between(300, 3000));
  const end = (): void => ensemble.setLag(server, scenario.ensemble.lagMs);
  return ensembleFault(world, `server ${server} lags`, random.between(5000, 60_000), begin, end);
};

/** Somebody deletes the whole tree; flags and drains go with it. */
export const wipe: Fault = world => {
  if (world.ensemblePeace.troubles > 0 || !world.ensemble.serving) return false;
  world.trace.add('F', 'ens', 'the tree is wiped');
  world.trouble(null, 'sight', 0, 'wipe');
  world.ensemble.wipe('/vipkeeper');
  for (const service of world.maintenance.keys()) world.maintenanceEndedMs.set(service, world.scheduler.nowMs);
  world.maintenance.clear();
  for (const names of world.drains.values()) names.clear();
  world.witness.touched(null);
  return true;
};

/** A member and its owner's view: the standby is cut off (or frozen) while the owner dies, the crossing that barriers are for. */
export const blindStandby: Fault = (world, random) => {
  const well = world.members.filter(one => isWell(one) && one.sight.troubles === 0);
  if (well.length < 2) return false;
  const [standby, owner] = random.shuffle(well) as [Member, Member];
  const blindMs = random.between(3000, 45_000);
  if (random.chance(0.5)) {
    lasting(
      world,
      standby,
      blindMs,
      'SIGSTOP',
      () => standby.process?.freeze(),
      () => standby.process?.thaw(),
    );
  } else {
    cutOff(world, standby, blindMs);
  }
  world.scheduler.after(random.between(100, blindMs), () => {
    if (!isWell(owner)) return;
    const begin = (): void => killProcess(world, owner);
    lasting(world, owner, random.between(10_000, 60_000), 'kill -9', begin, () => world.startAgent(owner));
  });
  return true;
};

interface Releasing {
  readonly member: Member;
  readonly vip: Vip;
  readonly dueMs: number;
}

function releasing(world: World): readonly Releasing[] {
  return world.members.filter(isWell).flatMap(member => {
    const { decision, localMs } = member.process!;
    const due = decision.verdicts.filter(one => one.reason === 'releasing' && one.untilMs !== null);
    return due.map(({ vip, untilMs }) => ({ member, vip, dueMs: world.scheduler.nowMs + untilMs! - localMs }));
  });
}

function killAnnouncers(world: World, random: Random, vip: Vip, but: Member): void {
  for (const other of world.members) {
    if (other === but || !other.host.announced.has(vip) || !isWell(other)) continue;
    const begin = (): void => killProcess(world, other);
    lasting(world, other, random.between(10_000, 40_000), 'kill -9', begin, () => world.startAgent(other));
  }
}

/** Somebody is about to release: whom it releases to dies shortly before, and it is cut off or frozen, so that it cannot hear of it. */
export const releaseRace: Fault = (world, random) => {
  const candidates = releasing(world);
  if (candidates.length === 0) return false;
  const { member, vip, dueMs } = random.pick(candidates);
  const { scheduler, scenario } = world;
  const timeoutMs = scenario.sessionTimeoutMs;
  const freezes = random.chance(0.5);
  const blindMs = dueMs - timeoutMs * (freezes ? random.between(0.05, 0.3) : random.between(0.35, 0.8));
  const deathMs = freezes
    ? blindMs - timeoutMs * random.between(0.3, 0.95)
    : dueMs - timeoutMs * random.between(1.4, 1.9);
  scheduler.at(deathMs, () => killAnnouncers(world, random, vip, member));
  scheduler.at(blindMs, () => {
    if (!isWell(member) || member.sight.troubles > 0) return;
    if (freezes) stop(world, member, random.between(5200, 5900));
    else cutOff(world, member, random.between(3000, 20_000));
  });
  return dueMs - scheduler.nowMs + 20_000;
};

/** The owner dies for long, and all its heirs but the last look able and are of no use: that one must not wait for them. */
export const uselessHeirs: Fault = (world, random) => {
  const vip = random.pick([...world.vips.keys()]);
  const owner = world.members.find(member => member.name === world.vips.get(vip)!.owners.get(vip))!;
  const order = (a: Member, b: Member): number =>
    b.priority - a.priority || rendezvous(vip, b.name) - rendezvous(vip, a.name);
  const heirs = world.members.filter(member => member !== owner && isWell(member)).sort(order);
  if (heirs.length < 2 || !isWell(owner) || owner.sight.troubles > 0) return false;
  const forMs = 2 * world.scenario.boundMs;
  for (const heir of heirs.slice(0, -1)) stick(world, heir, forMs);
  world.scheduler.after(random.between(100, 5000), () => {
    if (!isWell(owner)) return;
    const begin = (): void => killProcess(world, owner);
    lasting(world, owner, forMs, 'kill -9', begin, () => world.startAgent(owner));
  });
  return forMs;
};
