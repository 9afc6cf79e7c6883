import { expect, it } from 'vitest';
import { createScreen } from './screen.ts';

/** A terminal that keeps what is written to it. */
function terminal(isTTY: boolean, colour = false) {
  const written: string[] = [];
  return { written, isTTY, colour, columns: 12, write: (text: string) => void written.push(text) };
}

it('prints plain lines into a pipe, and a table only when a step is over and it changed', () => {
  const pipe = terminal(false, true);
  const screen = createScreen(pipe);
  screen.title('1  Title');
  screen.show(['moving'], false);
  screen.say('  ✓ done');
  screen.show(['table'], true);
  screen.show(['table'], true);
  screen.title('2  Title');
  screen.close();
  expect(pipe.written.join('')).toBe('1  Title\n  ✓ done\n\ntable\n\n2  Title\n');
});

it('keeps the table below what is said on a terminal, takes away exactly what it drew, and cuts what is too wide', () => {
  const tty = terminal(true);
  const screen = createScreen(tty);
  screen.show(['a', 'much too wide for it'], false);
  screen.say('said');
  screen.show(['a', 'much too wide for it'], false);
  screen.close();
  expect(tty.written).toEqual([
    '\x1b[?25l',
    '\na\nmuch too wi\n',
    '\x1b[3A\x1b[Jsaid\n\na\nmuch too wi\n',
    '\x1b[?25h',
  ]);
});

it('colours marks and headings only where colours are wanted', () => {
  const tty = terminal(true, true);
  const screen = createScreen(tty);
  screen.title('1  Title');
  screen.say('  ✓ done');
  expect(tty.written.slice(1)).toEqual(['\n\x1b[1m1  Title\x1b[0m\n', '  \x1b[32m✓\x1b[0m done\n']);
});
