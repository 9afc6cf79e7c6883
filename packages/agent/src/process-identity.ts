// Who this process is, and whether another one still runs. `gone` is said only on proof.
//
// Proof needs the same machine (machine id), the same boot (boot id) and the same pid namespace, or pids mean nothing; then a
// pid that the kernel does not know, or that now belongs to a process with another start time, or to a zombie, is gone. A
// clone with the same machine id has another boot id; two containers of one host have other pid namespaces: `unknown`.
// Where there is no /proc there is no proof either, and the other one's ephemerals have to expire.
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessIdentity } from '@vipkeeper/core';

/** A name for this life of the process: sorts by time of start, never repeats. */
export function newLife(nowWallMs: number): string {
  return `${nowWallMs.toString(36)}-${randomBytes(5).toString('hex')}`;
}

/** This process. */
export function ownIdentity(version: string): ProcessIdentity {
  return {
    host: hostname(),
    pid: process.pid,
    machineId: textOf('/etc/machine-id'),
    bootId: textOf('/proc/sys/kernel/random/boot_id'),
    pidNamespace: linkOf('/proc/self/ns/pid'),
    startTime: parseStat(textOf('/proc/self/stat'))?.startTime ?? '',
    version,
  };
}

/** What the kernel says of a pid: `null` when it knows none such. */
export interface ProcessState {
  readonly state: string;
  /** In ticks since boot. */
  readonly startTime: string;
}

/** Looks a pid up; `unreadable` when it exists but may not be read. */
export function lookUp(pid: number): ProcessState | null | 'unreadable' {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  return parseStat(textOf(`/proc/${pid}/stat`)) ?? 'unreadable';
}

/** Whether the recorded process still runs, as seen by `mine`. */
export function probeLife(
  recorded: ProcessIdentity,
  mine: ProcessIdentity,
  look: typeof lookUp = lookUp,
): 'gone' | 'alive' | 'unknown' {
  const sameMachine = mine.machineId !== '' && recorded.machineId === mine.machineId;
  const sameBoot = mine.bootId !== '' && recorded.bootId === mine.bootId;
  const sameNamespace = mine.pidNamespace !== '' && recorded.pidNamespace === mine.pidNamespace;
  if (!sameMachine || !sameBoot || !sameNamespace || !isPid(recorded.pid)) return 'unknown';
  const found = look(recorded.pid);
  if (found === null) return 'gone';
  if (found === 'unreadable' || recorded.startTime === '') return 'unknown';
  if (found.startTime !== recorded.startTime) return 'gone';
  return found.state === 'Z' || found.state === 'X' ? 'gone' : 'alive';
}

/** Reads `/proc/<pid>/stat` (proc(5)): the name in brackets may hold anything, so fields count from its end. */
export function parseStat(text: string): ProcessState | null {
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const fields = text.slice(end + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined ? null : { state, startTime };
}

function isPid(pid: number): boolean {
  return Number.isInteger(pid) && pid > 0;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
