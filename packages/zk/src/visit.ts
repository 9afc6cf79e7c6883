// One connection's whole life: dial, session, first round trip, heartbeats, end. It always ends, and says so exactly once.
//
// A visit is `live` only after a round trip on the session: credentials travel before that question, so an answer also
// proves that they were taken, and the chroot is there (or was made) before anybody works below it.
import { ERROR } from './error-code.ts';
import { Heartbeat } from './heartbeat.ts';
import { pathAndAncestors } from './node-path.ts';
import { Connection } from './node-zookeeper-client.ts';
import type { Server } from './server-list.ts';
import type { ZkOptions } from './session.ts';
import { openSocket } from './socket.ts';
import { OPEN_ACL } from './stat-codec.ts';
import type { ConnectionListener, Hello, SessionTicket } from './wire.ts';

/** How far a visit came, and why it ended. */
export interface VisitReport {
  readonly server: Server;
  readonly cause: string;
  /** TCP (and TLS) stood and our connect request was sent. */
  readonly asked: boolean;
  readonly welcomed: boolean;
  /** The server said that the session we asked for is gone. */
  readonly expired: boolean;
  readonly credentialsRefused: boolean;
  /** How long it was live, or `undefined` if it never was. Milliseconds. */
  readonly liveForMs: number | undefined;
  /** The newest transaction seen. */
  readonly lastZxid: bigint;
}

/** Whom a visit tells. All calls are synchronous, in the socket's callback. */
export interface VisitPort {
  readonly clock: () => number;
  /** A session was granted; nothing was asked on it yet. */
  readonly session: (connection: Connection, ticket: SessionTicket) => void;
  readonly live: (live: LiveVisit) => void;
  /** The server answered what was sent then. */
  readonly acknowledged: (sentAtMs: number) => void;
  readonly watchEvent: (type: number, path: string) => void;
  readonly chrootRefused: (err: number) => void;
  readonly ended: (report: VisitReport) => void;
}

/** What is known when a visit becomes live. */
export interface LiveVisit {
  readonly connection: Connection;
  readonly ticket: SessionTicket;
  readonly sessionTimeoutMs: number;
  /** When the round trip that proved the session was begun. */
  readonly sentAtMs: number;
}

/** What to visit, with what, and for how long at most until it is live. */
export interface VisitPlan {
  readonly server: Server;
  readonly hello: Hello;
  readonly chroot: string;
  readonly tls: ZkOptions['tls'];
  readonly attemptTimeoutMs: number;
}

/** Starts a visit. */
export class Visit {
  readonly #plan: VisitPlan;
  readonly #port: VisitPort;
  readonly #connection: Connection;
  readonly #attemptTimer: NodeJS.Timeout;
  #heartbeat: Heartbeat | undefined;
  #asked = false;
  #welcomed = false;
  #expired = false;
  #credentialsRefused = false;
  #liveSinceMs: number | undefined;

  /** Throws only when the socket cannot even be made (an impossible port, unusable TLS material). */
  constructor(plan: VisitPlan, port: VisitPort) {
    this.#plan = plan;
    this.#port = port;
    const { socket, openedEvent } = openSocket(plan.server, plan.tls);
    this.#connection = new Connection(socket, openedEvent, plan.hello, this.#listener());
    this.#attemptTimer = setTimeout(() => setImmediate(() => this.#giveUp()), plan.attemptTimeoutMs);
  }

  /** Ends it now. */
  end(cause: string): void {
    this.#connection.end(cause);
  }

  #listener(): ConnectionListener {
    return {
      asked: () => {
        this.#asked = true;
      },
      session: (ticket, timeoutMs) => this.#onSession(ticket, timeoutMs),
      sessionExpired: () => {
        this.#expired = true;
        this.end('the session expired');
      },
      credentialsRefused: () => {
        this.#credentialsRefused = true;
        this.end('the credentials were refused');
      },
      heard: () => this.#heartbeat?.heard(),
      pong: () => this.#onPong(),
      watchEvent: (type, path) => this.#port.watchEvent(type, path),
      ended: cause => this.#onEnded(cause),
    };
  }

  #onSession(ticket: SessionTicket, sessionTimeoutMs: number): void {
    this.#welcomed = true;
    this.#heartbeat = new Heartbeat(sessionTimeoutMs, {
      clock: this.#port.clock,
      ping: () => this.#connection.ping(),
      silent: silentMs => this.end(`nothing heard for ${Math.round(silentMs)} ms`),
    });
    this.#port.session(this.#connection, ticket);
    this.#prove(ticket, sessionTimeoutMs);
  }

  #prove(ticket: SessionTicket, sessionTimeoutMs: number): void {
    const sentAtMs = this.#port.clock();
    const { chroot } = this.#plan;
    this.#connection.send({ op: 'exists', path: chroot === '' ? '/' : chroot, watch: false }, err => {
      const live = () => this.#goLive({ connection: this.#connection, ticket, sessionTimeoutMs, sentAtMs });
      if (err === ERROR.noNode) this.#makeChroot(live);
      else live();
    });
  }

  // In order on one connection, so the last answer speaks for all of them.
  #makeChroot(done: () => void): void {
    const paths = pathAndAncestors(this.#plan.chroot);
    for (const path of paths) {
      this.#connection.send({ op: 'create', path, data: new Uint8Array(), acl: OPEN_ACL, flags: 0 }, err => {
        if (path !== this.#plan.chroot) return;
        if (err !== 0 && err !== ERROR.nodeExists) this.#port.chrootRefused(err);
        done();
      });
    }
  }

  #goLive(live: LiveVisit): void {
    clearTimeout(this.#attemptTimer);
    this.#liveSinceMs = this.#port.clock();
    this.#port.live(live);
  }

  #onPong(): void {
    const sentAtMs = this.#heartbeat?.pong();
    // Before the visit is live the answer may be about another session than the one whose lease is being kept.
    if (sentAtMs !== undefined && this.#liveSinceMs !== undefined) this.#port.acknowledged(sentAtMs);
  }

  #giveUp(): void {
    if (this.#liveSinceMs === undefined)
      this.end(`no session within ${(this.#plan.attemptTimeoutMs / 1000).toFixed(1)} s`);
  }

  #onEnded(cause: string): void {
    clearTimeout(this.#attemptTimer);
    this.#heartbeat?.stop();
    const liveForMs = this.#liveSinceMs === undefined ? undefined : this.#port.clock() - this.#liveSinceMs;
    this.#port.ended({
      server: this.#plan.server,
      cause,
      asked: this.#asked,
      welcomed: this.#welcomed,
      expired: this.#expired,
      credentialsRefused: this.#credentialsRefused,
      liveForMs,
      lastZxid: this.#connection.lastZxid,
    });
  }
}
