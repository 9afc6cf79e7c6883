// pnpm bench [NAME...] [--short]: runs the named benchmarks, or all, one after the other. The exit status says whether the
// benchmarks ran, not whether their bars were met: 0 unless one of them broke, 2 for a name that there is none of.
import { parseArgs } from 'node:util';
import { reaction } from './reaction.ts';
import { type Bench, type BenchOptions, machineLine, reportText } from './report.ts';
import { routes } from './routes.ts';
import { size } from './size.ts';
import { vipctl } from './vipctl.ts';

const BENCHES: readonly Bench[] = [routes, reaction, size, vipctl];
const USAGE = `pnpm bench [NAME...] [--short]\n${BENCHES.map(({ name, title }) => `  ${name.padEnd(10)}${title}\n`).join('')}`;

async function runOne(bench: Bench, options: BenchOptions): Promise<boolean> {
  const command = `pnpm bench ${bench.name}${options.short ? ' --short' : ''}`;
  const machine = machineLine();
  try {
    console.log(reportText(bench, await bench.run(options), machine, command));
    return true;
  } catch (error) {
    console.error(`${bench.name}: broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return false;
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { short: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const unknown = positionals.filter(name => !BENCHES.some(bench => bench.name === name));
  if (unknown.length > 0) {
    console.error(`no such benchmark: ${unknown.join(', ')}\n${USAGE}`);
    return 2;
  }
  let broken = 0;
  for (const bench of BENCHES) {
    if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
    if (!(await runOne(bench, { short: values.short }))) broken += 1;
  }
  return broken === 0 ? 0 : 1;
}

main().then(
  code => process.exit(code),
  (error: Error) => {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  },
);
