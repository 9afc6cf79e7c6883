import { describe, expect, it } from 'vitest';
import { createSession, step, wakeAt } from './session.ts';
import { openFor } from './session-open.ts';
import { fatal, type Session, type SessionInput, type SessionOptions, type SessionOutput } from './session-types.ts';
import { DecodeError } from './wire/decode-error.ts';
import { decodeMessage, encodeMessage, type Message } from './wire/message.ts';
import { cease } from './wire/notification.ts';
import type { OpenMessage } from './wire/open.ts';
import { updateOf } from './wire/update.ts';

const OPTIONS: SessionOptions = {
  localAs: 64500,
  routerId: '192.0.2.5',
  peerAs: 64501,
  holdTimeSeconds: 9,
  families: ['ipv4', 'ipv6'],
  passive: false,
  connectRetryMs: 5000,
  openLimitMs: 30_000,
  sendHoldMs: undefined,
};

const START: SessionInput = { kind: 'ManualStart' };
const DUE: SessionInput = { kind: 'TimersDue' };
const KEEPALIVE: Message = { type: 'keepalive' };

const confirmed = (connection: string): SessionInput => ({ kind: 'TcpConnectionConfirmed', connection });
const accepted = (connection: string): SessionInput => ({ kind: 'TcpCrAcked', connection });
const fails = (connection: string, reason = 'broke'): SessionInput => ({
  kind: 'TcpConnectionFails',
  connection,
  reason,
});
const receives = (connection: string, message: Message): SessionInput => ({
  kind: 'MessageReceived',
  connection,
  message,
});

function peerOpen(over: Partial<OpenMessage> = {}, identifier = '192.0.2.9'): OpenMessage {
  const own = openFor({ ...OPTIONS, localAs: 64501, routerId: identifier, peerAs: 64500 });
  return { ...own, ...over };
}

/** Plays inputs at their times, in milliseconds, and tells the session and all outputs in short words. */
function play(inputs: readonly (SessionInput | number)[], options: Partial<SessionOptions> = {}, seed = 1) {
  let now = 0;
  let session: Session = createSession({ ...OPTIONS, ...options }, seed, now);
  const said: string[] = [];
  for (const input of inputs) {
    if (typeof input === 'number') {
      now = input;
      continue;
    }
    const next = step(session, input, now);
    session = next.session;
    said.push(...next.outputs.flatMap(words));
  }
  return { session, said, state: session.state };
}

function words(output: SessionOutput): string[] {
  switch (output.kind) {
    case 'send': {
      const { message } = output;
      const what = message.type === 'notification' ? `${message.code}/${message.subcode}` : message.type;
      return [`send ${what} on ${output.connection}`];
    }
    case 'transition':
      return [`-> ${output.to}`];
    case 'negotiated':
      return [];
    case 'down':
      return [`down: ${output.reason}`];
    case 'routeRefresh':
      return [`refresh ${output.family}`];
    default:
      return [`${output.kind} ${output.connection}`];
  }
}

const UP = [START, confirmed('out-1'), receives('out-1', peerOpen()), receives('out-1', KEEPALIVE)];

describe('a session that goes well', () => {
  it('goes Idle, Connect, OpenSent, OpenConfirm, Established when it connects', () => {
    expect(play(UP).said).toEqual([
      'connect out-1',
      '-> Connect',
      'send open on out-1',
      '-> OpenSent',
      'send keepalive on out-1',
      '-> OpenConfirm',
      'established out-1',
      '-> Established',
    ]);
  });

  it('goes Idle, Active, OpenSent, OpenConfirm, Established when it waits', () => {
    const inputs = [START, accepted('in-1'), receives('in-1', peerOpen()), receives('in-1', KEEPALIVE)];
    expect(play(inputs, { passive: true }).said).toEqual([
      '-> Active',
      'send open on in-1',
      '-> OpenSent',
      'send keepalive on in-1',
      '-> OpenConfirm',
      'established in-1',
      '-> Established',
    ]);
  });

  it('agrees on the smaller hold time and on what both sides offer', () => {
    const open = peerOpen({ holdTime: 6, capabilities: [{ kind: 'multiprotocol', afi: 2, safi: 1 }] });
    const { session } = play([START, confirmed('out-1'), receives('out-1', open)]);
    expect(session.connections[0]?.negotiated).toEqual({
      peerAs: 64501,
      peerIdentifier: '192.0.2.9',
      ibgp: false,
      holdTimeSeconds: 6,
      families: ['ipv6'],
      fourOctetAs: false,
      routeRefresh: false,
      enhancedRouteRefresh: false,
      extendedMessage: false,
    });
  });

  it('takes a peer without multiprotocol capabilities for an IPv4 one', () => {
    const { session } = play([START, confirmed('out-1'), receives('out-1', peerOpen({ capabilities: [] }))]);
    expect(session.connections[0]?.negotiated?.families).toEqual(['ipv4']);
  });

  it('sends a KEEPALIVE before a third of the hold time is over, again and again', () => {
    let { session } = play(UP);
    const sentAt: number[] = [];
    for (let now = 0; now < 9000; now = wakeAt(session) ?? 9000) {
      session = step(session, receives('out-1', KEEPALIVE), now).session;
      const { outputs, session: next } = step(session, DUE, now);
      session = next;
      if (outputs.some(output => output.kind === 'send')) sentAt.push(now);
    }
    const gaps = sentAt.map((at, i) => at - (sentAt[i - 1] ?? 0));
    expect(gaps.every(gap => gap >= 2250 && gap <= 3000)).toBe(true);
    expect(sentAt.length).toBe(3);
  });

  it('has no timer at all without hold time', () => {
    const inputs = [
      START,
      confirmed('out-1'),
      receives('out-1', peerOpen({ holdTime: 0 })),
      receives('out-1', KEEPALIVE),
    ];
    expect(wakeAt(play(inputs).session)).toBeUndefined();
  });

  it('tells of route refreshes for families it has, and of nothing else', () => {
    const refresh = (afi: number, subtype: number): SessionInput =>
      receives('out-1', { type: 'routeRefresh', afi, safi: 1, subtype });
    const { said } = play([...UP, refresh(1, 0), refresh(2, 1), refresh(25, 0), refresh(2, 0)]);
    expect(said.slice(8)).toEqual(['refresh ipv4', 'refresh ipv6']);
  });

  it('is the same for the same seed and jitters otherwise', () => {
    const retryAt = (seed: number): number | undefined => play([START], {}, seed).session.connectRetryAt;
    expect(retryAt(7)).toBe(retryAt(7));
    const many = Array.from({ length: 50 }, (_, seed) => retryAt(seed) ?? 0);
    expect(new Set(many).size).toBe(50);
    expect(Math.min(...many) >= 3750 && Math.max(...many) <= 5000).toBe(true);
  });
});

describe('an OPEN that is not acceptable', () => {
  it.each([
    [
      'another AS',
      { capabilities: [{ kind: 'fourOctetAs', as: 64999 }] },
      '2/2',
      'Bad Peer AS: the peer says it is in AS 64999, configured is AS 64501',
    ],
    ['AS 0', { myAs: 0 }, '2/2', 'Bad Peer AS: the peer says it is in AS 0, which nobody may use'],
    ['identifier 0', { identifier: '0.0.0.0' }, '2/3', 'Bad BGP Identifier: the peer has identifier 0.0.0.0'],
    ['hold time 1', { holdTime: 1 }, '2/6', 'Unacceptable Hold Time: the peer proposes a hold time of 1 s'],
    [
      'no family of ours',
      { capabilities: [{ kind: 'multiprotocol', afi: 25, safi: 70 }] },
      '2/7',
      'Unsupported Capability: the peer offers none of ipv4 and ipv6',
    ],
  ] as const)('%s', (_what, over, code, reason) => {
    const { said, session } = play([START, confirmed('out-1'), receives('out-1', peerOpen(over))]);
    expect(said.slice(4)).toEqual([`send ${code} on out-1`, 'finish out-1', '-> Idle']);
    expect(session.lastError).toBe(`we sent OPEN Message Error/${reason}`);
  });

  it('is our own identifier in our own AS, but not in another (RFC 6286)', () => {
    const open = peerOpen({}, '192.0.2.5');
    const internal = { ...open, myAs: 64500, capabilities: [] };
    const options = { peerAs: 64500 };
    expect(play([START, confirmed('out-1'), receives('out-1', internal)], options).said).toContain('send 2/3 on out-1');
    expect(play([START, confirmed('out-1'), receives('out-1', open)]).state).toBe('OpenConfirm');
  });
});

describe('every message in every state', () => {
  const states: Record<string, readonly SessionInput[]> = {
    OpenSent: UP.slice(0, 2),
    OpenConfirm: UP.slice(0, 3),
    Established: UP,
  };
  const messages: Record<string, Message> = {
    open: peerOpen(),
    keepalive: KEEPALIVE,
    update: updateOf({}),
    routeRefresh: { type: 'routeRefresh', afi: 1, safi: 1, subtype: 0 },
    notification: cease(2),
  };

  it.each([
    ['OpenSent', 'open', ['send keepalive on out-1', '-> OpenConfirm']],
    ['OpenSent', 'keepalive', ['send 5/1 on out-1', 'finish out-1', '-> Idle']],
    ['OpenSent', 'update', ['send 5/1 on out-1', 'finish out-1', '-> Idle']],
    ['OpenSent', 'routeRefresh', ['send 5/1 on out-1', 'finish out-1', '-> Idle']],
    ['OpenSent', 'notification', ['finish out-1', '-> Idle']],
    ['OpenConfirm', 'open', ['send 5/2 on out-1', 'finish out-1', '-> Idle']],
    ['OpenConfirm', 'keepalive', ['established out-1', '-> Established']],
    ['OpenConfirm', 'update', ['send 5/2 on out-1', 'finish out-1', '-> Idle']],
    ['OpenConfirm', 'routeRefresh', ['send 5/2 on out-1', 'finish out-1', '-> Idle']],
    ['OpenConfirm', 'notification', ['finish out-1', '-> Idle']],
    [
      'Established',
      'open',
      [
        'send 5/3 on out-1',
        'finish out-1',
        'down: we sent Finite State Machine Error/Unexpected Message in Established: OPEN in Established',
        '-> Idle',
      ],
    ],
    ['Established', 'keepalive', []],
    ['Established', 'update', ['update out-1']],
    ['Established', 'routeRefresh', ['refresh ipv4']],
    ['Established', 'notification', ['finish out-1', 'down: the peer sent Cease/Administrative Shutdown', '-> Idle']],
  ])('%s: %s', (state, message, wanted) => {
    const before = states[state] ?? [];
    const { said } = play([...before, receives('out-1', messages[message] as Message)]);
    expect(said.slice(play(before).said.length)).toEqual(wanted);
  });

  it.each(Object.keys(states))('%s: bytes that are none are answered with their error', state => {
    const error = fatal(1, 'garbage');
    const before = states[state] ?? [];
    const { said } = play([...before, { kind: 'DecodeFailed', connection: 'out-1', error }]);
    expect(said.slice(play(before).said.length).slice(0, 2)).toEqual(['send 1/0 on out-1', 'finish out-1']);
  });

  it.each(Object.keys(states))('%s: stops with the reason given, and stays stopped', state => {
    const { said, session } = play([
      ...(states[state] ?? []),
      { kind: 'ManualStop', notification: cease(2, 'bye') },
      100_000,
      DUE,
    ]);
    expect(said).toContain('send 6/2 on out-1');
    expect({ state: session.state, wakeAt: wakeAt(session) }).toEqual({ state: 'Idle', wakeAt: undefined });
  });

  it('nothing of a connection that is gone is heard', () => {
    const { said } = play([...UP, fails('out-1'), receives('out-1', KEEPALIVE), fails('out-1')]);
    expect(said.slice(8)).toEqual(['finish out-1', 'down: broke', '-> Idle']);
  });
});

describe('a NOTIFICATION', () => {
  it('fits a standard message even when it carries an extended one that was wrong', () => {
    const frame = { type: 5, body: new Uint8Array(65_000) };
    const error = caught(() => decodeMessage(frame, { fourOctetAs: true, ibgp: false }));
    const { session } = play([START, confirmed('out-1'), receives('out-1', peerOpen()), receives('out-1', KEEPALIVE)]);
    const [first] = step(session, { kind: 'DecodeFailed', connection: 'out-1', error }, 0).outputs;
    const message = (first as { readonly message: Message }).message;
    expect(encodeMessage(message, { fourOctetAs: true, ibgp: false }).length).toBe(4096);
  });
});

function caught(act: () => void): DecodeError {
  try {
    act();
  } catch (error) {
    if (error instanceof DecodeError) return error;
  }
  throw new Error('no DecodeError was thrown');
}

describe('waiting is bounded', () => {
  it('an attempt is given up and made again when the ConnectRetryTimer expires', () => {
    expect(play([START, 5001, DUE]).said).toEqual(['connect out-1', '-> Connect', 'abandon out-1', 'connect out-2']);
  });

  it('after a refused attempt the next one comes with the ConnectRetryTimer', () => {
    const { said, session } = play([START, 10, fails('out-1', 'cannot connect: ECONNREFUSED'), 5001, DUE]);
    expect(said).toEqual(['connect out-1', '-> Connect', '-> Active', 'connect out-2', '-> Connect']);
    expect(session.lastError).toBe('cannot connect: ECONNREFUSED');
  });

  it('an OPEN that does not come whole within the limit ends the connection', () => {
    const { said, session } = play([START, confirmed('out-1'), 30_000, DUE]);
    expect(said.slice(4)).toEqual(['send 4/0 on out-1', 'finish out-1', '-> Idle']);
    expect(session.lastError).toBe('we sent Hold Timer Expired: no OPEN in time');
  });

  it('a KEEPALIVE that does not follow the OPEN ends it even without hold time', () => {
    const { said } = play([START, confirmed('out-1'), receives('out-1', peerOpen({ holdTime: 0 })), 30_000, DUE]);
    expect(said).toContain('send 4/0 on out-1');
  });

  it('silence longer than the hold time ends an Established session; a message starts it again', () => {
    expect(play([...UP, 8999, receives('out-1', KEEPALIVE), 17_000, DUE]).state).toBe('Established');
    const { said } = play([...UP, 9000, DUE]);
    expect(said).toContain('down: we sent Hold Timer Expired: nothing heard from the peer in time');
  });

  it('a peer that does not read is given up after twice the hold time, at least 30 s (RFC 9687)', () => {
    const blocked: SessionInput = { kind: 'WriteProgress', connection: 'out-1', pending: true };
    const alive = [8000, 16_000, 24_000, 29_999].flatMap(at => [at, receives('out-1', KEEPALIVE), DUE]);
    expect(play([...UP, blocked, ...alive]).state).toBe('Established');
    const { said, session } = play([...UP, blocked, ...alive, 30_000, DUE]);
    expect(said.slice(-3)).toEqual([
      'abandon out-1',
      'down: Send Hold Timer Expired: the peer has stopped reading',
      '-> Idle',
    ]);
    expect(session.lastError).toBe('Send Hold Timer Expired: the peer has stopped reading');
    const moved = play([...UP, blocked, ...alive, blocked, 30_000, DUE]);
    expect(moved.state).toBe('Established');
  });

  it('failed sessions wait 1, 2, 4 .. 30 s; one that stood for 30 s starts from the beginning', () => {
    let session = createSession(OPTIONS, 1, 0);
    const waits: number[] = [];
    let now = 0;
    const put = (input: SessionInput): void => {
      session = step(session, input, now).session;
    };
    put(START);
    for (let i = 1; i <= 8; i++) {
      put(confirmed(`out-${i}`));
      if (i === 8) {
        put(receives(`out-${i}`, peerOpen({ holdTime: 0 })));
        put(receives(`out-${i}`, KEEPALIVE));
        now += 30_000;
      }
      put(fails(`out-${i}`));
      waits.push((session.idleHoldAt ?? 0) - now);
      now = session.idleHoldAt ?? 0;
      put(DUE);
    }
    const limits = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 1000];
    const within = waits.map((wait, i) => wait >= 0.75 * (limits[i] ?? 0) && wait <= (limits[i] ?? 0));
    expect(within).toEqual(limits.map(() => true));
  });

  it('a passive session has nothing to wait for by itself', () => {
    const { session } = play([START, accepted('in-1'), fails('in-1')], { passive: true });
    expect({ state: session.state, wakeAt: wakeAt(session) }).toEqual({ state: 'Active', wakeAt: undefined });
  });
});

describe('two connections to one peer', () => {
  const both = [START, confirmed('out-1'), accepted('in-1')];
  const LOWER = '192.0.2.1';
  const HIGHER = '192.0.2.9';

  it.each([
    ['the peer has the higher identifier: its connection stays', HIGHER, 'out-1', 'in-1', 'out-1'],
    ['the same, when the OPENs come the other way round', HIGHER, 'in-1', 'out-1', 'out-1'],
    ['we have the higher identifier: ours stays', LOWER, 'out-1', 'in-1', 'in-1'],
    ['the same, when the OPENs come the other way round', LOWER, 'in-1', 'out-1', 'in-1'],
  ])('%s', (_what, identifier, first, second, loser) => {
    const open = peerOpen({}, identifier);
    const { said, session } = play([...both, receives(first, open), receives(second, open)]);
    expect(said.filter(word => /6\/7|finish/.test(word))).toEqual([`send 6/7 on ${loser}`, `finish ${loser}`]);
    expect(session.connections.map(({ id, phase }) => `${id} ${phase}`)).toEqual([
      `${loser === 'out-1' ? 'in-1' : 'out-1'} OpenConfirm`,
    ]);
    expect(session.failures).toBe(0);
  });

  it('equal identifiers in different ASes: the side with the higher AS decides (RFC 6286)', () => {
    const open = peerOpen({}, '192.0.2.5');
    const { session } = play([...both, receives('out-1', open), receives('in-1', open)]);
    expect(session.connections.map(({ id }) => id)).toEqual(['in-1']);
  });

  it('the first to be Established ends the other one that has not come as far', () => {
    const { said } = play([...both, receives('out-1', peerOpen()), receives('out-1', KEEPALIVE)]);
    expect(said.slice(-4)).toEqual(['send 6/7 on in-1', 'finish in-1', 'established out-1', '-> Established']);
  });

  it('a newcomer does not end an Established session', () => {
    const { said, state } = play([...UP, accepted('in-1')]);
    expect(said.slice(8)).toEqual(['send 6/7 on in-1', 'finish in-1']);
    expect(state).toBe('Established');
  });

  it('a second incoming connection replaces a first one that never said anything', () => {
    const { said, session } = play([START, accepted('in-1'), accepted('in-2')], { passive: true });
    expect(said.slice(-2)).toEqual(['abandon in-1', 'send open on in-2']);
    expect(session.connections.map(({ id }) => id)).toEqual(['in-2']);
  });

  it('an attempt that is still going on is given up when the other connection is Established', () => {
    const { said } = play([START, accepted('in-1'), receives('in-1', peerOpen()), receives('in-1', KEEPALIVE)]);
    expect(said).toContain('abandon out-1');
  });

  it('a peer that connects ends the idle hold', () => {
    const { state, session } = play([START, confirmed('out-1'), fails('out-1'), accepted('in-1')]);
    expect({ state, idleHoldAt: session.idleHoldAt }).toEqual({ state: 'OpenSent', idleHoldAt: undefined });
  });

  it('a connection made after the session was stopped is closed', () => {
    const stop: SessionInput = { kind: 'ManualStop', notification: cease(2) };
    expect(play([START, stop, confirmed('out-1'), accepted('in-1')]).said.slice(-2)).toEqual([
      'abandon out-1',
      'abandon in-1',
    ]);
  });
});
