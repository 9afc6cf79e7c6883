// Keeps one session alive over many connections: visits servers in rounds, carries the session's ticket from visit to
// visit, drives the state machine, and is the only one who waits.
//
// Every server is tried once per round; only after a whole round in vain is there a pause. A visit that was live and ends
// is followed by a new round at once, beginning with the next server, since the last one is the likeliest to be dead.
import {
  replacesLiveSession,
  type SessionEvent,
  type SessionMachine,
  startMachine,
  stepMachine,
} from './connection-state.ts';
import { attemptTimeoutMs, backoffMs, refusedBackoffMs, shuffled } from './dial-plan.ts';
import type { Connection } from './node-zookeeper-client.ts';
import { Pause } from './pause.ts';
import { formatServer, type Server } from './server-list.ts';
import type { SessionState, ZkOptions } from './session.ts';
import { hexOfLong } from './stat-codec.ts';
import { type LiveVisit, Visit, type VisitPlan, type VisitPort, type VisitReport } from './visit.ts';
import type { SessionTicket } from './wire.ts';

/** Whom the keeper tells, synchronously. */
export interface KeeperPort {
  /** The state changed. */
  readonly changed: (state: SessionState, previous: SessionState) => void;
  readonly watchEvent: (type: number, path: string) => void;
  /** The live connection is gone: nothing that was asked on it will be answered. */
  readonly dropped: (cause: string) => void;
}

/** {@link ZkOptions} with every default filled in. */
export interface KeeperOptions extends ZkOptions {
  readonly chroot: string;
  readonly clock: () => number;
  readonly random: () => number;
  readonly log: NonNullable<ZkOptions['log']>;
}

type RoundResult = 'was-live' | 'failed' | 'refused';

const NO_TICKET: SessionTicket = { sessionId: Buffer.alloc(8), password: Buffer.alloc(16) };

/** After this many rounds in which servers hung up on a lost session, its memory of transactions is given up. */
const ROUNDS_BEFORE_FORGETTING = 3;

/** `close()` has this long to say goodbye. Milliseconds. */
const GOODBYE_MS = 900;

/** Begins to connect when made, and never stops until closed. */
export class SessionKeeper {
  readonly #options: KeeperOptions;
  readonly #port: KeeperPort;
  readonly #servers: readonly Server[];
  readonly #pause = new Pause();
  #machine: SessionMachine;
  #ticket = NO_TICKET;
  #lastZxid = 0n;
  #nextServer = 0;
  #failedRounds = 0;
  #roundsHungUp = 0;
  #visit: Visit | undefined;
  #connection: Connection | undefined;
  #leaseTimer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #finished: Promise<void>;

  constructor(options: KeeperOptions, port: KeeperPort) {
    this.#options = options;
    this.#port = port;
    this.#servers = shuffled(options.servers, options.random);
    this.#machine = startMachine(options.sessionTimeoutMs, options.clock());
    this.#finished = this.#run();
  }

  /** The machine as of now: time that has passed unobserved is accounted for first. */
  get machine(): SessionMachine {
    this.#apply({ kind: 'clock' });
    return this.#machine;
  }

  /** The connection to ask on; there is one exactly while `connected`. */
  get connection(): Connection | undefined {
    return this.machine.state.kind === 'connected' ? this.#connection : undefined;
  }

  /** The server answered something that was sent then. */
  acknowledge(sentAtMs: number): void {
    this.#apply({ kind: 'acknowledged', sentAtMs });
  }

  /** Gives up the connection, not the session. */
  abandon(cause: string): void {
    this.#visit?.end(cause);
  }

  /** Ends the session at the server if there is one and a way to reach it; settles within a second. */
  async close(): Promise<void> {
    const hadSession = this.#ticket !== NO_TICKET;
    this.#apply({ kind: 'close' });
    clearTimeout(this.#leaseTimer);
    if (!hadSession) this.#stop('closed');
    const giveUp = setTimeout(() => this.#stop('closed without an answer'), GOODBYE_MS);
    this.#connection?.closeSession();
    this.#pause.wake();
    await this.#finished;
    clearTimeout(giveUp);
  }

  #stop(cause: string): void {
    this.#stopped = true;
    this.#visit?.end(cause);
    this.#pause.wake();
  }

  async #run(): Promise<void> {
    // The first dial waits for the caller's turn to end, so that its listeners are in place.
    await this.#pause.wait(0);
    while (!this.#stopped) {
      const result = await this.#round();
      if (this.#stopped) return;
      if (result === 'was-live') continue;
      this.#failedRounds += 1;
      await this.#pause.wait(this.#waitMs(result));
    }
  }

  #waitMs(result: RoundResult): number {
    const { random } = this.#options;
    if (result === 'refused') return refusedBackoffMs(this.#machine.sessionTimeoutMs, random);
    return backoffMs(this.#failedRounds, this.#machine.sessionTimeoutMs, random);
  }

  async #round(): Promise<RoundResult> {
    let hungUp = false;
    for (let tried = 0; tried < this.#servers.length && !this.#stopped; tried += 1) {
      const report = await this.#visitNext();
      if (report.credentialsRefused) return 'refused';
      if (report.liveForMs !== undefined) return this.#afterLive(report.liveForMs);
      hungUp ||= report.asked && !report.welcomed && !report.expired;
    }
    this.#countHangUps(hungUp);
    return 'failed';
  }

  // A connection that ends as soon as it stands is no better than one that never stood.
  #afterLive(liveForMs: number): RoundResult {
    this.#roundsHungUp = 0;
    if (liveForMs < this.#machine.sessionTimeoutMs / 3) return 'failed';
    this.#failedRounds = 0;
    return 'was-live';
  }

  // A server that is behind what we have seen hangs up without a word, and an ensemble that was rebuilt from nothing will
  // be behind for ever. The session itself is kept: servers without a quorum look just the same, and may yet resume it.
  #countHangUps(hungUp: boolean): void {
    const lost = this.#machine.state.kind === 'lost';
    this.#roundsHungUp = hungUp && lost ? this.#roundsHungUp + 1 : 0;
    if (this.#roundsHungUp < ROUNDS_BEFORE_FORGETTING || this.#lastZxid === 0n) return;
    this.#lastZxid = 0n;
    this.#options.log('warn', 'every server hangs up on the lost session: forgetting the last transaction seen', {
      rounds: this.#roundsHungUp,
    });
  }

  async #visitNext(): Promise<VisitReport> {
    const server = this.#servers[this.#nextServer % this.#servers.length]!;
    this.#nextServer += 1;
    const report = await this.#visitServer(server);
    // The session is gone but the server is well: ask it for a new one right away.
    return report.expired && !this.#stopped && this.#machine.state.kind !== 'closed'
      ? this.#visitServer(server)
      : report;
  }

  #visitServer(server: Server): Promise<VisitReport> {
    return new Promise(resolve => {
      const ended = (report: VisitReport) => resolve(this.#onEnded(report));
      try {
        this.#visit = new Visit(this.#planFor(server), this.#visitPort(ended));
      } catch (error) {
        ended(impossibleVisit(server, error, this.#lastZxid));
      }
    });
  }

  #planFor(server: Server): VisitPlan {
    const options = this.#options;
    return {
      server,
      hello: {
        ticket: this.#ticket,
        lastZxid: this.#lastZxid,
        sessionTimeoutMs: options.sessionTimeoutMs,
        auth: options.auth ?? [],
      },
      chroot: options.chroot,
      tls: options.tls,
      attemptTimeoutMs: attemptTimeoutMs(this.#machine.sessionTimeoutMs, this.#servers.length, this.#failedRounds),
    };
  }

  #visitPort(ended: (report: VisitReport) => void): VisitPort {
    return {
      clock: this.#options.clock,
      session: (connection, ticket) => this.#onSession(connection, ticket),
      live: live => this.#onLive(live),
      acknowledged: sentAtMs => this.acknowledge(sentAtMs),
      watchEvent: (type, path) => this.#port.watchEvent(type, path),
      chrootRefused: err =>
        this.#options.log('warn', 'cannot create the chroot', { chroot: this.#options.chroot, err }),
      ended,
    };
  }

  #onSession(connection: Connection, ticket: SessionTicket): void {
    this.#ticket = ticket;
    if (this.#machine.state.kind === 'closed') connection.closeSession();
  }

  #onLive({ connection, ticket, sessionTimeoutMs, sentAtMs }: LiveVisit): void {
    if (this.#machine.state.kind === 'closed') {
      connection.closeSession();
      return;
    }
    const sessionId = hexOfLong(ticket.sessionId);
    if (replacesLiveSession(this.#machine, sessionId)) {
      this.#apply({ kind: 'expired', cause: 'the server handed out another session' });
    }
    this.#connection = connection;
    this.#warnOfTimeout(sessionTimeoutMs);
    this.#apply({ kind: 'established', sessionId, sessionTimeoutMs, sentAtMs });
    this.#armLease();
  }

  #warnOfTimeout(grantedMs: number): void {
    const wishedMs = this.#options.sessionTimeoutMs;
    if (grantedMs === wishedMs || grantedMs === this.#machine.sessionTimeoutMs) return;
    this.#options.log('warn', 'the server granted another session timeout', { wishedMs, grantedMs });
  }

  #onEnded(report: VisitReport): VisitReport {
    const wasLive = this.#connection !== undefined;
    this.#visit = undefined;
    this.#connection = undefined;
    if (report.lastZxid > this.#lastZxid) this.#lastZxid = report.lastZxid;
    if (report.expired) this.#ticket = NO_TICKET;
    if (wasLive) this.#port.dropped(report.cause);
    this.#tellMachine(report);
    this.#logEnd(report);
    // After a goodbye there is nothing left to visit.
    if (this.#machine.state.kind === 'closed' && (report.welcomed || report.expired)) this.#stopped = true;
    return report;
  }

  #tellMachine({ cause, expired, credentialsRefused }: VisitReport): void {
    if (expired) this.#apply({ kind: 'expired', cause });
    else if (credentialsRefused) this.#apply({ kind: 'refused', cause });
    else this.#apply({ kind: 'disconnected', cause });
  }

  #logEnd({ server, cause, liveForMs }: VisitReport): void {
    const level = liveForMs === undefined ? 'debug' : 'info';
    this.#options.log(level, 'connection ended', { server: formatServer(server), cause, liveForMs });
  }

  #apply(event: SessionEvent): void {
    const previous = this.#machine.state;
    this.#machine = stepMachine(this.#machine, event, this.#options.clock());
    const { state } = this.#machine;
    if (state === previous) return;
    // The connection may look well after a stall of this process; the session is not, until a server says so.
    if (state.kind === 'lost' && previous.kind === 'connected') this.#visit?.end(state.cause);
    this.#options.log(state.kind === 'connected' || state.kind === 'closed' ? 'info' : 'warn', 'session state', {
      from: previous.kind,
      to: state,
    });
    this.#port.changed(state, previous);
  }

  // Fires at the end of the lease as known when it was armed; by then the lease has usually moved on.
  #armLease(): void {
    clearTimeout(this.#leaseTimer);
    const leftMs = Math.max(this.#machine.leaseUntilMs - this.#options.clock(), 1);
    this.#leaseTimer = setTimeout(() => setImmediate(() => this.#onLeaseTimer()), leftMs);
  }

  #onLeaseTimer(): void {
    const { kind } = this.machine.state;
    if (kind === 'connected' || kind === 'suspended') this.#armLease();
  }
}

function impossibleVisit(server: Server, error: unknown, lastZxid: bigint): VisitReport {
  const cause = error instanceof Error ? error.message : String(error);
  const nothing = { asked: false, welcomed: false, expired: false, credentialsRefused: false, liveForMs: undefined };
  return { server, cause, ...nothing, lastZxid };
}
