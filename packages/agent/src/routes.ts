// Between the decision's announcements and the BGP speaker: roles become path attributes, one spelling per peer, and the
// speaker's status becomes an input.
//
// The allow-list is checked here once more, as the last gate before the wire: whatever went wrong above, a prefix outside
// it is never handed to the speaker.
import type { Advertisement, PeerIdentity, PeerStatus, Speaker } from '@vipkeeper/bgp';
import { type Announcement, familyOf, hostRoute, type Input, type PeerConfig, type Vip } from '@vipkeeper/core';
import { type RoleSettings, spell } from './spelling.ts';

const BGP_PORT = 179;

/** How routes are spelled; replaced as a whole on reload. */
export interface RoutePolicy {
  readonly peers: readonly PeerConfig[];
  readonly roles: RoleSettings;
  readonly allows: (vip: Vip) => boolean;
}

/** The advertisements of these announcements. */
export function advertisementsOf(
  announcements: readonly Announcement[],
  policy: RoutePolicy,
): readonly Advertisement[] {
  const byVip = new Map(announcements.map(announcement => [announcement.vip, announcement]));
  return [...byVip.values()]
    .filter(({ vip }) => policy.allows(vip))
    .map(announcement => ({
      prefix: hostRoute(announcement.vip),
      attributes: peer => {
        const config = policy.peers.find(one => isSamePeer(one, peer));
        const family = familyOf(announcement.vip);
        if (config === undefined || !config.families.includes(family)) return null;
        const spelledFor = { kind: peer.kind, communities: config.communities, nextHop: config.nextHop[family] };
        return spell(announcement, spelledFor, policy.roles);
      },
    }));
}

/** What the speaker says, as an input. Only sessions that are Established count as out. */
export function speakerInput(
  speaker: Pick<Speaker, 'status' | 'outOn'>,
  vips: Iterable<Vip>,
): Input & { kind: 'speaker' } {
  const status = speaker.status();
  const established = new Set(status.filter(isEstablished).map(peer => peer.key));
  const peers = status.map(peer => ({ key: peer.key, established: isEstablished(peer), families: peer.families }));
  const out = new Map<Vip, number>();
  for (const vip of vips) {
    const sessions = speaker.outOn(hostRoute(vip)).filter(key => established.has(key)).length;
    if (sessions > 0) out.set(vip, sessions);
  }
  return { kind: 'speaker', peers, out };
}

/** The announcer that the loop and the wiring talk to. */
export interface Routes {
  /** The whole set, to the speaker at once. */
  announce(announcements: readonly Announcement[]): void;
  /** Another policy: the same announcements are spelled anew. */
  follow(policy: RoutePolicy): void;
  /** Says how the speaker stands, again even if nothing changed. */
  report(): void;
  stop(): void;
}

/** Couples a speaker: changes of its status come out as inputs, joined per turn of the event loop, and only real ones. */
export function coupleRoutes(speaker: Speaker, first: RoutePolicy, onInput: (input: Input) => void): Routes {
  let policy = first;
  let announced: readonly Announcement[] = [];
  let said: string | null = null;
  let waiting = false;

  const report = (): void => {
    waiting = false;
    const input = speakerInput(speaker, new Set(announced.map(({ vip }) => vip)));
    const text = JSON.stringify([input.peers, [...input.out]]);
    if (text === said) return;
    said = text;
    onInput(input);
  };
  const unsubscribe = speaker.onChange(() => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(report);
  });
  const announce = (announcements: readonly Announcement[]): void => {
    announced = announcements;
    speaker.set(advertisementsOf(announcements, policy));
  };

  return {
    announce,
    follow: next => {
      policy = next;
      announce(announced);
    },
    report: () => {
      said = null;
      report();
    },
    stop: unsubscribe,
  };
}

function isEstablished(peer: PeerStatus): boolean {
  return peer.state === 'Established';
}

/** The speaker's name for a peer: its address, and the port where it is not the usual one. */
function peerKey({ address, port }: PeerConfig): string {
  if (port === BGP_PORT) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function isSamePeer(config: PeerConfig, peer: PeerIdentity): boolean {
  return peerKey(config) === peer.key;
}
