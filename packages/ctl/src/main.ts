#!/usr/bin/env node
// vipctl on a real terminal: the process's streams, clock, resolver and signals, and nothing else.
import { readFile, stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { run } from './cli.ts';
import { EXIT } from './exit.ts';
import type { Io } from './io.ts';
import { VERSION } from './version.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
// A reader that goes away (`vipctl status | head`) is no failure; a full disk is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  process.stderr.write(`vipctl: Cannot write to standard output: ${error.message}\n`);
  process.exit(EXIT.failed);
});
// Nobody to complain to: the exit code still tells.
process.stderr.on('error', () => {});

const io: Io = {
  env: process.env,
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  outIsTerminal: process.stdout.isTTY === true,
  inIsTerminal: process.stdin.isTTY === true,
  ask,
  now: () => Date.now(),
  pause,
  resolve,
  readFile: async path => {
    const [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, mode: mode & 0o777 };
  },
  person: `${process.env.SUDO_USER ?? userName()}@${hostname()}`,
  hostName: hostname(),
  signal: interrupted.signal,
};

/** One line in the terminal's own mode, where Ctrl-C is a signal. The end of input is an empty answer. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, terminal: false });
  process.stderr.write(question);
  try {
    return await new Promise(answer => {
      const none = () => {
        process.stderr.write('\n');
        answer('');
      };
      lines.once('line', line => {
        lines.off('close', none);
        answer(line);
      });
      lines.once('close', none);
      interrupted.signal.addEventListener('abort', () => lines.close());
    });
  } finally {
    lines.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer);
      interrupted.signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    interrupted.signal.addEventListener('abort', end);
    if (interrupted.signal.aborted) end();
  });
}

async function resolve(name: string): Promise<readonly string[]> {
  const { lookup } = await import('node:dns/promises');
  const found = await lookup(name, { all: true, order: 'verbatim' }).catch(() => []);
  return found.map(({ address }) => address);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

process.exitCode = await run(process.argv.slice(2), io, VERSION);
