// pnpm sim: one seed told line by line, or many seeds judged. See USAGE.
import { parseArgs } from 'node:util';
import { findPlant, runRange, type SeedReport, withBundle } from './crew.ts';
import { PLANTS, type Plant } from './plants.ts';
import { runSeed } from './run.ts';
import { LEGEND } from './trace.ts';

const USAGE = `Usage:
  sim --seed N                 tell one seed, one line per event
  sim [--seeds COUNT] [--from N]   run many (200 from 1), say what they broke and how fast it went
  sim --plant NAME [--seeds COUNT] look for a planted bug; NAME may be 'all'
Plants: ${PLANTS.map(plant => plant.name).join(', ')}`;

function tellSeed(seed: number): number {
  const outcome = runSeed(seed, true);
  const legend = Object.entries(LEGEND).map(([letter, meaning]) => `  ${letter}  ${meaning}`);
  const broken = outcome.violations.map(one => `${one.promise} at ${(one.atMs / 1000).toFixed(3)} s: ${one.what}`);
  const verdict = broken.length === 0 ? ['every promise was kept'] : broken;
  console.log([outcome.description, ...legend, ...outcome.lines, ...verdict, `trace ${outcome.hash}`].join('\n'));
  return broken.length === 0 ? 0 : 1;
}

function sayViolation({ seed, violation }: SeedReport): void {
  if (violation === null) return;
  console.log(`seed ${seed}: ${violation.promise} at ${(violation.atMs / 1000).toFixed(3)} s: ${violation.what}`);
}

async function runMany(from: number, count: number): Promise<number> {
  const startedMs = performance.now();
  const reports = await withBundle(null, bundle => runRange(bundle, from, count, sayViolation));
  const seconds = (performance.now() - startedMs) / 1000;
  const broken = reports.filter(report => report.violation !== null).length;
  const simulatedHours = reports.reduce((sum, report) => sum + report.simulatedMs, 0) / 3_600_000;
  console.log(
    `${reports.length} seeds, ${broken} with a broken promise; ${simulatedHours.toFixed(1)} hours in ${seconds.toFixed(1)} s, ${(reports.length / seconds).toFixed(1)} seeds/s`,
  );
  return broken === 0 ? 0 : 1;
}

async function lookFor(plants: readonly Plant[], count: number): Promise<number> {
  let missed = 0;
  for (const plant of plants) {
    const found = await findPlant(plant, count);
    missed += found === null ? 1 : 0;
    const { violation } = found ?? { violation: null };
    console.log(
      found === null
        ? `${plant.name}: NOT found in ${count} seeds`
        : `${plant.name}: seed ${found.seed}, ${violation!.promise}: ${violation!.what}`,
    );
  }
  return missed === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      plant: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.seed !== undefined) return tellSeed(Number(values.seed));
  if (values.plant === undefined) return runMany(Number(values.from), Number(values.seeds));
  const plants = PLANTS.filter(plant => values.plant === 'all' || plant.name === values.plant);
  if (plants.length > 0) return lookFor(plants, Number(values.seeds));
  console.error(`Unknown plant ${values.plant}\n${USAGE}`);
  return 2;
}

process.exitCode = await main();
