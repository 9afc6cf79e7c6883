// Real routers hear our speaker: the speaker runs here, the router in a container on a bridge with both families. What the
// router heard is compared whole, and its kernel is asked where packets would go.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createSpeaker, type PeerOptions, type Speaker, type SpeakerOptions } from '@vipkeeper/bgp';
import { bird, frr, type Heard, LabNetwork, Router, removeOwn, sweep, until } from '@vipkeeper/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from './routes.ts';

const routerAs = 64_900;
const routerHost = 10;
const holdTimeSeconds = 9;

let network: LabNetwork;
beforeAll(async () => {
  await sweep();
  network = await LabNetwork.make('interop');
});
afterAll(removeOwn);

describe.each([bird, frr])('$name', kind => {
  describe.each([
    { session: 'eBGP', localAs: 4_200_000_100 },
    { session: 'iBGP', localAs: routerAs },
  ])('over $session', ({ localAs }) => {
    let router: Router;
    let speaker: Speaker;
    const prefixes: string[] = [];

    const peer = (): PeerOptions => ({
      address: network.ipv4(routerHost),
      as: routerAs,
      localAddress: network.ipv4(1),
      localAddress6: network.ipv6(1),
      holdTimeSeconds,
      connectRetrySeconds: 1,
    });
    const options = (): SpeakerOptions => ({ localAs, routerId: '192.0.2.77', peers: [peer()] });
    const shown = (heard: Heard): Heard => {
      if (localAs === routerAs) return heard;
      const isShutdown = heard.communities.includes('65535:0');
      return { ...heard, localPref: isShutdown ? kind.localPrefOfShutdown : kind.localPrefOnEbgp };
    };
    const table = () =>
      cases({ localAs, peerAs: routerAs, nextHop4: network.ipv4(1), nextHop6: network.ipv6(1) }).map(each => ({
        ...each,
        heard: shown(each.heard),
      }));
    const allOut = () => until('all routes out', () => prefixes.map(each => speaker.outOn(each).length), every(1));
    const kernelHas = (prefix: string, hops: readonly string[]) =>
      until(`kernel route of ${prefix}`, () => router.kernel(prefix), same(hops), { limitMs: 15_000 });

    beforeAll(async () => {
      const neighbors = [{ address: network.ipv4(1), as: localAs }];
      router = await Router.start(kind, { as: routerAs, routerId: '192.0.2.1', neighbors }, [network], routerHost);
      speaker = createSpeaker(options());
      await speaker.start();
      speaker.set(table().map(({ advertisement }) => advertisement));
      prefixes.push(...table().map(({ advertisement }) => advertisement.prefix));
    });
    afterAll(async () => {
      await speaker?.close({ subcode: 'administrative-shutdown', limitMs: 1000 });
      await router?.stop();
    });

    it('comes up and sends every route', async () => {
      await until('Established', () => router.isEstablished(network.ipv4(1)), Boolean);
      await allOut();
      expect(speaker.status()).toMatchObject([
        { state: 'Established', families: ['ipv4', 'ipv6'], holdTimeSeconds, routesOut: prefixes.length },
      ]);
    });

    it('is understood in every attribute, v4 and v6', async () => {
      for (const { says, advertisement, heard } of table()) {
        const paths = await until(
          says,
          () => router.heard(advertisement.prefix),
          ({ length }) => length > 0,
        );
        expect({ says, paths }).toEqual({ says, paths: [heard] });
      }
    });

    it('puts every route into the kernel', async () => {
      for (const { advertisement, heard } of table()) await kernelHas(advertisement.prefix, [heard.nextHop]);
    });

    it('changes attributes in place', async () => {
      const prefix = '198.51.100.1/32';
      const rest = table().map(({ advertisement }) => advertisement);
      speaker.set(rest.map(each => (each.prefix === prefix ? { prefix, attributes: { med: 9 } } : each)));
      await until(
        'the new MED',
        () => router.heard(prefix),
        paths => paths[0]?.med === 9,
      );
      await kernelHas(prefix, [network.ipv4(1)]);
    });

    it('withdraws one route and keeps the others', async () => {
      speaker.set(
        table()
          .map(({ advertisement }) => advertisement)
          .slice(1),
      );
      await kernelHas(prefixes[0]!, []);
      expect(await router.kernel(prefixes[1]!)).toEqual([network.ipv6(1)]);
      speaker.set(table().map(({ advertisement }) => advertisement));
      await kernelHas(prefixes[0]!, [network.ipv4(1)]);
    });

    it('comes back by itself after the router restarts', async () => {
      await router.container.restart({ timeout: 0 });
      for (const { advertisement, heard } of table()) await kernelHas(advertisement.prefix, [heard.nextHop]);
      await allOut();
      expect(speaker.status()[0]?.counters.established).toBe(2);
    });

    it('leaves nothing behind when it closes, and says why', async () => {
      await speaker.close({ subcode: 'administrative-shutdown', message: 'moving to rack 7', limitMs: 3000 });
      for (const prefix of prefixes) await kernelHas(prefix, []);
      await until(
        'the reason',
        () => router.neighbor(network.ipv4(1)),
        text => /moving to rack 7|administrative shutdown/i.test(text),
      );
    });

    it('leaves no route behind when it is killed', async () => {
      const child = startProcess(
        options(),
        table().map(({ advertisement }) => advertisement),
      );
      try {
        await printed(child, `out ${prefixes.length}`);
        await kernelHas(prefixes[0]!, [network.ipv4(1)]);
        const killedAt = performance.now();
        child.kill('SIGKILL');
        for (const prefix of prefixes) await kernelHas(prefix, []);
        // Far below the hold time: the kernel closed the connection for the dead process.
        expect(performance.now() - killedAt).toBeLessThan(3000);
      } finally {
        child.kill('SIGKILL');
      }
    });
  });

  it('is heard over an IPv6 session, and when the router connects to us', async () => {
    const localAs = 64_700;
    const neighbors = [
      { address: network.ipv6(1), as: localAs },
      { address: network.ipv4(1), as: localAs, port: 17_900 + (process.pid % 1000), passive: false },
    ];
    const router = await Router.start(
      kind,
      { as: routerAs, routerId: '192.0.2.2', neighbors },
      [network],
      routerHost + 1,
    );
    const speaker = createSpeaker({
      localAs,
      routerId: '192.0.2.78',
      listen: { address: network.ipv4(1), port: neighbors[1]!.port! },
      peers: [
        {
          address: network.ipv6(routerHost + 1),
          as: routerAs,
          localAddress: network.ipv6(1),
          localAddress4: network.ipv4(1),
          connectRetrySeconds: 1,
        },
        { address: network.ipv4(routerHost + 1), as: routerAs, passive: true, localAddress6: network.ipv6(1) },
      ],
    });
    try {
      await speaker.start();
      speaker.set([
        { prefix: '198.51.100.9/32', attributes: {} },
        { prefix: '2001:db8:51::9/128', attributes: {} },
      ]);
      for (const { address } of neighbors)
        await until(`session with ${address}`, () => router.isEstablished(address), Boolean);
      for (const prefix of ['198.51.100.9/32', '2001:db8:51::9/128']) {
        await until(
          `two paths to ${prefix}`,
          () => router.heard(prefix),
          ({ length }) => length === 2,
        );
      }
      expect(await router.kernel('198.51.100.9/32')).toEqual([network.ipv4(1)]);
      expect(await router.kernel('2001:db8:51::9/128')).toEqual([network.ipv6(1)]);
    } finally {
      await speaker.close({ subcode: 'administrative-shutdown', limitMs: 1000 });
      await router.stop();
    }
  });
});

const every = (wanted: number) => (numbers: readonly number[]) => numbers.every(each => each === wanted);
const same = (wanted: readonly string[]) => (found: readonly string[]) =>
  JSON.stringify(found) === JSON.stringify(wanted);

function startProcess(options: SpeakerOptions, advertisements: readonly object[]): ChildProcess {
  const program = fileURLToPath(new URL('../dist/speaker-process.js', import.meta.url));
  const words = [program, JSON.stringify(options), JSON.stringify(advertisements)];
  return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function printed(child: ChildProcess, line: string): Promise<void> {
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await until(
    `"${line}" from the child`,
    () => text.split('\n'),
    lines => lines.includes(line),
  );
}
