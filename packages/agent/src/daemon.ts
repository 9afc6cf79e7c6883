// The daemon, wired: the loop in the middle, and around it the session, the speaker, the checks, the addresses and what
// people look at. Nothing is decided here; this file says who is connected to whom, and in which order they come and go.
//
// Coming: the state file, then whatever can fail for good (a port that is taken, no `ip`), then the rest. Going: the loop
// is told to shut down and drains; when it says that everything is withdrawn, the parts are closed in order.
import { createSpeaker, type Speaker } from '@vipkeeper/bgp';
import {
  type Config,
  type Decision,
  hostRoute,
  type Input,
  type ServiceName,
  settingsOf,
  type View,
  type Vip,
} from '@vipkeeper/core';
import { connect, type ZkSession } from '@vipkeeper/zk';
import { type Addresses, keepAddresses } from './addresses.ts';
import { type Admin, startAdmin } from './admin.ts';
import { type Alarm, createAlarm } from './alarm.ts';
import { type CheckBoard, createBoard, type ServiceChecks } from './checks/board.ts';
import { type LoadedConfiguration, loadConfiguration } from './configuration.ts';
import { type Coordinator, createCoordinator } from './coordination.ts';
import { closeAll } from './departure.ts';
import { type LagMeter, measureLag } from './event-loop-lag.ts';
import type { Log } from './log.ts';
import { createLoop, type Loop } from './loop.ts';
import { accessOf, peerOptions, routePolicy, serviceChecks, speakerOptions, zooKeeperOptions } from './mapping.ts';
import { rememberedOf } from './memory.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createNarrator, type Narrator } from './narration.ts';
import { newLife, ownIdentity, probeLife } from './process-identity.ts';
import { restartReasons } from './reload.ts';
import { coupleRoutes, type Routes } from './routes.ts';
import { type StateFile, stateFileAt } from './state-file.ts';
import { type AgentStatus, type ConfigStatus, statusOf } from './status.ts';
import { VERSION } from './version.ts';

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly file: string;
  readonly loaded: Extract<LoadedConfiguration, { kind: 'ok' }>;
  readonly log: Log;
}

/** How long an address stays after its route was withdrawn, for packets under way. */
const LINGER_MS = 5000;
/** The same on the way out, where the drain has moved the traffic already. */
const LAST_LINGER_MS = 1000;
/** A batch is given up after so many session timeouts; each of its operations has its own limit well below. */
const BATCH_LIMIT_TIMEOUTS = 4;
/** After the limit of a drain the parts are closed whatever the loop says. */
const OVERTIME_MS = 2000;

const clock = (): number => performance.now();

/** A daemon that runs from its construction on, once {@link Daemon.start} was called. */
export class Daemon {
  readonly #file: string;
  readonly #log: Log;
  readonly #loop: Loop;
  readonly #speaker: Speaker;
  readonly #routes: Routes;
  readonly #board: CheckBoard;
  readonly #addresses: Addresses | null;
  readonly #alarm: Alarm;
  readonly #metrics: Metrics;
  readonly #narrator: Narrator;
  readonly #stateFile: StateFile;
  readonly #lag: LagMeter = measureLag();
  readonly #finished: Promise<void>;
  #finish: () => void = () => {};
  #loaded: DaemonOptions['loaded'];
  #configStatus: ConfigStatus;
  #session: ZkSession | null = null;
  #coordinator: Coordinator | null = null;
  #admin: Admin | null = null;
  #remembered: View['services'] | null = null;
  readonly #checks = new Map<ServiceName, ServiceChecks>();
  #started = false;
  #reloadWanted = false;
  #stopAsked = 0;
  #closing = false;

  constructor({ file, loaded, log }: DaemonOptions) {
    const { config, secrets } = loaded;
    this.#finished = new Promise(resolve => {
      this.#finish = resolve;
    });
    this.#file = file;
    this.#loaded = loaded;
    this.#configStatus = { file, loadedAt: new Date().toISOString(), refused: [] };
    this.#log = log;
    this.#metrics = createMetrics();
    this.#narrator = createNarrator({ log, onTransition: this.#metrics.transition });
    this.#stateFile = stateFileAt(config.stateFile, log.child({ part: 'state' }), clock);
    this.#speaker = createSpeaker(speakerOptions(config, secrets, log.child({ part: 'bgp' })));
    this.#routes = coupleRoutes(this.#speaker, routePolicy(config), input => this.#input(input));
    this.#board = this.#makeBoard();
    this.#addresses = config.addresses.manage ? this.#makeAddresses() : null;
    this.#alarm = createAlarm(() => this.#input({ kind: 'tick' }), clock);
    this.#loop = this.#makeLoop();
  }

  /** Settles when everything has been closed. */
  get stopped(): Promise<void> {
    return this.#finished;
  }

  /** Where the admin endpoint listens; null before it does. */
  get admin(): Admin['address'] | null {
    return this.#admin?.address ?? null;
  }

  /** Starts all parts. Rejects when one of them cannot work here at all; then nothing has been announced. */
  async start(): Promise<void> {
    const { config } = this.#loaded;
    this.#input({ kind: 'remembered', remembered: await this.#stateFile.read(config.agent) });
    this.#configureChecks(config);
    this.#admin = await startAdmin(config.admin.listen, {
      status: () => this.status(),
      metrics: () => this.#metrics.text(this.status(), this.#lag.read()),
      metricsType: this.#metrics.contentType,
    });
    await this.#speaker.start();
    if (this.#addresses === null) this.#input({ kind: 'addresses', present: 'unmanaged' });
    else await this.#addresses.start();
    this.#routes.report();
    this.#connect();
    this.#started = true;
    if (this.#stopAsked > 0) this.#askLoopToStop();
    else if (this.#reloadWanted) this.reload();
  }

  /** Drains, withdraws, closes. Asked a second time: at once. */
  shutdown(): void {
    this.#stopAsked += 1;
    this.#log.info(
      { times: this.#stopAsked },
      this.#stopAsked === 1 ? 'shutdown asked for' : 'shutdown asked for again',
    );
    if (this.#started) this.#askLoopToStop();
  }

  /** Reads the file again and takes it over, whole or not at all; after the start if that is under way. */
  reload(): void {
    if (this.#stopAsked > 0) return;
    if (!this.#started) {
      this.#reloadWanted = true;
      return;
    }
    const loaded = loadConfiguration(this.#file);
    const refused = loaded.kind === 'problems' ? loaded.problems : restartReasons(this.#loaded.config, loaded.config);
    for (const warning of loaded.warnings) this.#log.warn({ warning }, 'configuration warning');
    if (loaded.kind === 'problems' || refused.length > 0) {
      this.#configStatus = { ...this.#configStatus, refused };
      this.#metrics.reload('refused');
      this.#log.error({ file: this.#file, problems: refused }, 'reload refused, nothing was changed');
      return;
    }
    this.#takeOver(loaded);
    this.#metrics.reload('success');
    this.#log.info({ file: this.#file }, 'reloaded');
  }

  /** What the agent says of itself. */
  status(): AgentStatus {
    return statusOf({
      view: this.#loop.view,
      decision: this.#loop.decision,
      peers: this.#speaker.status(),
      outOn: vip => this.#speaker.outOn(hostRoute(vip)),
      checks: this.#board.rows(),
      config: this.#configStatus,
      leaseUntilMs: this.#session?.leaseUntilMs ?? 0,
      nowMs: clock(),
    });
  }

  // The lease moves with each heartbeat, of which nobody tells: it is looked at whenever something else happens.
  #input(input: Input): void {
    const nowMs = clock();
    const leaseUntilMs = this.#session?.leaseUntilMs ?? 0;
    if (leaseUntilMs !== this.#loop.view.leaseUntilMs) {
      this.#loop.handle({ kind: 'lease', leaseUntilMs }, nowMs);
      if (input.kind === 'tick') return;
    }
    this.#loop.handle(input, nowMs);
  }

  #takeOver(loaded: DaemonOptions['loaded']): void {
    const { config, secrets } = loaded;
    this.#loaded = loaded;
    this.#configStatus = { file: this.#file, loadedAt: new Date().toISOString(), refused: [] };
    this.#log.setLevel(config.log.level);
    this.#routes.follow(routePolicy(config));
    void this.#speaker.setPeers(peerOptions(config, secrets)).catch((error: unknown) => {
      this.#log.error({ error: (error as Error).message }, 'peers not changed');
    });
    this.#input({ kind: 'settings', settings: settingsOf(config) });
    this.#configureChecks(config);
  }

  // A service that has left the file is checked on for as long as its VIPs are still served.
  #configureChecks(config: Config): void {
    for (const checks of serviceChecks(config.services)) this.#checks.set(checks.service, checks);
    this.#board.configure([...this.#checks.values()]);
  }

  #askLoopToStop(): void {
    const limitMs = this.#stopAsked === 1 ? this.#loaded.config.shutdownMs : 0;
    this.#input({ kind: 'shutdown', deadlineMs: clock() + limitMs });
    setTimeout(() => void this.#close(), limitMs + OVERTIME_MS).unref();
  }

  #connect(): void {
    const { config, secrets } = this.#loaded;
    const acl = accessOf(secrets);
    this.#session = connect(zooKeeperOptions(config, secrets, this.#log.child({ part: 'zookeeper' })));
    this.#session.onState(state => this.#metrics.coordination(state.kind));
    this.#coordinator = createCoordinator({
      session: this.#session,
      onInput: input => this.#input(input),
      onOperation: this.#metrics.operation,
      clock,
      batchLimitMs: BATCH_LIMIT_TIMEOUTS * config.zookeeper.sessionTimeoutMs,
      ...(acl === null ? {} : { acl }),
    });
  }

  #makeBoard(): CheckBoard {
    return createBoard({
      clock,
      onHealth: (service, vip, health, detail) =>
        this.#input({ kind: 'health', service, vip, health, ...(detail === undefined ? {} : { detail }) }),
      onProbe: ({ service, check }, { outcome }, tookMs) => this.#metrics.probe(service, check, outcome, tookMs),
    });
  }

  #makeAddresses(): Addresses {
    const { config } = this.#loaded;
    return keepAddresses({
      device: config.addresses.device,
      leaseMs: config.addresses.leaseMs,
      renewMs: config.addresses.renewMs,
      lingerMs: LINGER_MS,
      keep: config.services.flatMap(service => service.vips),
      allows: settingsOf(config).allows,
      onPresent: present => this.#input({ kind: 'addresses', present }),
      log: this.#log.child({ part: 'addresses' }),
      clock,
    });
  }

  #makeLoop(): Loop {
    const process = ownIdentity(VERSION);
    return createLoop(
      {
        settings: settingsOf(this.#loaded.config),
        life: newLife(Date.now()),
        process,
        startedAtMs: clock(),
        startedAtWallMs: Date.now(),
      },
      {
        announce: announcements => this.#routes.announce(announcements),
        submit: request => this.#coordinator?.submit(request),
        serve: vips => this.#serve(vips),
        probeLife: (service, { life, process: recorded }) =>
          this.#input({ kind: 'life-probed', service, life, verdict: probeLife(recorded, process) }),
        wakeAt: atMs => this.#alarm.set(atMs),
        decided: (view, decision) => this.#decided(view, decision),
      },
    );
  }

  #serve(vips: ReadonlyMap<ServiceName, readonly Vip[]>): void {
    this.#addresses?.serve([...new Set([...vips.values()].flat())]);
    this.#board.serve(vips);
  }

  #decided(view: View, decision: Decision): void {
    this.#metrics.decided();
    this.#narrator.decided(view, decision);
    if (view.services !== this.#remembered) this.#stateFile.remember(rememberedOf(view));
    this.#remembered = view.services;
    if (decision.stopped && this.#started) void this.#close();
  }

  async #close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#alarm.set(null);
    await closeAll({
      speaker: this.#speaker,
      routes: this.#routes,
      board: this.#board,
      addresses: this.#addresses,
      coordinator: this.#coordinator,
      session: this.#session,
      stateFile: this.#stateFile,
      admin: this.#admin,
      message: `vipkeeper ${this.#loaded.config.agent} was stopped`,
      lingerMs: this.#stopAsked > 1 ? 0 : LAST_LINGER_MS,
      log: this.#log,
    });
    this.#lag.stop();
    this.#finish();
  }
}
