import { describe, expect, it } from 'vitest';
import { agoText, cell, counted, durationText, listed, parseDuration, table } from './text.ts';

describe('table()', () => {
  const rows = [
    [cell('192.0.2.1'), cell('', 'bad'), cell('own', 'good')],
    [cell('2001:db8::1'), cell('lb-1'), cell('')],
  ];

  it('aligns columns, shows what is empty as a dash, and leaves no blanks at the ends of lines', () => {
    expect(table(['VIP', 'OWNER', 'REASON'], rows, false)).toBe(
      ['VIP          OWNER  REASON', '192.0.2.1    -      own', '2001:db8::1  lb-1   -', ''].join('\n'),
    );
  });

  it('paints cells without moving columns', () => {
    const esc = '\u001b';
    expect(table(['VIP', 'OWNER', 'REASON'], rows, true)).toBe(
      [
        'VIP          OWNER  REASON',
        `192.0.2.1    ${esc}[31m-${esc}[0m      ${esc}[32mown${esc}[0m`,
        '2001:db8::1  lb-1   -',
        '',
      ].join('\n'),
    );
  });
});

it('durations are read and written in the units people use', () => {
  const texts = ['30', '90s', '2h', '1h30m', '1.5h', '250ms', '1d', '2 h', '', 'h', '-5s', '5x'];
  expect(texts.map(parseDuration)).toEqual([
    30_000,
    90_000,
    7_200_000,
    5_400_000,
    5_400_000,
    250,
    86_400_000,
    null,
    null,
    null,
    null,
    null,
  ]);
  expect([0, 999, 41_000, 60_000, 7_980_000, 90_000_000, 172_800_000].map(durationText)).toEqual([
    '0s',
    '0s',
    '41s',
    '1m',
    '2h13m',
    '1d1h',
    '2d',
  ]);
});

it('times are relative, and a clock that is behind gives no negative ones', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  const instants = ['2026-03-01T11:59:30Z', '2026-03-01T12:00:05Z', '', 'garbage'];
  expect(instants.map(instant => agoText(instant, now))).toEqual(['30s', '0s', '-', '-']);
});

it('lists and counts read like a sentence', () => {
  expect([listed([]), listed(['a']), listed(['a', 'b', 'c']), counted(1, 'VIP'), counted(0, 'VIP')]).toEqual([
    'nobody',
    'a',
    'a, b and c',
    '1 VIP',
    '0 VIPs',
  ]);
});
