// Where the story is told. On a terminal the sentences scroll and the table stays below them, redrawn in place when it
// changes; into a pipe everything is a plain line, and the table is printed when a step is over.

/** A place for sentences and one table. */
export interface Screen {
  /** The heading of what comes next. */
  title(line: string): void;
  say(line: string): void;
  /** The table as it is now. `settled`: a step is over, so this one is worth keeping. */
  show(table: readonly string[], settled: boolean): void;
  close(): void;
}

/** How much of the terminal's abilities may be used. */
export interface Terminal {
  readonly isTTY: boolean;
  readonly colour: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** The screen that fits the terminal. */
export function createScreen(terminal: Terminal): Screen {
  return terminal.isTTY ? new LiveScreen(terminal) : new PlainScreen(terminal);
}

class PlainScreen implements Screen {
  readonly #terminal: Terminal;
  #table = '';
  #isParted = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  title(line: string): void {
    this.say(this.#isParted ? line : `\n${line}`);
  }

  say(line: string): void {
    this.#terminal.write(`${line}\n`);
    this.#isParted = line === '';
  }

  show(table: readonly string[], settled: boolean): void {
    const text = table.join('\n');
    if (!settled || text === this.#table) return;
    this.#table = text;
    this.#terminal.write(`\n${text}\n\n`);
    this.#isParted = true;
  }

  close(): void {}
}

class LiveScreen implements Screen {
  readonly #terminal: Terminal;
  #table: readonly string[] = [];
  #drawn = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write('\x1b[?25l');
  }

  title(line: string): void {
    this.#draw(['', this.#terminal.colour ? `\x1b[1m${line}\x1b[0m` : line], this.#table);
  }

  say(line: string): void {
    this.#draw([this.#paint(line)], this.#table);
  }

  show(table: readonly string[]): void {
    if (table.join('\n') !== this.#table.join('\n')) this.#draw([], table);
  }

  close(): void {
    this.#terminal.write('\x1b[?25h');
  }

  /** One write: take the old table away, let the sentences scroll, put the new table under them. */
  #draw(sentences: readonly string[], table: readonly string[]): void {
    const erase = this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A\x1b[J`;
    const below = table.length === 0 ? [] : ['', ...table.map(line => line.slice(0, this.#terminal.columns - 1))];
    this.#terminal.write(erase + [...sentences, ...below].map(line => `${line}\n`).join(''));
    this.#table = table;
    this.#drawn = below.length;
  }

  #paint(line: string): string {
    if (!this.#terminal.colour) return line;
    return line.replace('✓', '\x1b[32m✓\x1b[0m').replace('✗', '\x1b[31m✗\x1b[0m');
  }
}
