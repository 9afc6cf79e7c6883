// Sessions that real routers secure: TCP-MD5, TTL security and a device, whichever side connects, over IPv4 and IPv6; and
// what is said when the two sides do not agree. Our side runs here, on the bridge of the router's network.
import { createServer } from 'node:net';
import { createSpeaker, type PeerOptions, type PeerStatus, type Speaker } from '@vipkeeper/bgp';
import { bird, frr, LabNetwork, type NeighborOptions, Router, removeOwn, runOk, sweep, until } from '@vipkeeper/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const routerAs = 64_900;
const localAs = 64_700;
const routerHost = 10;
const password = 'rack-7-sesame';

let network: LabNetwork;
beforeAll(async () => {
  await sweep();
  network = await LabNetwork.make('security');
});
afterAll(removeOwn);

const open: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, address, resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

describe.each([bird, frr])('$name', kind => {
  describe.each(['ipv4', 'ipv6'] as const)('over %s', family => {
    const here = () => network[family](1);
    const there = () => network[family](routerHost);

    async function router(neighbor: Partial<NeighborOptions>): Promise<Router> {
      const neighbors = [{ address: here(), as: localAs, ...neighbor }];
      const started = await Router.start(
        kind,
        { as: routerAs, routerId: '192.0.2.1', neighbors },
        [network],
        routerHost,
      );
      open.push({ close: () => started.stop() });
      return started;
    }

    async function speaker(peer: Partial<PeerOptions>, port?: number): Promise<Speaker> {
      const peers = [{ address: there(), as: routerAs, connectRetrySeconds: 1, ...peer }];
      const listen = port === undefined ? {} : { listen: { address: here(), port } };
      const made = createSpeaker({ localAs, routerId: '192.0.2.77', peers, ...listen });
      open.push({ close: () => made.close({ subcode: 'administrative-shutdown', limitMs: 1000 }) });
      await made.start();
      made.set([{ prefix: '198.51.100.1/32', attributes: { nextHop: network.ipv4(1) } }]);
      return made;
    }

    const status = (from: Speaker): PeerStatus => from.status()[0]!;
    const comesUp = (from: Speaker) =>
      until(
        'Established',
        () => status(from).state,
        state => state === 'Established',
      );
    const hears = (from: Router) =>
      until(
        'the route',
        () => from.heard('198.51.100.1/32'),
        paths => paths.length === 1,
        { limitMs: 15_000 },
      );

    it.each([
      { says: 'a password', options: { password } },
      { says: 'TTL security', options: { ttlSecurity: true } },
      { says: 'both', options: { password, ttlSecurity: true } },
    ])('comes up with $says when we connect', async ({ options }) => {
      const far = await router(options);
      await comesUp(await speaker(options));
      expect(await hears(far)).toMatchObject([{ asPath: [localAs], nextHop: network.ipv4(1) }]);
    });

    it('comes up with both when the router connects to us', async () => {
      const port = await freePort(here());
      const options = { password, ttlSecurity: true };
      const far = await router({ ...options, port, passive: false });
      const near = await speaker({ ...options, passive: true }, port);
      await comesUp(near);
      expect(await hears(far)).toMatchObject([{ asPath: [localAs], nextHop: network.ipv4(1) }]);
    });

    it('does not come up with another password, says what is likely, and the router’s kernel counts it', async () => {
      const far = await router({ password });
      const near = await speaker({ password: 'another' });
      await until(
        'a reason',
        () => status(near).lastError,
        reason => reason !== undefined,
      );
      expect(status(near)).toMatchObject({
        state: expect.not.stringContaining('Established'),
        lastError: 'connection attempt timed out (likely: the password differs or is missing there)',
      });
      const failures = await until(
        'the counter',
        async () => counter(await runOk(far.container, 'cat', '/proc/net/netstat'), 'TCPMD5Failure'),
        count => count > 0,
      );
      expect(failures).toBeGreaterThan(0);
      await near.setPeers([{ address: there(), as: routerAs, connectRetrySeconds: 1, password }]);
      await comesUp(near);
    });

    // BIRD and FRR end the session when their own key changes, whatever we do. Their Cease is signed with the old key: we
    // hear it if we still have that, and else find out by the hold timer.
    it.each(['ours', 'theirs'] as const)('comes back after a change of the password, %s first', async first => {
      const far = await router({ password });
      const near = await speaker({ password });
      await comesUp(near);
      await hears(far);
      const ours = () =>
        near.setPeers([{ address: there(), as: routerAs, connectRetrySeconds: 1, password: 'new-key' }]);
      const theirs = () => changePassword(far, here(), 'new-key');
      for (const change of first === 'ours' ? [ours, theirs] : [theirs, ours]) await change();
      await until(
        'a second session',
        () => status(near).counters.established,
        established => established === 2,
      );
      expect(status(near).lastError).toBe(
        first === 'ours'
          ? 'we sent Hold Timer Expired: nothing heard from the peer in time'
          : 'the peer sent Cease/Other Configuration Change',
      );
      await hears(far);
    });

    it('does not come up when the router has no password', async () => {
      await router({});
      const near = await speaker({ password });
      await until(
        'a reason',
        () => status(near).lastError,
        reason => reason !== undefined,
      );
      expect(status(near).lastError).toBe(
        'connection attempt timed out (likely: the password differs or is missing there)',
      );
    });

    it('does not come up when the router has no TTL security, and says what is likely', async () => {
      await router({});
      const near = await speaker({ ttlSecurity: true });
      await until(
        'a reason',
        () => status(near).lastError,
        reason => reason !== undefined,
        { limitMs: 45_000 },
      );
      // BIRD answers an IPv4 SYN with TTL 255 whatever it is configured with, and sends everything after it with 1.
      expect(
        status(near).lastError?.replace('we sent Hold Timer Expired: no OPEN in time', 'connection attempt timed out'),
      ).toBe(
        'connection attempt timed out (likely: TTL security is off there or the peer is further away than multihop)',
      );
    });
  });
});

/** The router's own way to change a neighbour's key under way. */
async function changePassword(router: Router, address: string, password: string): Promise<void> {
  const { kind, options, container } = router;
  if (kind === frr) {
    const words = ['configure terminal', `router bgp ${options.as}`, `neighbor ${address} password ${password}`];
    await runOk(container, 'vtysh', ...words.flatMap(word => ['-c', word]));
    return;
  }
  const neighbors = options.neighbors.map(each => ({ ...each, password }));
  const content = kind.configure({ ...options, neighbors });
  await container.copyContentToContainer([{ content, target: kind.configFile }]);
  await runOk(container, 'birdc', 'configure');
}

/** A counter of /proc/net/netstat: a line of names, then one of numbers. */
function counter(text: string, name: string): number {
  const lines = text.split('\n').filter(line => line.startsWith('TcpExt:'));
  const index = lines[0]!.split(' ').indexOf(name);
  return Number(lines[1]!.split(' ')[index]);
}
