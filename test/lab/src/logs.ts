// A container's log, read when it is wanted: the engine keeps it over restarts, so nothing has to be followed.
import type { StartedTestContainer } from 'testcontainers';
import { engine } from './container.ts';

/** One line, and when the engine received it (ms since 1970, the machine's clock). */
export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

/** Standard output and error since a moment, in order of arrival. */
export async function readLog(container: StartedTestContainer, sinceMs = 0): Promise<readonly LogLine[]> {
  const from = (await engine()).getContainer(container.getId());
  const options = { stdout: true, stderr: true, timestamps: true, follow: false, since: sinceMs / 1000 } as const;
  const text = unframe((await from.logs(options)) as Buffer);
  return text.split('\n').flatMap(line => {
    const space = line.indexOf(' ');
    return space < 0 ? [] : [{ atMs: preciseTime(line.slice(0, space)), text: line.slice(space + 1) }];
  });
}

/** The engine writes nanoseconds; Date reads milliseconds. */
function preciseTime(stamp: string): number {
  return Date.parse(stamp.replace(/(\.\d{3})\d*Z$/, '$1Z'));
}

/** Without a terminal, output comes in frames: stream(1) zero(3) length(4) payload. */
function unframe(buffer: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= buffer.length; ) {
    const length = buffer.readUInt32BE(at + 4);
    parts.push(buffer.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
