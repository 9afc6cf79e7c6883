// BFD with real routers: the speaker is a process here, the router a container. Death is silent on purpose (stopped
// processes keep their sockets), so that nothing but BFD can notice it before the hold time of 9 s.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PeerStatus, SpeakerOptions } from '@vipkeeper/bgp';
import { bird, engine, frr, LabNetwork, Router, removeOwn, run, sweep, until } from '@vipkeeper/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const localAs = 64_710;
const routerAs = 64_910;
const hangMs = 6000;
/** What polling through the engine may add to a time that is measured. */
const marginMs = 2000;

type Row = Pick<PeerStatus, 'key' | 'state' | 'bfd' | 'lastError'>;

let network: LabNetwork;
let host = 10;
const children: SpeakerProcess[] = [];
beforeAll(async () => {
  await sweep();
  network = await LabNetwork.make('bfd');
});
afterEach(() => {
  for (const child of children.splice(0)) child.signal('SIGKILL');
});
afterAll(removeOwn);

/** A speaker in a process of its own, and every line that it printed. */
class SpeakerProcess {
  readonly #child: ChildProcess;
  #text = '';

  constructor(options: SpeakerOptions) {
    const program = fileURLToPath(new URL('../dist/bfd-process.js', import.meta.url));
    const words = [program, JSON.stringify(options), String(hangMs)];
    this.#child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk;
    });
    children.push(this);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get history(): readonly (readonly Row[])[] {
    return this.#text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as readonly Row[]);
  }

  get rows(): readonly Row[] {
    return this.history.at(-1) ?? [];
  }
}

const bothUp = (rows: readonly Row[]): boolean =>
  rows.length === 2 && rows.every(({ state, bfd }) => state === 'Established' && bfd?.state === 'Up');
const bothGone = (rows: readonly Row[]): boolean =>
  rows.every(({ state, bfd }) => state !== 'Established' && bfd?.state !== 'Up');

/** How long until the router has neither route. */
async function untilGone(router: Router): Promise<number> {
  const startedAt = performance.now();
  for (const prefix of ['198.51.100.1/32', '2001:db8:51::1/128']) {
    await until(
      `${prefix} gone`,
      () => router.kernel(prefix),
      ({ length }) => length === 0,
    );
  }
  return performance.now() - startedAt;
}

async function untilThere(router: Router): Promise<void> {
  for (const prefix of ['198.51.100.1/32', '2001:db8:51::1/128']) {
    await until(
      `${prefix} there`,
      () => router.kernel(prefix),
      ({ length }) => length === 1,
    );
  }
}

describe.each([bird, frr])('$name', kind => {
  describe.each([
    { intervalMs: 50, multiplier: 3 },
    { intervalMs: 300, multiplier: 3 },
  ])('at $intervalMs ms x $multiplier', bfd => {
    const detectionTimeMs = bfd.intervalMs * bfd.multiplier;
    let router: Router;
    let at = 0;

    const options = (): SpeakerOptions => ({
      localAs,
      routerId: '192.0.2.79',
      peers: (['ipv4', 'ipv6'] as const).map(family => ({
        address: network[family](at),
        as: routerAs,
        localAddress: network[family](1),
        families: [family],
        connectRetrySeconds: 1,
        bfd: { ...bfd, stallLimitMs: 3000 },
      })),
    });
    const routerBfd = () =>
      run(
        router.container,
        ...(kind === bird ? ['birdc', 'show', 'bfd', 'sessions'] : ['vtysh', '-c', 'show bfd peers json']),
      );
    const ups = async (): Promise<number> => [...(await routerBfd()).stdout.matchAll(/\bup\b/gi)].length;
    const startSpeaker = async (): Promise<SpeakerProcess> => {
      const child = new SpeakerProcess(options());
      await until('both sessions', () => child.rows, bothUp);
      await until('both sessions at the router', ups, count => count >= 2);
      await untilThere(router);
      return child;
    };

    beforeAll(async () => {
      at = host;
      host += 1;
      const neighbors = [network.ipv4(1), network.ipv6(1)].map(address => ({ address, as: localAs, bfd }));
      router = await Router.start(kind, { as: routerAs, routerId: '192.0.2.1', neighbors }, [network], at);
    });
    afterAll(async () => {
      await router?.stop();
    });

    it('comes up in both families and stays up', async () => {
      const child = await startSpeaker();
      const isSettled = (rows: readonly Row[]): boolean =>
        rows.every(row => row.bfd?.detectionTimeMs === detectionTimeMs);
      await until('the agreed detection time', () => child.rows, isSettled);
      const first = child.rows;
      expect(first.map(({ bfd: status }) => status)).toMatchObject(
        [0, 1].map(() => ({ state: 'Up', diagnostic: 'No Diagnostic', detectionTimeMs })),
      );
      // Five seconds of real time are what is tested here.
      await new Promise(resolve => setTimeout(resolve, 5000));
      expect(child.rows).toEqual(first);
    });

    it('tells the router of a stopped process within the detection time', async () => {
      const child = await startSpeaker();
      child.signal('SIGSTOP');
      expect(await untilGone(router)).toBeLessThan(detectionTimeMs + marginMs);
    });

    it('tells the router of a main loop that hangs, once the limit is over', async () => {
      const child = await startSpeaker();
      const startedAt = performance.now();
      child.signal('SIGUSR1');
      await untilGone(router);
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThan(2500);
      expect(tookMs).toBeLessThan(3000 + marginMs);
      await until('both back', () => child.rows, bothUp);
      await untilThere(router);
    });

    it('ends BGP when the router freezes, and comes back after it', async () => {
      const child = await startSpeaker();
      const container = (await engine()).getContainer(router.container.getId());
      await container.pause();
      const startedAt = performance.now();
      await until('both gone', () => child.rows, bothGone);
      expect(performance.now() - startedAt).toBeLessThan(detectionTimeMs + marginMs);
      const ends = child.history.flatMap(rows => rows.map(({ lastError }) => lastError));
      expect(ends).toContain('we sent Cease/BFD Down: detection-time-expired');
      await container.unpause();
      await until('both back', () => child.rows, bothUp);
    });

    it('comes back after the router restarts', async () => {
      const child = await startSpeaker();
      await router.container.restart({ timeout: 0 });
      await until(
        'both gone',
        () => child.history,
        rows => rows.some(bothGone),
      );
      await until('both back', () => child.rows, bothUp);
      await untilThere(router);
    });

    it('closes in order: the routes go, the process ends', async () => {
      const child = await startSpeaker();
      child.signal('SIGTERM');
      await until(
        'the end of the process',
        () => child.exitCode,
        code => code === 0,
      );
      await untilGone(router);
    });
  });
});
