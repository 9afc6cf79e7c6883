import { expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { createTrace } from './trace.ts';
import { createEnsemble, type Dialled, type Ensemble, type ServerEvent } from './zk-ensemble.ts';
import { createLink } from './zk-wire.ts';

interface Bench {
  readonly scheduler: Scheduler;
  readonly ensemble: Ensemble;
  dial(server: number, sessionId?: string | null): { readonly events: ServerEvent[]; readonly dialled: Dialled };
}

function bench(servers: number, lagMs: number): Bench {
  const scheduler = createScheduler();
  const options = { servers, lagMs, tickMs: 1000 };
  const ensemble = createEnsemble(scheduler, createRandom(1), createTrace(scheduler, false), options);
  return {
    scheduler,
    ensemble,
    dial: (server, sessionId = null) => {
      const events: ServerEvent[] = [];
      const onEvent = (event: ServerEvent): void => void events.push(event);
      const request = { server, link: createLink(), sessionId, timeoutMs: 4000, seen: 0, onEvent };
      return { events, dialled: ensemble.dial(request) };
    },
  };
}

const kinds = (events: readonly ServerEvent[]): readonly string[] =>
  events.map(event => (event.kind === 'watch' ? `watch ${event.path}` : event.kind));

it('tells a watch before the answer to a read that shows the change', () => {
  const { scheduler, ensemble, dial } = bench(3, 500);
  const { events, dialled } = dial(1);
  scheduler.runUntil(100);
  dialled.send(1, { kind: 'get', path: '/a', watch: true });
  scheduler.runUntil(200);
  ensemble.write({ kind: 'create', path: '/a', data: 'x', ephemeral: false });
  for (let i = 0; i < 200; i++)
    scheduler.at(200 + 3 * i, () => dialled.send(10 + i, { kind: 'get', path: '/a', watch: false }));
  scheduler.runUntil(2000);
  const shown = events.findIndex(event => event.kind === 'reply' && event.result.kind === 'node');
  expect(events.findIndex(event => event.kind === 'watch')).toBe(shown - 1);
});

it('shows a follower its own write, however late it applies others', () => {
  const { scheduler, dial } = bench(3, 2000);
  const { events, dialled } = dial(2);
  scheduler.runUntil(100);
  dialled.send(1, { kind: 'create', path: '/mine', data: 'x', ephemeral: true });
  dialled.send(2, { kind: 'children', path: '' });
  scheduler.runUntil(3500);
  const names = events.flatMap(event =>
    event.kind === 'reply' && event.result.kind === 'names' ? [event.result.names] : [],
  );
  expect(names).toEqual([['mine']]);
});

it('expires a silent session after its timeout, and its ephemerals with it', () => {
  const { scheduler, ensemble, dial } = bench(1, 2);
  const { dialled } = dial(0);
  scheduler.runUntil(100);
  dialled.send(1, { kind: 'create', path: '/mine', data: '', ephemeral: true });
  scheduler.runUntil(3900);
  expect(ensemble.tree.has('/mine')).toBe(true);
  scheduler.runUntil(5200);
  expect(ensemble.tree.has('/mine')).toBe(false);
});

it('expires nobody while it is down, and starts the clocks again after an election', () => {
  const { scheduler, ensemble, dial } = bench(1, 2);
  const { dialled } = dial(0);
  scheduler.runUntil(100);
  dialled.send(1, { kind: 'create', path: '/mine', data: '', ephemeral: true });
  scheduler.runUntil(200);
  ensemble.stopServer(0);
  scheduler.runUntil(60_000);
  ensemble.startServer(0);
  scheduler.runUntil(64_000);
  expect(ensemble.tree.has('/mine')).toBe(true);
  scheduler.runUntil(70_000);
  expect(ensemble.tree.has('/mine')).toBe(false);
});

it('resumes a session on another server, and refuses one that has expired', () => {
  const { scheduler, dial } = bench(3, 2);
  const first = dial(0);
  scheduler.runUntil(10);
  const { sessionId } = first.events[0] as Extract<ServerEvent, { kind: 'accepted' }>;
  const second = dial(1, sessionId);
  scheduler.runUntil(100);
  expect(kinds(first.events)).toEqual(['accepted', 'closed']);
  expect(second.events).toEqual([{ kind: 'accepted', sessionId }]);
  scheduler.runUntil(10_000);
  const third = dial(2, sessionId);
  scheduler.runUntil(10_100);
  expect(kinds(third.events)).toEqual(['expired']);
});

it('does a transaction whole or not at all', () => {
  const { ensemble } = bench(1, 2);
  const create = { kind: 'create', path: '/a', data: '', ephemeral: false } as const;
  const failed = ensemble.write({ kind: 'multi', steps: [create, { kind: 'delete', path: '/b', version: -1 }] });
  expect(failed).toEqual({ kind: 'failed', code: 'no-node', message: 'delete /b' });
  expect(ensemble.tree.has('/a')).toBe(false);
  const replaced = { kind: 'multi', steps: [create, { kind: 'delete', path: '/a', version: 0 }, create] } as const;
  expect(ensemble.write(replaced)).toEqual({ kind: 'done' });
  expect(ensemble.tree.has('/a')).toBe(true);
});
