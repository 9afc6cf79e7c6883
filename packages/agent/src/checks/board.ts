// All checks of all services, and the health of each VIP that comes out of them.
//
// The board is told two whole things again and again, in any order: which checks there are (at start and on reload) and
// which VIPs are served (after each decision). It starts and stops watches by difference: a check that asks the same
// question as before keeps its watch and its verdict, with new times if those changed.
import type { Health, ServiceName, Vip } from '@vipkeeper/core';
import { commandProbe } from './command.ts';
import { probeHttp } from './http.ts';
import { filledIn, isPerVip, type Probe, type ProbeSettings } from './probe.ts';
import { type Timing, type Watch, watch } from './schedule.ts';
import { probeTcp } from './tcp.ts';
import { type CheckVerdict, join, NO_VERDICT, type ProbeResult, type Requirement } from './verdict.ts';

/** One check as configured. */
export interface CheckSettings {
  /** Unique in its service. */
  readonly name: string;
  readonly probe: ProbeSettings;
  readonly timing: Timing;
}

/** A service's checks. None at all: its VIPs are passing. */
export interface ServiceChecks {
  readonly service: ServiceName;
  readonly checks: readonly CheckSettings[];
  readonly require: Requirement;
}

/** One watch, for metrics and status. `vip` is null for a check that is asked once per service. */
export interface CheckRow {
  readonly service: ServiceName;
  readonly check: string;
  readonly vip: Vip | null;
  readonly verdict: CheckVerdict;
}

/** What the board works with. */
export interface BoardOptions {
  /** The monotonic clock, milliseconds. */
  readonly clock: () => number;
  /** The health of a VIP has changed. `detail` names the check that fails and says why. */
  readonly onHealth: (service: ServiceName, vip: Vip, health: Health, detail?: string) => void;
  /** After each probe. */
  readonly onProbe?: (row: CheckRow, result: ProbeResult, tookMs: number) => void;
}

/** The running checks. */
export interface CheckBoard {
  /** The whole configuration of checks. */
  configure(services: readonly ServiceChecks[]): void;
  /** The whole set of VIPs, by service. A VIP that is served no longer becomes `unknown`. */
  serve(vips: ReadonlyMap<ServiceName, readonly Vip[]>): void;
  rows(): readonly CheckRow[];
  stop(): void;
}

interface Watched {
  readonly service: ServiceName;
  readonly check: string;
  readonly vip: Vip | null;
  readonly watch: Watch;
}

/** A board without checks or VIPs. */
export function createBoard(options: BoardOptions): CheckBoard {
  const watches = new Map<string, Watched>();
  const healths = new Map<string, Health>();
  let services: readonly ServiceChecks[] = [];
  let served: ReadonlyMap<ServiceName, readonly Vip[]> = new Map();

  const verdictOf = (service: ServiceName, check: CheckSettings, vip: Vip): CheckVerdict =>
    watches.get(keyOf(service, check, isPerVip(check.probe) ? vip : null))?.watch.verdict ?? NO_VERDICT;

  const judge = (service: ServiceChecks, vip: Vip): void => {
    const key = `${service.service}/${vip}`;
    const verdicts = service.checks.map(check => verdictOf(service.service, check, vip));
    const joined = join(
      verdicts.map(verdict => verdict.health),
      service.require,
    );
    const before = healths.get(key);
    if (joined === before || (joined === 'unknown' && before !== undefined)) return;
    healths.set(key, joined);
    options.onHealth(service.service, vip, joined, joined === 'failing' ? faults(service, verdicts) : undefined);
  };

  const judgeAll = (): void => {
    for (const service of services) for (const vip of served.get(service.service) ?? []) judge(service, vip);
  };

  const forgetUnserved = (): void => {
    for (const key of [...healths.keys()]) {
      const { service, vip } = splitKey(key);
      if (served.get(service)?.includes(vip)) continue;
      healths.delete(key);
      options.onHealth(service, vip, 'unknown');
    }
  };

  const begin = (service: ServiceChecks, check: CheckSettings, vip: Vip | null): Watched => {
    const named = { service: service.service, check: check.name, vip };
    const onResult = (verdict: CheckVerdict, result: ProbeResult, tookMs: number): void => {
      options.onProbe?.({ ...named, verdict }, result, tookMs);
      const current = services.find(one => one.service === service.service);
      if (current !== undefined)
        for (const one of vip === null ? (served.get(current.service) ?? []) : [vip]) judge(current, one);
    };
    const probe = probeOf(check.probe, service.service, vip);
    return { ...named, watch: watch({ probe, timing: check.timing, clock: options.clock, onResult }) };
  };

  const reconcile = (): void => {
    const wanted = new Set<string>();
    for (const { service, check, vip } of targets(services, served)) {
      const key = keyOf(service.service, check, vip);
      wanted.add(key);
      const running = watches.get(key);
      if (running === undefined) watches.set(key, begin(service, check, vip));
      else running.watch.retime(check.timing);
    }
    for (const [key, { watch: running }] of [...watches]) {
      if (wanted.has(key)) continue;
      running.stop();
      watches.delete(key);
    }
    forgetUnserved();
    judgeAll();
  };

  return {
    configure: next => {
      services = next;
      reconcile();
    },
    serve: vips => {
      if (sameVips(served, vips)) return;
      served = vips;
      reconcile();
    },
    rows: () => [...watches.values()].map(({ watch: running, ...named }) => ({ ...named, verdict: running.verdict })),
    stop: () => {
      for (const { watch: running } of watches.values()) running.stop();
      watches.clear();
    },
  };
}

function* targets(
  services: readonly ServiceChecks[],
  served: ReadonlyMap<ServiceName, readonly Vip[]>,
): Generator<{ readonly service: ServiceChecks; readonly check: CheckSettings; readonly vip: Vip | null }> {
  for (const service of services) {
    const vips = served.get(service.service) ?? [];
    if (vips.length === 0) continue;
    for (const check of service.checks)
      for (const vip of isPerVip(check.probe) ? vips : [null]) yield { service, check, vip };
  }
}

function probeOf(settings: ProbeSettings, service: ServiceName, vip: Vip | null): Probe {
  const probe = vip === null ? settings : filledIn(settings, vip);
  switch (probe.kind) {
    case 'http':
      return (timeoutMs, signal) => probeHttp(probe.url, timeoutMs, signal);
    case 'tcp':
      return (timeoutMs, signal) => probeTcp(probe.target, timeoutMs, signal);
    case 'command':
      return commandProbe(probe.argv, { VIPKEEPER_SERVICE: service, ...(vip === null ? {} : { VIPKEEPER_VIP: vip }) });
  }
}

function faults(service: ServiceChecks, verdicts: readonly CheckVerdict[]): string {
  return service.checks
    .map((check, index) => ({ check, verdict: verdicts[index]! }))
    .filter(({ verdict }) => verdict.health === 'failing')
    .map(({ check, verdict }) => `check ${check.name}: ${verdict.last?.detail ?? 'failing'}`)
    .join('; ');
}

function keyOf(service: ServiceName, check: CheckSettings, vip: Vip | null): string {
  return JSON.stringify([service, check.name, check.probe, vip]);
}

function splitKey(key: string): { readonly service: ServiceName; readonly vip: Vip } {
  const at = key.lastIndexOf('/');
  return { service: key.slice(0, at), vip: key.slice(at + 1) };
}

function sameVips(a: ReadonlyMap<string, readonly string[]>, b: ReadonlyMap<string, readonly string[]>): boolean {
  const flat = (vips: ReadonlyMap<string, readonly string[]>): string =>
    JSON.stringify([...vips].map(([service, list]) => [service, [...list].sort()]).sort());
  return flat(a) === flat(b);
}
