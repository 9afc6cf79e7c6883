// Child program: a router that listens, hears, and says at which instant it had heard what it was told to expect.
import { createListener, type ListenerEvent } from '@vipkeeper/bgp';
import { answering, machineMs } from './child.ts';

/** What it can be asked. The answer is a number. */
export type RouterQuestion =
  /** Answers with the port. */
  | { readonly ask: 'listen'; readonly localAs: number; readonly holdTimeSeconds: number }
  /** Forgets what was expected and counts from now, one prefix or all; answered at once. */
  | { readonly ask: 'expect'; readonly kind: Expected; readonly count: number; readonly prefix?: string }
  /** Answers with the instant at which it had heard what it expects. */
  | { readonly ask: 'heard' };

/** What can be expected. */
export type Expected = 'announce' | 'withdraw' | 'peer-up' | 'peer-down';

let expected: Extract<RouterQuestion, { ask: 'expect' }> | undefined;
let left = 0;
let done: (atMs: number) => void = () => {};
let heard: Promise<number> = Promise.resolve(0);

function expect(what: Extract<RouterQuestion, { ask: 'expect' }>): number {
  expected = what;
  left = what.count;
  heard = new Promise(resolve => {
    done = resolve;
  });
  return machineMs();
}

function prefixOf(event: ListenerEvent): string | undefined {
  if (event.kind === 'announce') return event.route.prefix;
  return event.kind === 'withdraw' ? event.prefix : undefined;
}

function onEvent(event: ListenerEvent): void {
  if (event.kind !== expected?.kind) return;
  if (expected.prefix !== undefined && expected.prefix !== prefixOf(event)) return;
  left -= 1;
  if (left === 0) done(machineMs());
}

async function listen(localAs: number, holdTimeSeconds: number): Promise<number> {
  const options = { address: '127.0.0.1', port: 0, localAs, routerId: '10.255.255.1', holdTimeSeconds };
  const listener = createListener(options);
  listener.onEvent(onEvent);
  await listener.start();
  return listener.port;
}

answering<RouterQuestion>(question => {
  switch (question.ask) {
    case 'listen':
      return listen(question.localAs, question.holdTimeSeconds);
    case 'expect':
      return expect(question);
    case 'heard':
      return heard;
  }
});
