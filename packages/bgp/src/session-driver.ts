// Carries out what a session asks for: bytes in and out, the one timer, the counters. Inputs are taken one at a time
// (an output may cause the next input), and after each round the timer is set to what the session waits for.
//
// A due timer is put in only after pending I/O was read: a process that was held up must not find its hold timer run
// out while the peer's KEEPALIVEs lie in the kernel's buffer.

import type { Family } from './advertisement.ts';
import { Framer } from './framer.ts';
import { createSession, step, wakeAt } from './session.ts';
import type { Negotiated } from './session-open.ts';
import type { Session, SessionInput, SessionOptions, SessionOutput } from './session-types.ts';
import type { Transport, TransportEvents } from './tcp.ts';
import { DecodeError } from './wire/decode-error.ts';
import { EXTENDED_LENGTH, type Frame } from './wire/header.ts';
import { decodeMessage, encodeMessage, type Message } from './wire/message.ts';
import type { NotificationMessage } from './wire/notification.ts';
import type { AttributeContext } from './wire/path-attribute.ts';
import type { UpdateMessage } from './wire/update.ts';

/** What the driver's owner wants to know, and how it makes connections. */
export interface DriverHooks {
  connect(events: TransportEvents): Transport;
  established(negotiated: Negotiated, transport: Transport): void;
  down(reason: string): void;
  update(update: UpdateMessage): void;
  routeRefresh(family: Family): void;
  transition(transition: Extract<SessionOutput, { kind: 'transition' }>): void;
  /** Something that a status shows may differ. */
  changed(): void;
}

/** Time and chance, from outside. */
export interface DriverSources {
  readonly clock: () => number;
  readonly random: () => number;
}

/** Totals since the driver was made. */
export interface SessionCounters {
  established: number;
  updatesSent: number;
  messagesReceived: number;
  notificationsSent: number;
  notificationsReceived: number;
  malformedReceived: number;
}

interface Line {
  readonly transport: Transport;
  readonly framer: Framer;
  context: AttributeContext;
}

/** How long a closed connection may wait for the peer's FIN. */
const FINISH_LIMIT_MS = 2000;
const BEFORE_NEGOTIATION: AttributeContext = { fourOctetAs: true, ibgp: false };

/** Runs one session. */
export class SessionDriver {
  readonly counters: SessionCounters = {
    established: 0,
    updatesSent: 0,
    messagesReceived: 0,
    notificationsSent: 0,
    notificationsReceived: 0,
    malformedReceived: 0,
  };
  readonly #hooks: DriverHooks;
  readonly #clock: () => number;
  readonly #lines = new Map<string, Line>();
  readonly #releasing = new Set<Transport>();
  readonly #inputs: SessionInput[] = [];
  #session: Session;
  #accepted = 0;
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: number | undefined;

  constructor(options: SessionOptions, hooks: DriverHooks, sources: DriverSources) {
    this.#hooks = hooks;
    this.#clock = sources.clock;
    this.#session = createSession(options, Math.floor(sources.random() * 0x1_0000_0000), sources.clock());
  }

  /** The session as it is now. */
  get session(): Session {
    return this.#session;
  }

  /** The transport of the most advanced connection. */
  get transport(): Transport | undefined {
    const { connections } = this.#session;
    const best = connections.find(({ phase }) => phase === 'Established') ?? connections[0];
    return best === undefined ? undefined : this.#lines.get(best.id)?.transport;
  }

  start(): void {
    this.#input({ kind: 'ManualStart' });
  }

  /** Ends all connections with this NOTIFICATION. */
  stop(notification: NotificationMessage): void {
    this.#input({ kind: 'ManualStop', notification });
  }

  /** Ends an Established connection with Cease/BFD Down. */
  bfdDown(reason: string): void {
    this.#input({ kind: 'BfdDown', reason });
  }

  /** Takes over a connection that the peer opened. */
  accept(adopt: (events: TransportEvents) => Transport): void {
    this.#accepted += 1;
    const id = `in-${this.#accepted}`;
    this.#addLine(id, adopt(this.#eventsOf(id)));
    this.#input({ kind: 'TcpCrAcked', connection: id });
  }

  /** Bytes of the Established connection that the kernel has not taken; `undefined` without one. */
  get pendingBytes(): number | undefined {
    return this.#establishedLine()?.transport.pendingBytes;
  }

  /** Writes to the Established connection; without one it does nothing and `left` is never called. */
  send(message: Message, left: () => void): void {
    const connection = this.#session.connections.find(({ phase }) => phase === 'Established');
    if (connection === undefined) return;
    if (message.type === 'update') this.counters.updatesSent += 1;
    this.#write(connection.id, message, left);
  }

  /** Resolves when every socket that was ever used is released. */
  async released(): Promise<void> {
    await Promise.all([...this.#releasing].map(transport => transport.released));
  }

  /** Releases every socket at once. */
  abandon(): void {
    for (const transport of this.#releasing) transport.abandon();
  }

  #establishedLine(): Line | undefined {
    const connection = this.#session.connections.find(({ phase }) => phase === 'Established');
    return connection === undefined ? undefined : this.#lines.get(connection.id);
  }

  #addLine(id: string, transport: Transport): void {
    this.#lines.set(id, { transport, framer: new Framer(), context: BEFORE_NEGOTIATION });
    this.#releasing.add(transport);
    void transport.released.then(() => this.#releasing.delete(transport));
  }

  #eventsOf(id: string): TransportEvents {
    return {
      connected: () => this.#input({ kind: 'TcpConnectionConfirmed', connection: id }),
      data: bytes => this.#onData(id, bytes),
      closed: reason => {
        this.#lines.delete(id);
        this.#input({ kind: 'TcpConnectionFails', connection: id, reason });
      },
    };
  }

  #onData(id: string, bytes: Uint8Array): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    try {
      line.framer.feed(bytes, frame => this.#onFrame(id, line, frame));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.counters.malformedReceived += 1;
      this.#input({ kind: 'DecodeFailed', connection: id, error });
    }
  }

  #onFrame(id: string, line: Line, frame: Frame): boolean {
    this.counters.messagesReceived += 1;
    const message = decodeMessage(frame, line.context);
    if (message.type === 'notification') this.counters.notificationsReceived += 1;
    if (message.type === 'update' && message.problems.length > 0) this.counters.malformedReceived += 1;
    this.#input({ kind: 'MessageReceived', connection: id, message });
    return this.#lines.has(id);
  }

  #input(input: SessionInput): void {
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#advance(next);
    } finally {
      this.#busy = false;
    }
    this.#arm();
    if (input.kind !== 'WriteProgress') this.#hooks.changed();
  }

  #advance(input: SessionInput): void {
    const { session, outputs } = step(this.#session, input, this.#clock());
    this.#session = session;
    for (const output of outputs) this.#perform(output);
  }

  #perform(output: SessionOutput): void {
    switch (output.kind) {
      case 'connect':
        this.#addLine(output.connection, this.#hooks.connect(this.#eventsOf(output.connection)));
        return;
      case 'send':
        this.#write(output.connection, output.message, () => {});
        return;
      case 'negotiated':
        this.#useNegotiated(output.connection, output.negotiated);
        return;
      case 'established':
        this.#onEstablished(output.connection, output.negotiated);
        return;
      case 'finish':
        this.#close(output.connection, transport => transport.finish(FINISH_LIMIT_MS));
        return;
      case 'abandon':
        this.#close(output.connection, transport => transport.abandon());
        return;
      case 'down':
        this.#hooks.down(output.reason);
        return;
      case 'update':
        this.#hooks.update(output.update);
        return;
      case 'routeRefresh':
        this.#hooks.routeRefresh(output.family);
        return;
      case 'transition':
        this.#hooks.transition(output);
        return;
    }
  }

  #useNegotiated(id: string, negotiated: Negotiated): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    line.context = negotiated;
    if (negotiated.extendedMessage) line.framer.setMaxLength(EXTENDED_LENGTH);
  }

  #onEstablished(id: string, negotiated: Negotiated): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    this.counters.established += 1;
    this.#hooks.established(negotiated, line.transport);
  }

  #close(id: string, how: (transport: Transport) => void): void {
    const line = this.#lines.get(id);
    this.#lines.delete(id);
    if (line !== undefined) how(line.transport);
  }

  #write(id: string, message: Message, left: () => void): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    if (message.type === 'notification') this.counters.notificationsSent += 1;
    line.transport.write(encodeMessage(message, line.context), () => {
      this.#noteProgress(id, line);
      left();
    });
    this.#noteWaiting(id, line);
  }

  /** The send hold timer runs only while bytes wait, and starts again whenever some have left (RFC 9687 §3). */
  #noteWaiting(id: string, { transport }: Line): void {
    if (transport.pendingBytes === 0 || this.#sendHoldAt(id) !== undefined) return;
    this.#input({ kind: 'WriteProgress', connection: id, pending: true });
  }

  #noteProgress(id: string, { transport }: Line): void {
    if (this.#sendHoldAt(id) === undefined) return;
    this.#input({ kind: 'WriteProgress', connection: id, pending: transport.pendingBytes > 0 });
  }

  #sendHoldAt(id: string): number | undefined {
    return this.#session.connections.find(connection => connection.id === id)?.sendHoldAt;
  }

  #arm(): void {
    const at = wakeAt(this.#session);
    if (at === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    if (at !== undefined) this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, Math.ceil(at - this.#clock())));
  }

  #onTimer(): void {
    this.#timerAt = undefined;
    setImmediate(() => this.#input({ kind: 'TimersDue' }));
  }
}
