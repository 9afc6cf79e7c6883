import { expect, it } from 'vitest';
import { summarize } from './probe-log.ts';

const gap = (target: string, number: number, fromMs: number, toMs: number, lost: number) =>
  ({ kind: 'gap', target, number, fromMs, toMs, lost, open: false }) as const;

it('adds up what each target lost in a stretch, by the last word on each gap', () => {
  const events = [
    { ...gap('udp 10.99.0.1', 0, 100, 105, 2), open: true },
    gap('udp 10.99.0.1', 0, 100, 120, 5),
    gap('udp 10.99.0.1', 1, 300, 300, 1),
    gap('http 10.99.0.1', 0, 110, 110, 1),
  ];
  expect(summarize(events, 0, 1000)).toEqual({
    udp: { '10.99.0.1': { lost: 6, longestMs: 20 } },
    http: { '10.99.0.1': { lost: 1, longestMs: 0 } },
    gaps: events.slice(1),
    switches: [],
  });
});

it('leaves out what was lost before and after', () => {
  const before = gap('udp 10.99.0.1', 0, 10, 90, 9);
  const after = gap('udp 10.99.0.1', 1, 2000, 2010, 3);
  const spanning = gap('udp 10.99.0.2', 0, 50, 150, 20);
  expect(summarize([before, spanning, after], 100, 1000).udp).toEqual({ '10.99.0.2': { lost: 20, longestMs: 100 } });
});

it('keeps switches from the beginning on', () => {
  const by = { kind: 'by', target: 'udp 10.99.0.1', by: 'lb2', before: 'lb1' } as const;
  const settled = { kind: 'settled', untilMs: 500 } as const;
  const events = [{ ...by, atMs: 50 }, { ...by, atMs: 150 }, settled];
  expect(summarize(events, 100, 1000).switches).toEqual([{ ...by, atMs: 150 }]);
});
