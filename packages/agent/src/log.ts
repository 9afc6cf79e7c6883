// Log lines: JSON, object first, constant message, for the person at three in the morning.
//
// Nothing the log does may hurt the routes: what is behind it is `output.ts`, which never blocks. One message that repeats
// is limited to some lines per window, with a count of those left out.
import pino from 'pino';
import type { Output } from './output.ts';

/** Fields of a line. Values are plain data. */
export type Fields = Readonly<Record<string, unknown>>;

/** Levels, least to most. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where lines go. */
export interface Log {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
  fatal(fields: Fields, message: string): void;
  /** The same log with these fields on each line. */
  child(fields: Fields): Log;
  /** From now on, for this log and all that share it. */
  setLevel(level: LogLevel): void;
}

/** How to log. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly destination: Output;
  /** The monotonic clock, milliseconds. */
  readonly clock: () => number;
}

const WINDOW_MS = 10_000;
const MOST_LINES_PER_WINDOW = 30;
const MOST_MESSAGES = 1000;
// Never logged, wherever they stand.
const SECRETS = ['password', 'secret', 'credentials', 'auth', 'key'].flatMap(name => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** A log that never throws and never blocks. */
export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: { paths: SECRETS, censor: '[redacted]' },
    },
    options.destination,
  );
  return wrap(logger, limiter(options.clock), { level: options.level });
}

function wrap(logger: pino.Logger, admit: Admit, shared: { level: LogLevel }): Log {
  const isWanted = (level: LogLevel): boolean => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(shared.level);
  const write =
    (level: LogLevel) =>
    (fields: Fields, message: string): void => {
      const left = isWanted(level) ? admit(level, message) : null;
      if (left === null) return;
      try {
        logger[level](left > 0 ? { ...fields, leftOut: left } : fields, message);
      } catch {
        // A destination that throws must not take the agent along.
      }
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    child: fields => wrap(logger.child(fields), admit, shared),
    setLevel: level => {
      shared.level = level;
    },
  };
}

/** Null: leave this line out. Otherwise how many of its kind were left out before it. */
type Admit = (level: LogLevel, message: string) => number | null;

function limiter(clock: () => number): Admit {
  const windows = new Map<string, { untilMs: number; lines: number; leftOut: number }>();
  return (level, message) => {
    if (level === 'fatal') return 0;
    const key = `${level} ${message}`;
    const nowMs = clock();
    const window = windows.get(key);
    if (window !== undefined && nowMs < window.untilMs) {
      window.lines += 1;
      if (window.lines <= MOST_LINES_PER_WINDOW) return 0;
      window.leftOut += 1;
      return null;
    }
    if (windows.size >= MOST_MESSAGES) windows.clear();
    windows.set(key, { untilMs: nowMs + WINDOW_MS, lines: 1, leftOut: 0 });
    return window?.leftOut ?? 0;
  };
}
