// What happened in one test, in one file that a person can read from top to bottom: what the test did, what the router's
// kernel did, who answered the probe and what it lost, and what the agents said.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogLine } from '@vipkeeper/lab';
import type { ProbeReport } from './probe-log.ts';

/** One line of it. */
export interface Moment {
  readonly atMs: number;
  /** `test`, `router`, `probe`, or an agent's name. */
  readonly who: string;
  readonly what: string;
}

/** The lines of a probe report. */
export function probeMoments({ gaps, switches }: ProbeReport): readonly Moment[] {
  return [
    ...switches.map(({ atMs, target, by, before }) => ({
      atMs,
      who: 'probe',
      what: `${target} is answered by ${by}${before === undefined ? '' : `, before by ${before}`}`,
    })),
    ...gaps.map(({ fromMs, toMs, target, lost, open }) => ({
      atMs: fromMs,
      who: 'probe',
      what: `${target} LOST ${lost} probes in ${(toMs - fromMs).toFixed(0)} ms${open ? ' and more' : ''}`,
    })),
  ];
}

/** The router's kernel, as `ip monitor` prints it. */
export function routerMoments(lines: readonly LogLine[]): readonly Moment[] {
  return lines
    .filter(({ text }) => text.includes(' via '))
    .map(({ atMs, text }) => ({ atMs, who: 'router', what: text.trim() }));
}

const quiet = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'name', 'agent']);

/** What an agent logged from `info` up: its message and the fields, without what every line has. */
export function agentMoments(name: string, lines: readonly LogLine[]): readonly Moment[] {
  return lines.flatMap(({ atMs, text }) => {
    const entry = record(text);
    if (entry === undefined) return [{ atMs, who: name, what: text }];
    if (typeof entry.level === 'number' && entry.level < 30) return [];
    const fields = Object.entries(entry).filter(([key]) => !quiet.has(key));
    const spelled = fields.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    return [{ atMs, who: name, what: [String(entry.msg ?? ''), ...spelled].join(' ') }];
  });
}

function record(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the moments in order, with the time since `fromMs`. */
export function writeTimeline(file: string, title: string, fromMs: number, moments: readonly Moment[]): void {
  const lines = [...moments]
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, who, what }) => `${((atMs - fromMs) / 1000).toFixed(3).padStart(9)} s  ${who.padEnd(7)} ${what}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${title}\n${new Date(fromMs).toISOString()}\n\n${lines.join('\n')}\n`);
}
