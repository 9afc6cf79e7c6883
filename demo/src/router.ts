// The demo's router: the passive BGP listener of our own speaker, with the journal of what it heard. Agents have names here;
// on the wire they are BGP identifiers.

import { createListener, type Listener, type ListenerEvent } from '@vipkeeper/bgp';
import { ROUTER_AS } from './agent-config.ts';
import { type Heard, type Journal, type Routes, routesAfter } from './journal.ts';

/** The router and its memory. */
export class Router {
  readonly #listener: Listener;
  readonly #nameOf: (routerId: string) => string;
  readonly #journal: Heard[] = [];
  readonly #watchers = new Set<() => void>();

  /** `nameOf` turns a BGP identifier into an agent's name. */
  constructor(nameOf: (routerId: string) => string) {
    this.#nameOf = nameOf;
    this.#listener = createListener({
      address: '127.0.0.1',
      port: 0,
      localAs: ROUTER_AS,
      routerId: '192.0.2.254',
      holdTimeSeconds: 3,
    });
    this.#listener.onEvent(event => this.#hear(event));
  }

  /** The port, once it listens. */
  async start(): Promise<number> {
    await this.#listener.start();
    return this.#listener.port;
  }

  get journal(): Journal {
    return this.#journal;
  }

  get routes(): Routes {
    return routesAfter(this.#journal);
  }

  /** Called after each entry of the journal. */
  onHeard(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Whether, within the limit, the routes (and the journal) came to be so and stayed so while nothing more was heard. */
  until(isSo: (routes: Routes, journal: Journal) => boolean, quietMs: number, limitMs: number): Promise<boolean> {
    return new Promise(resolve => {
      let quiet: NodeJS.Timeout | undefined;
      const settle = (answer: boolean) => {
        clearTimeout(quiet);
        clearTimeout(limit);
        forget();
        resolve(answer);
      };
      const look = () => {
        clearTimeout(quiet);
        if (isSo(this.routes, this.#journal)) quiet = setTimeout(settle, quietMs, true);
      };
      const limit = setTimeout(settle, limitMs, false);
      const forget = this.onHeard(look);
      look();
    });
  }

  close(): Promise<void> {
    return this.#listener.close({ message: 'the demo is over', limitMs: 500 });
  }

  #hear(event: ListenerEvent): void {
    const heard = this.#translate(event);
    if (heard === undefined) return;
    this.#journal.push(heard);
    for (const watcher of [...this.#watchers]) watcher();
  }

  #translate(event: ListenerEvent): Heard | undefined {
    const { atMs } = event;
    const agent = this.#nameOf(event.peer.routerId);
    switch (event.kind) {
      case 'peer-up':
        return { kind: 'session-up', agent, atMs };
      case 'peer-down':
        return { kind: 'session-down', agent, atMs };
      case 'announce': {
        const { asPath, med = 0 } = event.route.attributes;
        return { kind: 'announced', agent, vip: vipOf(event.route.prefix), asPath, med, atMs };
      }
      case 'withdraw':
        return { kind: 'withdrawn', agent, vip: vipOf(event.prefix), atMs };
      case 'end-of-rib':
        return undefined;
    }
  }
}

function vipOf(prefix: string): string {
  return prefix.slice(0, prefix.indexOf('/'));
}
