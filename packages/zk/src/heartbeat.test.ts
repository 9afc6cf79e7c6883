import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const T = 3000;
const STEP_MS = 100;

function start() {
  const said: string[] = [];
  let nowMs = 0;
  const clock = () => nowMs;
  const heartbeat = new Heartbeat(T, {
    clock,
    ping: () => said.push(`ping at ${nowMs}`),
    // The verdict comes with the next turn of the event loop, which is one step of ours.
    silent: silentMs => said.push(`silent for ${silentMs - STEP_MS} at ${nowMs - STEP_MS}`),
  });
  const pass = (ms: number) => {
    for (let each = 0; each < ms; each += STEP_MS) {
      nowMs += STEP_MS;
      vi.advanceTimersByTime(STEP_MS);
    }
  };
  const stall = (ms: number) => {
    nowMs += ms;
  };
  return { heartbeat, said, pass, stall };
}

it('pings each third of the session timeout while it is answered, and knows when each was sent', () => {
  const { heartbeat, said, pass } = start();
  const sent: (number | undefined)[] = [];
  for (let third = 0; third < 4; third += 1) {
    pass(1000);
    heartbeat.heard();
    sent.push(heartbeat.pong());
  }
  expect(said).toEqual(['ping at 1000', 'ping at 2000', 'ping at 3000', 'ping at 4000']);
  expect([sent, heartbeat.pong()]).toEqual([[1000, 2000, 3000, 4000], undefined]);
});

it('sends no second ping while one is unanswered, and says when two thirds of the timeout were silent', () => {
  const { heartbeat, said, pass } = start();
  pass(2100);
  heartbeat.stop();
  expect(said).toEqual(['ping at 1000', 'silent for 2000 at 2000']);
});

it('counts silence from what was heard last', () => {
  const { heartbeat, said, pass } = start();
  pass(1500);
  heartbeat.heard();
  pass(2100);
  heartbeat.stop();
  expect(said).toEqual(['ping at 1000', 'silent for 2000 at 3500']);
});

it('looks again after a stall of the process: what is waiting in the kernel is heard first', () => {
  const { heartbeat, said, pass, stall } = start();
  pass(900);
  stall(2500);
  vi.advanceTimersByTime(1100);
  heartbeat.heard();
  vi.advanceTimersByTime(0);
  expect(said.filter(each => each.startsWith('silent'))).toEqual([]);
  heartbeat.stop();
});

it('is quiet once stopped', () => {
  const { heartbeat, said, pass } = start();
  heartbeat.stop();
  pass(10_000);
  expect(said).toEqual([]);
});
