// What the kernel says of a process: /proc/PID/status and /proc/PID/stat (Linux).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Resident bytes (VmRSS). */
export function residentBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no VmRSS`);
  return Number(kilobytes) * 1024;
}

/** Processor time used so far, user and system, in seconds. */
export function processorSeconds(pid: number): number {
  // The second field is the name in parentheses, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const [userTicks = Number.NaN, systemTicks = Number.NaN] = fields.slice(11, 13).map(Number);
  return (userTicks + systemTicks) / ticksPerSecond();
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticks;
}
