// From a fact in ZooKeeper to the UPDATE at a router: a real vipkeeperd against a real ZooKeeper, and inside its process a
// bare client that watches the same nodes. Each round changes one fact and notes when the bare client had read it and when
// the router had heard the route come or go; what lies between is the agent's own.
import { setTimeout as pause } from 'node:timers/promises';
import type { BareReading } from './bare-client.ts';
import { machineMs } from './child.ts';
import { claimNameOf, OWN_VIP, type Stage, setStage } from './reaction-stage.ts';
import { type Bar, type Bench, type BenchOptions, barBelow, type LeftOut, type Report } from './report.ts';
import { formatMs, quantile } from './statistics.ts';
import { type Ensemble, startEnsemble } from './zookeeper.ts';

const COVERED = 100;
const COVER_SERIES = 3;
const MAINTENANCE_ROUNDS = 150;
const SHORTER = 10;
const P50_BAR_MS = 5;
const P99_BAR_MS = 20;
const COLUMNS = ['fact', 'until', 'rounds', 'p50', 'p90', 'p99', 'most'];

/** One round, on the machine's clock. */
interface Round {
  readonly changedAtMs: number;
  readonly bareAtMs: number;
  readonly heardAtMs: number;
}

interface Change {
  readonly vip: string;
  readonly expect: 'announce' | 'withdraw';
  act(stage: Stage): Promise<void>;
  /** Whether the bare client sees it here. */
  seen(reading: BareReading): boolean;
}

async function play(stage: Stage, change: Change): Promise<Round> {
  await stage.bareReadings();
  await stage.router.ask({ ask: 'expect', kind: change.expect, count: 1, prefix: `${change.vip}/32` });
  // Not in step with anything that the agent does once a second.
  await pause(10 + 40 * Math.random());
  const changedAtMs = machineMs();
  await change.act(stage);
  const heardAtMs = await stage.router.ask({ ask: 'heard' });
  return { changedAtMs, bareAtMs: await bareInstant(stage, change), heardAtMs };
}

/** The route may be out before the bare client has its answer. */
async function bareInstant(stage: Stage, change: Change): Promise<number> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const reading = (await stage.bareReadings()).find(change.seen);
    if (reading !== undefined) return reading.atMs;
    await pause(20);
  }
  throw new Error(`the bare client has not seen the change of ${change.vip}`);
}

function claimGone(vip: string): Change {
  const name = claimNameOf(vip);
  return {
    vip,
    expect: 'announce',
    act: stage => stage.unclaim(vip),
    seen: reading => reading.kind === 'claims' && !reading.names.includes(name),
  };
}

function maintenance(on: boolean): Change {
  return {
    vip: OWN_VIP,
    expect: on ? 'withdraw' : 'announce',
    act: stage => stage.maintenance(on),
    seen: reading => reading.kind === 'maintenance' && reading.present === on,
  };
}

/** The owner comes back for all its VIPs, and the agent lets go of them. */
async function restore(stage: Stage, vips: readonly string[]): Promise<void> {
  await stage.router.ask({ ask: 'expect', kind: 'withdraw', count: vips.length });
  for (const vip of vips) await stage.claim(vip);
  await stage.router.ask({ ask: 'heard' });
}

interface Series {
  readonly fact: string;
  readonly rounds: readonly Round[];
}

async function measure(
  stage: Stage,
  vips: readonly string[],
  series: number,
  pairs: number,
): Promise<readonly Series[]> {
  const covers: Round[] = [];
  for (let each = 0; each < series; each++) {
    for (const vip of vips) covers.push(await play(stage, claimGone(vip)));
    await restore(stage, vips);
  }
  const on: Round[] = [];
  const off: Round[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    on.push(await play(stage, maintenance(true)));
    off.push(await play(stage, maintenance(false)));
  }
  return [
    { fact: "owner's claim gone", rounds: covers },
    { fact: 'maintenance on', rounds: on },
    { fact: 'maintenance off', rounds: off },
  ];
}

const beyond = ({ bareAtMs, heardAtMs }: Round): number => heardAtMs - bareAtMs;

function rowsOf({ fact, rounds }: Series): readonly (readonly string[])[] {
  const row = (until: string, values: readonly number[]): readonly string[] => {
    const figures = [0.5, 0.9, 0.99, 1].map(q => formatMs(quantile(values, q)));
    return [fact, until, String(rounds.length), ...figures];
  };
  return [
    row(
      'bare client has read it',
      rounds.map(({ changedAtMs, bareAtMs }) => bareAtMs - changedAtMs),
    ),
    row(
      'router has heard it',
      rounds.map(({ changedAtMs, heardAtMs }) => heardAtMs - changedAtMs),
    ),
    row('router after bare client', rounds.map(beyond)),
  ];
}

function barsOf({ fact, rounds }: Series): readonly Bar[] {
  const values = rounds.map(beyond);
  return [
    barBelow(`${fact}, router after bare client, p50`, quantile(values, 0.5), P50_BAR_MS, formatMs),
    barBelow(`${fact}, router after bare client, p99`, quantile(values, 0.99), P99_BAR_MS, formatMs),
  ];
}

async function run({ short }: BenchOptions): Promise<Report | LeftOut> {
  let ensemble: Ensemble;
  try {
    ensemble = await startEnsemble(1);
  } catch (error) {
    return { leftOut: (error as Error).message };
  }
  const share = short ? SHORTER : 1;
  const vips = Array.from({ length: COVERED / share }, (_, index) => `198.51.100.${index + 1}`);
  let stage: Stage | undefined;
  try {
    stage = await setStage(ensemble, vips);
    const series = await measure(stage, vips, short ? 1 : COVER_SERIES, MAINTENANCE_ROUNDS / share);
    return {
      columns: COLUMNS,
      rows: series.flatMap(rowsOf),
      bars: series.flatMap(barsOf),
      notes: [
        'bare client: plain node-zookeeper-client in the same process, reads the watched node again and does nothing else',
        'router after bare client: the difference in each round, then its quantiles; negative: the route was out first',
        `the agent is a reactive standby for ${vips.length} VIPs (claim) and owns one (maintenance)`,
      ],
    };
  } finally {
    await stage?.close();
    await ensemble.close();
  }
}

/** Reaction time. */
export const reaction: Bench = { name: 'reaction', title: 'from a fact in ZooKeeper to the UPDATE at a router', run };
