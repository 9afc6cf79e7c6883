// A TCP proxy that does to a connection what networks and dying servers do: goes silent, hangs up, cuts an answer in two,
// or changes a few octets of it. It knows frames, so that what it does to an answer is done to exactly that answer.
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { cutFrames } from '../../packages/zk/src/frames.ts';

/** What becomes of a frame: forwarded as it is or changed, dropped, or cut off in the middle, which ends the connection. */
export type Verdict = Buffer | 'drop' | 'tear';
/** Looks at a frame, its length included, and at how many came before it on this connection. */
export type Interception = (frame: Buffer, index: number) => Verdict;

const pass: Interception = frame => frame;

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** A proxy before one server. */
export class FaultProxy {
  readonly host: string;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #muted = false;
  #hangingUp = false;
  /** Connections accepted so far. */
  attempts = 0;
  /** Frames that came from the client on its latest connection. */
  requests = 0;
  /** What becomes of the server's frames. */
  onAnswer: Interception = pass;
  /** What becomes of the client's frames. */
  onRequest: Interception = pass;

  private constructor(host: string, target: { readonly host: string; readonly port: number }) {
    this.host = host;
    this.#target = target;
    this.#server = createServer(socket => this.#accept(socket));
  }

  /** Listens on a free port of `host`. */
  static async start(
    target: { readonly host: string; readonly port: number },
    host = '127.0.0.1',
  ): Promise<FaultProxy> {
    const proxy = new FaultProxy(host, target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, host, resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Nothing passes any more in either direction, and nobody is told. New connections are accepted and held. */
  mute(): void {
    this.#muted = true;
    for (const { client, upstream } of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  unmute(): void {
    this.#muted = false;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  /** Every connection is accepted and closed at once, until told otherwise. */
  hangUp(on: boolean): void {
    this.#hangingUp = on;
    if (on) this.cut();
  }

  /** Ends the connections there are. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    this.attempts += 1;
    client.on('error', () => client.destroy());
    if (this.#hangingUp) {
      client.destroy();
      return;
    }
    const upstream = connectTcp(this.#target);
    upstream.on('error', () => upstream.destroy());
    const pair = { client, upstream };
    this.#pairs.add(pair);
    this.requests = 0;
    this.#forward(client, upstream, (frame, index) => {
      this.requests += 1;
      return this.onRequest(frame, index);
    });
    this.#forward(upstream, client, (frame, index) => this.onAnswer(frame, index));
    if (this.#muted) this.mute();
    for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
      one.on('close', () => this.#closeOther(pair, other));
    }
  }

  // While muted even the end of a connection is kept secret.
  #closeOther(pair: Pair, other: Socket): void {
    if (this.#muted) {
      setTimeout(() => this.#closeOther(pair, other), 20).unref();
      return;
    }
    this.#pairs.delete(pair);
    other.destroy();
  }

  #forward(from: Socket, to: Socket, intercept: Interception): void {
    let rest: Buffer = Buffer.alloc(0);
    let index = 0;
    from.on('data', (chunk: Buffer) => {
      const cut = cutFrames(rest, chunk);
      rest = cut.rest;
      for (const frame of cut.frames) {
        deliver(intercept(frame, index), frame, to);
        index += 1;
      }
    });
  }
}

function deliver(verdict: Verdict, frame: Buffer, to: Socket): void {
  if (verdict === 'drop' || to.writableEnded || to.destroyed) return;
  if (verdict === 'tear') to.end(frame.subarray(0, frame.length - 3));
  else to.write(verdict);
}
