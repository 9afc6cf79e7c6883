// How long until a router in another process has heard all the routes that a speaker was told to want, and how long until
// it has heard that they are gone. Beside it, in the same run, the same bytes from a bare socket to the same router: what
// is above that is the speaker's own.
import { type Child, limited, machineMs, startChild } from './child.ts';
import type { Expected, RouterQuestion } from './listening-router.ts';
import { openBare, type Recording, recordingOf, startRelay } from './replay.ts';
import { type Bench, type BenchOptions, barBelow, type Report } from './report.ts';
import type { Likeness, SpeakerQuestion } from './routes-speaker.ts';
import { formatMb, formatMs, formatRatio, median, quantile } from './statistics.ts';

type Router = Child<RouterQuestion, number>;
type SpeakerChild = Child<SpeakerQuestion, number>;

interface Case {
  readonly count: number;
  readonly likeness: Likeness;
  readonly rounds: number;
}

const BAR_ROUTES = 100_000;
const BAR_MS = 2000;
const ROUTER_AS = 64_601;
const HOLD_TIME_SECONDS = 90;
const CASES: readonly Case[] = [
  { count: 1, likeness: 'spelled', rounds: 300 },
  { count: 10_000, likeness: 'spelled', rounds: 20 },
  { count: BAR_ROUTES, likeness: 'spelled', rounds: 10 },
  { count: BAR_ROUTES, likeness: 'shared', rounds: 10 },
  { count: BAR_ROUTES, likeness: 'different', rounds: 5 },
];
const COLUMNS = ['routes', 'attributes', 'rounds', 'announced', 'p99', 'first', 'bare socket', 'ratio', 'withdrawn'];

/** What one case gave, milliseconds. */
interface Times {
  readonly announced: readonly number[];
  readonly withdrawn: readonly number[];
  readonly bare: readonly number[];
}

async function expect(router: Router, kind: Expected, count: number): Promise<() => Promise<number>> {
  await router.ask({ ask: 'expect', kind, count });
  return () => router.ask({ ask: 'heard' });
}

async function connectSpeaker(speaker: SpeakerChild, router: Router, port: number, routerId: string): Promise<void> {
  const up = await expect(router, 'peer-up', 1);
  await speaker.ask({ ask: 'connect', port, routerId });
  await up();
}

async function changeTo(router: Router, speaker: SpeakerChild, from: number, to: number, likeness: Likeness) {
  const heard = await expect(router, to > from ? 'announce' : 'withdraw', Math.abs(to - from));
  const startMs = await speaker.ask({ ask: 'set', count: to, likeness });
  return (await heard()) - startMs;
}

/** The bytes of one announcement of this case, taken by a speaker of its own behind a relay. */
async function record(router: Router, port: number, { count, likeness }: Case): Promise<Recording> {
  const relay = await startRelay(port);
  const speaker: SpeakerChild = startChild('./routes-speaker.js');
  try {
    await connectSpeaker(speaker, router, relay.port, '10.255.0.2');
    await changeTo(router, speaker, 0, count, likeness);
    const down = await expect(router, 'peer-down', 1);
    await speaker.close();
    await down();
    return recordingOf(relay.kept());
  } finally {
    await speaker.close();
    relay.close();
  }
}

async function replay(router: Router, port: number, recording: Recording, count: number): Promise<number> {
  const up = await expect(router, 'peer-up', 1);
  const socket = await openBare(port, recording);
  await limited(up(), 10_000, 'the bare session did not come up');
  const heard = await expect(router, 'announce', count);
  const startMs = machineMs();
  socket.write(recording.updates);
  const tookMs = (await heard()) - startMs;
  const down = await expect(router, 'peer-down', 1);
  socket.destroy();
  await down();
  return tookMs;
}

async function measure(router: Router, port: number, speaker: SpeakerChild, each: Case): Promise<Times> {
  const announced: number[] = [];
  const withdrawn: number[] = [];
  const bare: number[] = [];
  const recording = await record(router, port, each);
  for (let round = 0; round < each.rounds; round++) {
    announced.push(await changeTo(router, speaker, 0, each.count, each.likeness));
    withdrawn.push(await changeTo(router, speaker, each.count, 0, each.likeness));
    bare.push(await replay(router, port, recording, each.count));
  }
  return { announced, withdrawn, bare };
}

function rowOf({ count, likeness, rounds }: Case, { announced, withdrawn, bare }: Times): readonly string[] {
  const first = announced[0] ?? Number.NaN;
  return [
    String(count),
    likeness,
    String(rounds),
    ...[median(announced), quantile(announced, 0.99), first, median(bare)].map(formatMs),
    formatRatio(median(announced), median(bare)),
    formatMs(median(withdrawn)),
  ];
}

/** What the routes cost the speaker's process: before, with them out, and after. */
async function memoryRows(router: Router, port: number): Promise<readonly string[]> {
  const speaker: SpeakerChild = startChild('./routes-speaker.js', ['--expose-gc']);
  try {
    await connectSpeaker(speaker, router, port, '10.255.0.3');
    const empty = await speaker.ask({ ask: 'memory' });
    await changeTo(router, speaker, 0, BAR_ROUTES, 'spelled');
    const full = await speaker.ask({ ask: 'memory' });
    const perRoute = Math.round((full - empty) / BAR_ROUTES);
    return [
      `memory of the speaker's process: ${formatMb(empty)} without routes, ${formatMb(full)} with ${BAR_ROUTES} out (${perRoute} bytes a route)`,
    ];
  } finally {
    await speaker.close();
  }
}

async function run({ short }: BenchOptions): Promise<Report> {
  const router: Router = startChild('./listening-router.js');
  const port = await router.ask({ ask: 'listen', localAs: ROUTER_AS, holdTimeSeconds: HOLD_TIME_SECONDS });
  const rows: (readonly string[])[] = [];
  const bars = [];
  try {
    for (const each of CASES) {
      const rounds = short ? Math.max(2, Math.ceil(each.rounds / 10)) : each.rounds;
      const speaker: SpeakerChild = startChild('./routes-speaker.js');
      await connectSpeaker(speaker, router, port, '10.255.0.1');
      const times = await measure(router, port, speaker, { ...each, rounds });
      const down = await expect(router, 'peer-down', 1);
      await speaker.close();
      await down();
      rows.push(rowOf({ ...each, rounds }, times));
      if (each.count === BAR_ROUTES && each.likeness === 'spelled')
        bars.push(barBelow(`${BAR_ROUTES} routes announced, median`, median(times.announced), BAR_MS, formatMs));
    }
    const notes = [
      'announced and withdrawn: from set() in the speaker until the router in another process had heard the last route; medians',
      'bare socket: the same UPDATEs written by a plain socket to the same router; ratio: announced over that',
      'attributes: spelled by a function for each route, all equal (the agent); one shared object; no two alike (an UPDATE each)',
      ...(await memoryRows(router, port)),
    ];
    return { columns: COLUMNS, rows, bars, notes };
  } finally {
    await router.close();
  }
}

/** Routes on the wire. */
export const routes: Bench = { name: 'routes', title: 'a table of routes from a speaker to a router', run };
