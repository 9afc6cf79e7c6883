// For tests: a log that keeps what it was told.
import type { Fields, Log, LogLevel } from './log.ts';

/** One kept line. */
export interface HeardLine {
  readonly level: LogLevel;
  readonly fields: Fields;
  readonly message: string;
}

/** A log and what it heard. */
export function heardLog(): { readonly log: Log; readonly lines: readonly HeardLine[] } {
  const lines: HeardLine[] = [];
  const hear =
    (level: LogLevel) =>
    (fields: Fields, message: string): void => {
      lines.push({ level, fields, message });
    };
  const log: Log = {
    debug: hear('debug'),
    info: hear('info'),
    warn: hear('warn'),
    error: hear('error'),
    fatal: hear('fatal'),
    child: () => log,
    setLevel: () => {},
  };
  return { log, lines };
}
