// The VIPs on the device: added before their routes are announced, renewed while they are served, left to linger after.
//
// Level-triggered like the rest: `serve` says the whole set, a slow poll compares it with what the device has, and one
// `ip -batch` at a time closes the difference. So an address that somebody removed comes back, and a command that failed
// is tried again. Looking is cheap (no child process); only changes and renewals run `ip`.
import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Vip } from '@vipkeeper/core';
import { addLine, hostAddresses, parseAddresses, removeLine } from './device-addresses.ts';
import type { Log } from './log.ts';

/** How VIPs are kept on the device. */
export interface AddressesOptions {
  readonly device: string;
  /** How long an address outlives an agent that dies without a word, milliseconds; the kernel counts whole seconds. */
  readonly leaseMs: number;
  /** How often the lease is renewed. */
  readonly renewMs: number;
  /** How long an address stays after its route was withdrawn, for packets still under way. */
  readonly lingerMs: number;
  /** VIPs that stay if a former life left them; all others it left are removed at start. */
  readonly keep: readonly Vip[];
  /** Whether an address may be a VIP of ours: others are not even looked at when leftovers are removed. */
  readonly allows: (vip: Vip) => boolean;
  /** What is present on the device; called at start and at each change. */
  readonly onPresent: (present: readonly Vip[]) => void;
  readonly log: Log;
  /** The monotonic clock, milliseconds. */
  readonly clock: () => number;
}

/** The keeper of addresses. */
export interface Addresses {
  /** Looks, removes leftovers. Rejects when `ip` cannot be run at all. */
  start(): Promise<void>;
  /** The whole set of VIPs that must be present. */
  serve(vips: readonly Vip[]): void;
  /** Removes what was added, after at most this long a linger. Settles within a few seconds. */
  stop(lingerMs: number): Promise<void>;
}

interface Held {
  /** Null while served. */
  removeAtMs: number | null;
  renewAtMs: number;
  /** It was on the device at some time. */
  seen: boolean;
}

const POLL_MS = 1000;
const RETRY_MS = 3000;
const IP_LIMIT_MS = 5000;

/** A keeper that has not looked yet. Linux only. */
export function keepAddresses(options: AddressesOptions): Addresses {
  const { device, log, clock } = options;
  const held = new Map<Vip, Held>();
  let wanted: ReadonlySet<Vip> = new Set();
  let present: ReadonlySet<Vip> = new Set();
  let reported: string | null = null;
  let busy: Promise<void> | null = null;
  let retryAtMs = 0;
  let poll: NodeJS.Timeout | undefined;

  const look = (): void => {
    present = new Set(hostAddresses(networkInterfaces(), device));
    for (const [vip, mine] of held) mine.seen ||= present.has(vip);
  };

  const report = (): void => {
    const found = [...present];
    const text = found.join(' ');
    if (text === reported) return;
    reported = text;
    options.onPresent(found);
  };

  const plan = (nowMs: number): readonly string[] => {
    const lines: string[] = [];
    for (const vip of wanted) {
      const mine = held.get(vip);
      if (mine === undefined ? present.has(vip) : present.has(vip) && nowMs < mine.renewAtMs) continue;
      if (mine?.seen && !present.has(vip)) log.warn({ vip, device }, 'address had gone, put back');
      lines.push(addLine(vip, device, Math.ceil(options.leaseMs / 1000)));
      held.set(vip, { removeAtMs: null, renewAtMs: nowMs + options.renewMs, seen: present.has(vip) });
    }
    for (const [vip, { removeAtMs }] of held) {
      if (removeAtMs === null || removeAtMs > nowMs) continue;
      held.delete(vip);
      if (present.has(vip)) lines.push(removeLine(vip, device));
    }
    return lines;
  };

  const apply = async (lines: readonly string[]): Promise<void> => {
    try {
      await ip(['-force', '-batch', '-'], `${lines.join('\n')}\n`);
    } catch (error) {
      retryAtMs = clock() + RETRY_MS;
      for (const mine of held.values()) mine.renewAtMs = Math.min(mine.renewAtMs, retryAtMs);
      log.warn({ device, error: saidBy(error) }, 'addresses not changed');
    }
    look();
    report();
  };

  const reconcile = (): void => {
    if (busy !== null || clock() < retryAtMs) return;
    const lines = plan(clock());
    if (lines.length === 0) return;
    busy = apply(lines).finally(() => {
      busy = null;
      reconcile();
    });
  };

  return {
    start: async () => {
      const found = parseAddresses(await ip(['-json', 'address', 'show', 'dev', device], ''), device);
      const leftovers = found.filter(({ vip, ours }) => ours && options.allows(vip)).map(({ vip }) => vip);
      for (const vip of leftovers)
        held.set(vip, {
          removeAtMs: options.keep.includes(vip) ? clock() + options.leaseMs : 0,
          renewAtMs: 0,
          seen: true,
        });
      if (leftovers.length > 0) log.info({ device, vips: leftovers }, 'addresses left by a former life');
      look();
      report();
      reconcile();
      poll = setInterval(() => {
        look();
        reconcile();
        // What can be put back at once was never missed by anybody: it is reported when it could not be put back.
        if (busy === null) report();
      }, POLL_MS);
    },
    serve: vips => {
      wanted = new Set(vips);
      const nowMs = clock();
      for (const [vip, mine] of held) {
        if (wanted.has(vip)) mine.removeAtMs = null;
        else mine.removeAtMs ??= nowMs + options.lingerMs;
      }
      if (poll !== undefined) reconcile();
    },
    stop: async lingerMs => {
      clearInterval(poll);
      wanted = new Set();
      await busy;
      if (held.size === 0) return;
      await pause(lingerMs);
      const lines = [...held.keys()].map(vip => removeLine(vip, device));
      held.clear();
      await apply(lines);
    },
  };
}

// Runs `ip` with this on its standard input; rejects with what it said.
function ip(args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: IP_LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 4 * 1024 * 1024 } as const;
    const child = execFile('ip', args, limits, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(stderr.trim() === '' ? error : new Error(stderr.trim()));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function saidBy(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
}
