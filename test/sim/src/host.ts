// A load balancer without its agent: the machine, its addresses, its service's true health, its link to the routers, and
// the BGP sessions of whatever process runs there. What is true here decides whether traffic that arrives is served.

import { spell } from '@vipkeeper/agent';
import { type Announcement, type Family, familyOf, type PeerView, type Vip } from '@vipkeeper/core';
import type { Fabric } from './fabric.ts';
import { HOST_AS } from './fabric.ts';
import type { Random } from './random.ts';
import type { Path } from './routes.ts';
import type { Scheduler, Timer } from './scheduler.ts';
import type { Trace } from './trace.ts';
import { createLink, type Link } from './zk-wire.ts';

/** The hold time of every session, and how old the last KEEPALIVE may be when silence begins. Milliseconds. */
export const HOLD_MS = 9000;
const KEEPALIVE_MS = 3000;

/** One BGP session between the host's speaker and a router. */
interface Session {
  readonly router: string;
  up: boolean;
  families: readonly Family[];
  /** A fault keeps it down. */
  blocked: boolean;
  /** Grows with each connection: what was under way on an older one never arrives. */
  generation: number;
  readonly sent: Map<Vip, Announcement>;
  /** Every VIP spoken of on this connection. */
  readonly told: Set<Vip>;
  hold: Timer | null;
  lastArrivalMs: number;
}

/** What the speaker says of itself. */
export interface SpeakerReport {
  readonly peers: readonly PeerView[];
  readonly out: ReadonlyMap<Vip, number>;
}

/** A load balancer. */
export interface Host {
  readonly name: string;
  readonly zkLink: Link;
  alive: boolean;
  /** The wire to the routers. */
  linkUp: boolean;
  readonly addresses: Set<Vip>;
  readonly unhealthy: Set<Vip>;
  /** Boots since the world began: a new boot id each. */
  boots: number;
  /** Processes since the world began. */
  lives: number;
  /** Sessions look Established, but nothing leaves (a full socket buffer). */
  stuck: boolean;
  /** The families that sessions may carry. */
  families: readonly Family[];
  serves(vip: Vip): boolean;
  readonly announced: ReadonlyMap<Vip, Announcement>;
  /** A process with a speaker starts; it is told of changes. */
  speakerStarts(report: (report: SpeakerReport) => void): void;
  set(announcements: readonly Announcement[]): void;
  /** The process ends: the kernel closes its sessions. */
  speakerEnds(): void;
  /** Nothing is sent any more, though the sessions look alive (death of the host, SIGSTOP, a dead link). */
  silence(): void;
  /** The silence is over before somebody noticed. */
  speak(): void;
  /** After a boot: the kernel resets what the routers still believe in. */
  resetLeftovers(): void;
  blockSession(router: string | null): void;
  unblockSessions(): void;
  /** Sessions restart with these families. */
  carry(families: readonly Family[]): void;
  /** What is wanted leaves now, if it can. */
  flush(): void;
  /** True when some session is Established and carries this VIP's family. */
  hasSession(vip: Vip): boolean;
}

/** A host attached to a fabric, with a wire and nothing else. `changed` is called when what is true has changed. */
export function createHost(name: string, fabric: Fabric, scheduler: Scheduler, random: Random, trace: Trace): Host {
  const kind = fabric.topology === 'ibgp' ? 'ibgp' : 'ebgp';
  let report: ((report: SpeakerReport) => void) | null = null;
  let announced = new Map<Vip, Announcement>();
  let reporting = false;
  let silent = false;
  const sessions: Session[] = fabric.attached.get(name)!.map(router => ({
    router,
    up: false,
    families: [],
    blocked: false,
    generation: 0,
    sent: new Map(),
    told: new Set(),
    hold: null,
    lastArrivalMs: 0,
  }));

  const pathOf = (announcement: Announcement): Path => {
    const { prepend = 0, med = 0, localPref = 100 } = spell(announcement, { kind });
    const own = kind === 'ebgp' ? prepend + 1 : prepend;
    const asPath = Array.from({ length: own }, () => HOST_AS);
    return { host: name, asPath, med, localPref: kind === 'ibgp' ? localPref : 100, nextHop: name };
  };

  const deliver = (session: Session, vip: Vip, path: Path | null): void => {
    const { generation } = session;
    session.told.add(vip);
    session.lastArrivalMs = Math.max(session.lastArrivalMs, scheduler.nowMs + random.between(0.5, 5));
    scheduler.at(session.lastArrivalMs, () => {
      if (session.up && session.generation === generation && host.linkUp && host.alive)
        fabric.routers.get(session.router)!.receive(name, vip, path);
    });
  };

  const sayLater = (): void => {
    if (reporting || report === null) return;
    reporting = true;
    scheduler.after(random.between(0.1, 2), () => {
      reporting = false;
      report?.(describe());
    });
  };

  const describe = (): SpeakerReport => {
    const out = new Map<Vip, number>();
    for (const [vip, announcement] of announced) {
      const count = sessions.filter(session => session.up && session.sent.get(vip) === announcement).length;
      if (count > 0) out.set(vip, count);
    }
    const peers = sessions.map(({ router, up, families }) => ({ key: router, established: up, families }));
    return { peers, out };
  };

  const sync = (session: Session): void => {
    if (!session.up || host.stuck) return;
    for (const [vip, announcement] of announced) {
      if (!session.families.includes(familyOf(vip)) || session.sent.get(vip) === announcement) continue;
      session.sent.set(vip, announcement);
      deliver(session, vip, pathOf(announcement));
    }
    for (const vip of [...session.sent.keys()]) {
      if (announced.has(vip)) continue;
      session.sent.delete(vip);
      deliver(session, vip, null);
    }
  };

  const mayConnect = (session: Session): boolean =>
    report !== null && host.alive && host.linkUp && !silent && !session.blocked && !session.up;

  const establish = (session: Session): void => {
    scheduler.after(random.between(300, 4000), () => {
      if (!mayConnect(session)) return;
      session.up = true;
      session.generation += 1;
      session.families = host.families;
      session.sent.clear();
      session.told.clear();
      fabric.routers.get(session.router)!.forget(name);
      trace.add('H', name, `session with ${session.router} Established (${host.families.join(' ')})`);
      sync(session);
      sayLater();
    });
  };

  const close = (session: Session, cause: string): void => {
    session.hold?.cancel();
    session.hold = null;
    if (!session.up) return;
    session.up = false;
    session.generation += 1;
    session.sent.clear();
    trace.add('H', name, `session with ${session.router} down: ${cause}`);
    const { generation } = session;
    const heardOf = (host.alive && host.linkUp) || cause === 'hold time';
    const noticedMs = heardOf ? random.between(0.5, 5) : HOLD_MS - random.between(0, KEEPALIVE_MS);
    scheduler.after(noticedMs, () => {
      if (session.generation === generation) fabric.routers.get(session.router)!.forget(name);
    });
    sayLater();
    establish(session);
  };

  // TCP sends again what the dead wire swallowed.
  const repeat = (session: Session): void => {
    for (const vip of session.told) {
      const sent = session.sent.get(vip);
      deliver(session, vip, sent === undefined ? null : pathOf(sent));
    }
  };

  const startHold = (session: Session): void => {
    if (!session.up || session.hold !== null) return;
    session.hold = scheduler.after(HOLD_MS - random.between(0, KEEPALIVE_MS), () => close(session, 'hold time'));
  };

  const host: Host = {
    name,
    zkLink: createLink(),
    alive: true,
    linkUp: true,
    addresses: new Set(),
    unhealthy: new Set(),
    boots: 1,
    lives: 0,
    stuck: false,
    families: ['ipv4', 'ipv6'],
    serves: vip => host.alive && host.addresses.has(vip) && !host.unhealthy.has(vip),
    get announced() {
      return announced;
    },
    speakerStarts: listener => {
      report = listener;
      silent = !(host.alive && host.linkUp);
      announced = new Map();
      for (const session of sessions) close(session, 'reset');
      sayLater();
      for (const session of sessions) establish(session);
    },
    set: announcements => {
      const next = new Map<Vip, Announcement>();
      for (const one of announcements) {
        const former = announced.get(one.vip);
        const same = former !== undefined && former.role === one.role && former.rank === one.rank;
        next.set(one.vip, same ? former : one);
      }
      announced = next;
      for (const session of sessions) sync(session);
      sayLater();
    },
    speakerEnds: () => {
      report = null;
      announced = new Map();
      for (const session of sessions) if (host.alive) close(session, 'closed');
    },
    silence: () => {
      silent = true;
      for (const session of sessions) startHold(session);
    },
    speak: () => {
      silent = !(host.alive && host.linkUp);
      for (const session of sessions) {
        session.hold?.cancel();
        session.hold = null;
        if (!session.up) establish(session);
        else repeat(session);
      }
    },
    resetLeftovers: () => {
      silent = false;
      for (const session of sessions) {
        session.hold?.cancel();
        session.hold = null;
        const { generation } = session;
        scheduler.after(random.between(1, KEEPALIVE_MS), () => {
          if (session.generation === generation) close(session, 'reset');
        });
      }
    },
    blockSession: router => {
      for (const session of sessions) {
        if (router !== null && session.router !== router) continue;
        session.blocked = true;
        close(session, 'refused');
      }
    },
    unblockSessions: () => {
      for (const session of sessions) {
        session.blocked = false;
        establish(session);
      }
    },
    carry: families => {
      host.families = families;
      for (const session of sessions) close(session, 'capabilities');
    },
    flush: () => {
      for (const session of sessions) sync(session);
      sayLater();
    },
    hasSession: vip => sessions.some(session => session.up && session.families.includes(familyOf(vip))),
  };
  return host;
}
