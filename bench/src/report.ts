// What a benchmark hands back, and the one way it is printed: the command, the machine, an aligned table, then each bar
// with the figure that was measured. A missed bar is printed like a met one, only with MISSED before it.
import { cpus, loadavg, release, type as systemName, totalmem } from 'node:os';

/** A promise that is kept or not. */
export interface Bar {
  readonly what: string;
  /** What was promised, as text: `< 2000 ms`. */
  readonly wanted: string;
  readonly got: string;
  readonly met: boolean;
}

/** The outcome of one benchmark. */
export interface Report {
  readonly columns: readonly string[];
  /** As many cells as there are columns. */
  readonly rows: readonly (readonly string[])[];
  readonly bars: readonly Bar[];
  /** Sentences that a reader needs to read the table. */
  readonly notes: readonly string[];
}

/** One benchmark. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  /** Rejects when the benchmark itself broke. */
  run(options: BenchOptions): Promise<Report | LeftOut>;
}

/** How long to measure. */
export interface BenchOptions {
  /** A tenth of the rounds: for looking whether a benchmark still runs, not for figures. */
  readonly short: boolean;
}

/** Said by a benchmark that cannot run on this machine. */
export interface LeftOut {
  readonly leftOut: string;
}

/** A bar on a number. */
export function barBelow(what: string, value: number, limit: number, format: (value: number) => string): Bar {
  return { what, wanted: `< ${format(limit)}`, got: format(value), met: value < limit };
}

/** The machine in one line. The load says whether it was busy with something else. */
export function machineLine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const load = loadavg()[0]?.toFixed(1);
  return `${processors.length} cores (${model}), ${memory}, ${systemName()} ${release()}, Node ${process.versions.node}, load ${load}`;
}

const NUMBER = /^(-?\d|NaN)/;

/** Columns padded to their widest cell: numbers to the right, words to the left. */
export function alignTable(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = columns.map((_, index) => rows.map(row => row[index] ?? ''));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...(cells[index] ?? []).map(cell => cell.length)),
  );
  const numeric = cells.map(column => column.every(cell => NUMBER.test(cell)));
  const pad = (cell: string, index: number): string =>
    numeric[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
  return [columns, ...rows].map(line => line.map(pad).join('  ').trimEnd());
}

function barLine({ what, wanted, got, met }: Bar): string {
  return `${met ? 'met   ' : 'MISSED'}  ${what}: ${got}, bar ${wanted}`;
}

/** The printed form. */
export function reportText(bench: Bench, report: Report | LeftOut, machine: string, command: string): string {
  const head = [`${bench.name}: ${bench.title}`, `  command  ${command}`, `  machine  ${machine}`, ''];
  if ('leftOut' in report) return [...head, `  left out: ${report.leftOut}`, ''].join('\n');
  const body = [
    ...alignTable(report.columns, report.rows),
    '',
    ...report.bars.map(barLine),
    ...report.notes.map(note => `note: ${note}`),
  ];
  return [...head, ...body.map(line => (line === '' ? '' : `  ${line}`)), ''].join('\n');
}
