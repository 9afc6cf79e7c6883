// Plain text for people: tables, durations, colours. Colour is a decoration of whole cells, added after the layout.

/** What a cell means, for a terminal that shows colours. */
export type Tone = 'plain' | 'good' | 'odd' | 'bad' | 'dim';

/** A table's cell. */
export interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** A cell. An empty text shows as `-`. */
export function cell(text: string, tone: Tone = 'plain'): Cell {
  return { text: text === '' ? '-' : text, tone };
}

const CODES: Readonly<Record<Tone, string>> = { plain: '', good: '32', odd: '33', bad: '31', dim: '2' };

/** Paints a text, or leaves it alone. */
export function paint(text: string, tone: Tone, colour: boolean): string {
  return colour && tone !== 'plain' ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text;
}

/** Lays rows out under their headings: two blanks between columns, none at the ends of lines. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], colour: boolean): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(row => row[column]?.text.length ?? 0)),
  );
  const line = (cells: readonly Cell[]) =>
    cells
      .map(({ text, tone }, column) => {
        const last = column === cells.length - 1;
        return paint(text, tone, colour) + (last ? '' : ' '.repeat((widths[column] ?? 0) - text.length + 2));
      })
      .join('');
  return [headings.map(heading => cell(heading)), ...rows].map(cells => `${line(cells)}\n`).join('');
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A length of time in its two greatest units: `2h13m`, `41s`. Below a second: `0s`. */
export function durationText(ms: number): string {
  const at = UNITS.findIndex(([, size]) => ms >= size);
  if (at < 0) return '0s';
  const [unit, size] = UNITS[at]!;
  const next = UNITS[at + 1];
  const rest = next === undefined ? 0 : Math.floor((ms % size) / next[1]);
  return `${Math.floor(ms / size)}${unit}${rest > 0 ? `${rest}${next?.[0]}` : ''}`;
}

/** Reads `90s`, `2h`, `1h30m`, `1.5h`, `30` (seconds); milliseconds, or null. */
export function parseDuration(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * sizeOf(unit ?? ''), 0);
}

function sizeOf(unit: string): number {
  return unit === 'ms' ? 1 : (UNITS.find(([name]) => name === unit)?.[1] ?? 0);
}

/** How long ago an RFC 3339 instant was; `-` when it is none. */
export function agoText(instant: string, nowMs: number): string {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? '-' : durationText(Math.max(0, nowMs - ms));
}

/** `1 agent`, `2 agents`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and c`; `nobody` for none. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'nobody';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
