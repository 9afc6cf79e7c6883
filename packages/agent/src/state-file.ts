// The state file: what must be remembered for a start without ZooKeeper. Written whole and atomically (a temporary file,
// flushed, renamed), only when its content changed. It is a help, not a need: a full disk or garbage in it is a warning.
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AgentName, Remembered, RememberedService } from '@vipkeeper/core';
import type { Log } from './log.ts';

/** The file behind a path. */
export interface StateFile {
  /** What was remembered by this agent; null when there is nothing to go by. Never rejects. */
  read(agent: AgentName): Promise<Remembered | null>;
  /** Writes in the background if this differs from what was last written. */
  remember(remembered: Remembered): void;
  /** Settles when nothing is being written. */
  settled(): Promise<void>;
}

const MOST_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 10_000;

/** Nothing is touched until it is read or written. `clock` is monotonic, milliseconds. */
export function stateFileAt(path: string, log: Log, clock: () => number): StateFile {
  let written: string | null = null;
  let wanted: string | null = null;
  let retryAtMs = 0;
  let writing: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    while (wanted !== null && wanted !== written && clock() >= retryAtMs) {
      const text = wanted;
      try {
        await replaceFile(path, text);
        written = text;
      } catch (error) {
        retryAtMs = clock() + RETRY_MS;
        // Nothing new may be worth remembering for days; this must be written all the same once there is room again.
        setTimeout(again, RETRY_MS).unref();
        log.warn({ path, error: (error as Error).message }, 'state file not written');
      }
    }
    writing = null;
  };

  const again = (): void => {
    if (writing === null && wanted !== written && clock() >= retryAtMs) writing = write();
  };

  return {
    read: async agent => {
      try {
        const text = await readFile(path, 'utf8');
        const remembered = parseRemembered(text, agent);
        written = text;
        return remembered;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn({ path, error: (error as Error).message }, 'state file ignored');
        return null;
      }
    },
    remember: remembered => {
      wanted = `${JSON.stringify(remembered)}\n`;
      again();
    },
    settled: async () => {
      await writing;
    },
  };
}

/** Reads a state file's text. Throws with a reason when it makes no sense or belongs to another agent. */
export function parseRemembered(text: string, agent: AgentName): Remembered {
  if (text.length > MOST_BYTES) throw new Error(`the file is over ${MOST_BYTES} bytes`);
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error('it is not an object');
  if (value.version !== 1) throw new Error(`version is ${String(value.version)}, expected 1`);
  if (value.agent !== agent) throw new Error(`it was written by agent ${String(value.agent)}, this is ${agent}`);
  if (!Array.isArray(value.services)) throw new Error('services is not a list');
  return { version: 1, agent, services: value.services.map(parseService) };
}

function parseService(value: unknown): RememberedService {
  if (!isRecord(value)) throw new Error('a service is not an object');
  const { name, maintenance, drains, owners } = value;
  if (typeof name !== 'string' || typeof maintenance !== 'boolean') throw new Error('a service has no name');
  if (!Array.isArray(drains) || !drains.every(drain => typeof drain === 'string'))
    throw new Error(`drains of service ${name} are not names`);
  if (!isRecord(owners) || !Object.values(owners).every(owner => owner === null || typeof owner === 'string'))
    throw new Error(`owners of service ${name} are not names`);
  return { name, maintenance, drains, owners: owners as RememberedService['owners'] };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(temporary, 'w', 0o640);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
