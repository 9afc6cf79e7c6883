// The one sentence: why this agent does or does not announce a VIP, in words an operator can act on at 3 a.m.
import type { Verdict } from './decision.ts';
import type { Reason } from './vocabulary.ts';

/** The sentence of a verdict, without a full stop: `announcing 192.0.2.1 as authority: this agent owns it`. */
export function describe(verdict: Verdict): string {
  const act = verdict.announced ? `announcing ${verdict.vip} as ${verdict.role}` : `not announcing ${verdict.vip}`;
  return `${act}: ${SENTENCES[verdict.reason](verdict)}`;
}

const others = ({ claimedBy }: Verdict): string => (claimedBy.length === 0 ? 'nobody' : claimedBy.join(', '));
const because = (text: string, detail: string | null): string => (detail === null ? text : `${text} (${detail})`);

const SENTENCES: Readonly<Record<Reason, (verdict: Verdict) => string>> = {
  own: () => 'this agent owns it',
  cover: ({ owner }) => (owner === null ? 'it has no owner' : `the route of its owner ${owner} is not out`),
  'hot-standby': ({ owner, rank }) => `standing by for ${owner ?? 'its owner'} with rank ${rank}`,
  releasing: verdict =>
    `better announcers are out (${others(verdict)}); withdrawing once they have stood for the release delay`,
  draining: verdict => `draining; others are out (${others(verdict)}) and must stand for the release delay first`,
  'waiting-for-cover': () => 'draining, waiting for cover: no other agent has this route out',
  holding: () => 'coordination is not connected; holding what was announced before',
  'last-resort': ({ detail }) => because('the local check fails, last resort on the longest path', detail),
  'cold-start': ({ detail }) =>
    because('started without ZooKeeper, last resort on the longest path until it can be read', detail),
  'owner-out': verdict => `the routes of ${others(verdict)} are out and enough`,
  waiting: verdict => `agents ahead of this one should cover first; out now: ${others(verdict)}`,
  maintenance: ({ service, detail }) => because(`service ${service} is in maintenance`, detail),
  drained: () => 'drained',
  unhealthy: ({ detail }) => because('the local check fails', detail),
  'health-unknown': () => 'no check has given a verdict yet',
  'no-address': () => 'the address is not on this host',
  'no-session': ({ detail }) => because('too few BGP sessions', detail),
  'prefix-limit': ({ detail }) => because('the prefix limit is reached', detail),
  'not-allowed': ({ detail }) => because('not allowed', detail),
  conflict: ({ detail }) => because('configured here, but owned by another agent', detail),
  'name-in-use': ({ detail }) => detail ?? 'the name of this agent is in use elsewhere',
  'foreign-service': ({ detail }) => because('this VIP belongs to another service', detail),
  forgotten: () => 'the registry has a tombstone for it (vipctl vip forget)',
  starting: ({ detail }) => because('starting, nothing is known for certain yet', detail),
};
