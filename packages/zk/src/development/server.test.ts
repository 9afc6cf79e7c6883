// The server over real sockets: what its switches do to a client. That it answers like ZooKeeper is tested elsewhere, by
// telling both the same story.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameReader } from './frames.ts';
import { type DevelopmentServer, startDevelopmentServer } from './index.ts';
import { JuteReader, JuteWriter } from './jute.ts';
import { OPEN_ACL, writeAcl } from './records.ts';

const TICK_MS = 100;
let server: DevelopmentServer;
const warnings: string[] = [];

beforeEach(async () => {
  const log = (level: string, message: string) => void (level === 'warn' && warnings.push(message));
  server = await startDevelopmentServer({ tickTimeMs: TICK_MS, maxConnections: 3, log });
});

afterEach(() => server.close());

/** The least a client can be: packets out, packets in. */
class Peer {
  readonly socket: Socket;
  readonly #frames = new FrameReader();
  readonly #packets: Buffer[] = [];
  #wake = () => {};
  isClosed = false;

  constructor() {
    this.socket = connect(server.port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
    this.socket.on('data', chunk => {
      this.#packets.push(...(this.#frames.push(chunk) as readonly Buffer[]));
      this.#wake();
    });
  }

  /** The next packet, or undefined at the end of the connection. */
  async next(): Promise<JuteReader | undefined> {
    while (this.#packets.length === 0 && !this.isClosed) await new Promise<void>(resolve => (this.#wake = resolve));
    const packet = this.#packets.shift();
    return packet === undefined ? undefined : new JuteReader(packet);
  }

  async greet(sessionId = 0n, password: Uint8Array = new Uint8Array(16)) {
    this.socket.write(new JuteWriter().int(0).long(0n).int(1000).long(sessionId).buffer(password).frame());
    const answer = await this.next();
    if (answer === undefined) return undefined;
    answer.int();
    return { timeoutMs: answer.int(), sessionId: answer.long(), password: answer.buffer() ?? new Uint8Array() };
  }

  create(path: string, flags = 0): void {
    const request = new JuteWriter().int(1).int(1).string(path).buffer(null);
    writeAcl(request, OPEN_ACL);
    this.socket.write(request.int(flags).frame());
  }

  exists(path: string, watch = false): void {
    this.socket.write(new JuteWriter().int(1).int(3).string(path).boolean(watch).frame());
  }

  /** The next reply's code, or `event` when a watch event comes first. */
  async code(): Promise<number | 'event' | 'closed'> {
    const answer = await this.next();
    if (answer === undefined) return 'closed';
    const xid = answer.int();
    answer.long();
    return xid === -1 ? 'event' : answer.int();
  }
}

async function greeted(): Promise<{ peer: Peer; sessionId: bigint; password: Uint8Array }> {
  const peer = new Peer();
  const session = await peer.greet();
  return { peer, sessionId: session?.sessionId ?? 0n, password: session?.password ?? new Uint8Array() };
}

describe('the development server', () => {
  it('warns at its start that it is for development and tests only', () => {
    expect(warnings.at(-1)).toBe('development ZooKeeper started: in memory, for development and tests only');
  });

  it('answers one request of a kind with any code, and the next one truly', async () => {
    const { peer } = await greeted();
    server.failNext('create', -125);
    peer.create('/a');
    peer.create('/a');
    peer.create('/a');
    expect([await peer.code(), await peer.code(), await peer.code()]).toEqual([-125, 0, -110]);
  });

  it('ends a session on demand: its connection closes, its nodes go, who watched is told', async () => {
    const victim = await greeted();
    const witness = await greeted();
    victim.peer.create('/e', 1);
    expect(await victim.peer.code()).toBe(0);
    witness.peer.exists('/e', true);
    expect(await witness.peer.code()).toBe(0);
    expect(server.expireSession(victim.sessionId.toString(16))).toBe(true);
    expect([await victim.peer.code(), await witness.peer.code()]).toEqual(['closed', 'event']);
    expect(server.expireSession(victim.sessionId.toString(16))).toBe(false);
    const back = new Peer();
    expect(await back.greet(victim.sessionId, victim.password)).toMatchObject({ sessionId: 0n, timeoutMs: 0 });
  });

  it('cuts connections and keeps their sessions', async () => {
    const { peer, sessionId, password } = await greeted();
    peer.create('/e', 1);
    expect(await peer.code()).toBe(0);
    server.dropConnections();
    expect(await peer.code()).toBe('closed');
    const again = new Peer();
    expect(await again.greet(sessionId, password)).toMatchObject({ sessionId, timeoutMs: 1000 });
    again.exists('/e');
    expect(await again.code()).toBe(0);
  });

  it('accepts and says nothing while paused, and answers everything afterwards', async () => {
    const { peer } = await greeted();
    server.pause();
    peer.exists('/');
    const late = new Peer();
    await once(late.socket, 'connect');
    const [answer, greeting] = [peer.code(), late.greet()];
    const silence = new Promise(resolve => setTimeout(resolve, 3 * TICK_MS, 'silence'));
    expect(await Promise.race([answer, greeting, silence])).toBe('silence');
    server.resume();
    expect(await answer).toBe(0);
    expect(await greeting).toMatchObject({ timeoutMs: 1000 });
  });

  it('lets no session expire while paused', async () => {
    await greeted();
    server.pause();
    await new Promise(resolve => setTimeout(resolve, 1000 + 3 * TICK_MS));
    expect(server.sessions()).toMatchObject([{ timeoutMs: 1000, connected: true }]);
  });

  it('holds answers back by the delay, in order', async () => {
    const { peer } = await greeted();
    server.delayMs = 50;
    const sentMs = performance.now();
    peer.exists('/none', true);
    peer.create('/none');
    expect([await peer.code(), await peer.code(), await peer.code()]).toEqual([-101, 'event', 0]);
    expect(performance.now() - sentMs).toBeGreaterThanOrEqual(49);
  });

  it('expires a silent session by itself', async () => {
    const { peer } = await greeted();
    expect(await peer.code()).toBe('closed');
    expect(server.sessions()).toEqual([]);
  });

  it('closes connections beyond its limit, and those that open with nonsense', async () => {
    const peers = [await greeted(), await greeted(), await greeted()];
    expect(await new Peer().greet()).toBeUndefined();
    peers[0]?.peer.socket.destroy();
    await expect.poll(() => server.sessions().filter(session => session.connected).length).toBe(2);
    const stranger = new Peer();
    stranger.socket.write('GET / HTTP/1.1\r\n\r\n');
    expect(await stranger.code()).toBe('closed');
  });
});
