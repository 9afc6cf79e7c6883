// One server's mind: the tree, the sessions and the watches, and what each request does to them. No sockets: a request
// goes in, effects come out as values, in the order in which they must reach the wire: watch events first, then the reply,
// then connections that are over. That order is the promise clients build on: whoever reads a reply has already been
// told of everything that happened before it.
//
// Every attempted change takes a transaction id, refused ones too, and so do the beginning and the end of a session.

import { identify, isAllowed, maskAcl } from './access.ts';
import { Code, type EventKind, Permission } from './codes.ts';
import type { Identity } from './records.ts';
import type { Grant, Reply, ReplyBody } from './replies.ts';
import type { ConnectRequest, Read, Request, SetWatches, Step } from './requests.ts';
import type { Session, Sessions } from './sessions.ts';
import { statOf, type Transaction, Tree, type TreeEvent } from './tree.ts';
import { Watches } from './watches.ts';

/** One connection as the processor knows it, told apart by identity. */
export interface Client {
  sessionId: bigint;
  identities: readonly Identity[];
}

/** The session clock is monotonic; nodes carry wall time. Milliseconds both. */
export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** A watch event for one client. */
export interface Delivery {
  readonly client: Client;
  readonly kind: EventKind;
  readonly path: string;
}

/** What must reach the wire, in this order. */
export interface Effects {
  readonly events: readonly Delivery[];
  readonly reply: Reply | null;
  /** Connections that are over once the above is written. */
  readonly over: readonly Client[];
}

/** How a connection begins. */
export interface Greeting {
  /** `null`: the session it named is gone. `'refused'`: it has seen changes that we have not; say nothing. */
  readonly grant: Grant | null | 'refused';
  readonly over: readonly Client[];
}

/** Everything one development server knows. */
export class Processor {
  readonly #tree = new Tree();
  readonly #watches = new Watches<Client>();
  readonly #clients = new Map<bigint, Client>();
  readonly #sessions: Sessions;
  readonly #injected = new Map<string, number[]>();
  #zxid = 0n;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** The next request of this kind is answered with this code and does nothing. Several are used up one by one. */
  failNext(op: string, code: number): void {
    this.#injected.set(op, [...(this.#injected.get(op) ?? []), code]);
  }

  /** Whoever names a session cuts its present connection, even when the password is then found to be wrong. */
  connect(client: Client, request: ConnectRequest, now: Now): Greeting {
    if (request.lastZxidSeen > this.#zxid) return { grant: 'refused', over: [] };
    const previous = this.#clients.get(request.sessionId);
    const over = previous === undefined ? [] : [previous];
    const session = this.#openOrResume(request, now);
    if (session === undefined) return { grant: null, over };
    client.sessionId = session.id;
    this.#clients.set(session.id, client);
    return { grant: { timeoutMs: session.timeoutMs, sessionId: session.id, password: session.password }, over };
  }

  /** A connection is gone; its session lives on. */
  disconnect(client: Client): void {
    this.#watches.forget(client);
    if (this.#clients.get(client.sessionId) === client) this.#clients.delete(client.sessionId);
  }

  handle(client: Client, xid: number, request: Request, now: Now): Effects {
    if (!this.#sessions.touch(client.sessionId, now.monotonicMs)) return { events: [], reply: null, over: [client] };
    const code = this.#injected.get(request.op)?.shift();
    if (code !== undefined) return this.#answer(xid, { kind: 'error', code });
    switch (request.op) {
      case 'exists':
      case 'getData':
      case 'getChildren':
      case 'getChildren2':
        return this.#answer(xid, this.#read(client, request));
      case 'getAcl':
        return this.#answer(xid, this.#readAcl(client, request.path));
      case 'sync':
        return this.#answer(xid, { kind: 'path', path: request.path });
      case 'ping':
        return this.#answer(xid, { kind: 'nothing' });
      case 'auth':
        return this.#authenticate(client, xid, request.scheme, request.credentials);
      case 'setWatches':
        return this.#answer(xid, { kind: 'nothing' }, this.#setWatches(client, request));
      case 'multi':
        return this.#changeAll(client, xid, request.steps, now);
      case 'closeSession':
        return this.#close(client, xid);
      case 'unknown':
        return { events: [], reply: { xid, zxid: -1n, body: error(Code.unimplemented) }, over: [client] };
      case 'malformed':
        return this.#answer(xid, error(Code.marshallingError));
      default:
        return this.#change(client, xid, request, now);
    }
  }

  /** Sessions nobody was heard of in time end now. */
  expire(now: Now): Effects {
    const ended = this.#sessions.overdue(now.monotonicMs).map(session => this.#end(session.id));
    return {
      events: ended.flatMap(each => each.events),
      reply: null,
      over: ended.flatMap(each => each.over),
    };
  }

  /** Ends this session as if it had been silent too long. False when there is none. */
  expireSession(id: bigint): Effects | false {
    return this.#sessions.list().some(session => session.id === id) && this.#end(id);
  }

  sessions(): readonly { readonly id: bigint; readonly timeoutMs: number; readonly connected: boolean }[] {
    return this.#sessions.list().map(({ id, timeoutMs }) => ({ id, timeoutMs, connected: this.#clients.has(id) }));
  }

  #openOrResume(request: ConnectRequest, now: Now): Session | undefined {
    const { sessionId, password, timeoutMs } = request;
    if (sessionId !== 0n) return this.#sessions.resume(sessionId, password, timeoutMs, now.monotonicMs);
    this.#zxid += 1n;
    return this.#sessions.open(timeoutMs, now.monotonicMs);
  }

  #end(id: bigint): Effects {
    this.#zxid += 1n;
    this.#sessions.end(id);
    const events = this.#tree.endSession(id, this.#zxid).flatMap(event => this.#fire(event));
    const client = this.#clients.get(id);
    return { events, reply: null, over: client === undefined ? [] : [client] };
  }

  #close(client: Client, xid: number): Effects {
    const { events, over } = this.#end(client.sessionId);
    return { ...this.#answer(xid, { kind: 'nothing' }, events), over };
  }

  #change(client: Client, xid: number, step: Step, now: Now): Effects {
    const { result, events } = this.#tree.apply(step, this.#transaction(client, now));
    return this.#answer(
      xid,
      result,
      events.flatMap(event => this.#fire(event)),
    );
  }

  #changeAll(client: Client, xid: number, steps: readonly Step[], now: Now): Effects {
    const { results, events } = this.#tree.applyAll(steps, this.#transaction(client, now));
    return this.#answer(
      xid,
      { kind: 'multi', results },
      events.flatMap(event => this.#fire(event)),
    );
  }

  #transaction(client: Client, now: Now): Transaction {
    this.#zxid += 1n;
    return { zxid: this.#zxid, nowMs: now.wallMs, sessionId: client.sessionId, identities: client.identities };
  }

  /** `exists` watches what is not there yet; the others only what they could read. */
  #read(client: Client, request: Read): ReplyBody {
    const { op, path, watch } = request;
    const node = this.#tree.node(path);
    if (watch && op === 'exists') this.#watches.watchNode(path, client);
    if (node === undefined) return error(Code.noNode);
    const stat = statOf(node);
    if (op === 'exists') return { kind: 'stat', stat };
    if (!isAllowed(node.acl, Permission.read, client.identities)) return error(Code.noAuth);
    if (op === 'getData') {
      if (watch) this.#watches.watchNode(path, client);
      return { kind: 'data', data: node.data, stat };
    }
    if (watch) this.#watches.watchChildren(path, client);
    return { kind: 'children', names: [...node.children], stat: op === 'getChildren2' ? stat : null };
  }

  #readAcl(client: Client, path: string): ReplyBody {
    const node = this.#tree.node(path);
    if (node === undefined) return error(Code.noNode);
    const { read, admin } = Permission;
    if (!isAllowed(node.acl, read | admin, client.identities)) return error(Code.noAuth);
    return { kind: 'acl', acl: maskAcl(node.acl, client.identities), stat: statOf(node) };
  }

  #authenticate(client: Client, xid: number, scheme: string, credentials: Uint8Array): Effects {
    const identity = identify(scheme, credentials);
    if (identity === null) {
      return { events: [], reply: { xid, zxid: 0n, body: error(Code.authFailed) }, over: [client] };
    }
    client.identities = [...client.identities, identity];
    return { events: [], reply: { xid, zxid: 0n, body: { kind: 'nothing' } }, over: [] };
  }

  /** Watches from an earlier connection: what happened meanwhile is told now, the rest is watched again. */
  #setWatches(client: Client, request: SetWatches): readonly Delivery[] {
    const events: Delivery[] = [];
    const tell = (kind: EventKind, path: string) => events.push({ client, kind, path });
    for (const path of request.data) {
      const node = this.#tree.node(path);
      if (node === undefined) tell('deleted', path);
      else if (node.mzxid > request.relativeZxid) tell('changed', path);
      else this.#watches.watchNode(path, client);
    }
    for (const path of request.exists) {
      if (this.#tree.node(path) !== undefined) tell('created', path);
      else this.#watches.watchNode(path, client);
    }
    for (const path of request.children) {
      const node = this.#tree.node(path);
      if (node === undefined) tell('deleted', path);
      else if (node.pzxid > request.relativeZxid) tell('children', path);
      else this.#watches.watchChildren(path, client);
    }
    return events;
  }

  #fire(event: TreeEvent): readonly Delivery[] {
    return this.#watches.fire(event).map(client => ({ client, ...event }));
  }

  #answer(xid: number, body: ReplyBody, events: readonly Delivery[] = []): Effects {
    return { events, reply: { xid, zxid: this.#zxid, body }, over: [] };
  }
}

function error(code: number): ReplyBody {
  return { kind: 'error', code };
}
