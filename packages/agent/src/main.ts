#!/usr/bin/env node
// The command: `vipkeeperd --config FILE`, `vipkeeperd check FILE`. What it prints for people goes to standard error,
// the log to standard output. Exit status: 0 done, 1 failed, 2 wrong usage or configuration.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { killCommands } from './checks/command.ts';
import { loadConfiguration } from './configuration.ts';
import { Daemon } from './daemon.ts';
import { createLog, type Log } from './log.ts';
import { outputTo } from './output.ts';
import { VERSION } from './version.ts';

const FAILED = 1;
const BAD_USAGE = 2;
/** How long the log may take to get out before the process ends. */
const LAST_WORDS_MS = 100;

const USAGE = `Usage: vipkeeperd --config FILE    run the agent
       vipkeeperd check FILE       say everything that is wrong with a configuration file
       vipkeeperd --version

Signals: SIGHUP reads the file again; SIGTERM drains and stops, a second one stops at once.
`;

function main(): void {
  const command = readCommand(process.argv.slice(2));
  switch (command.kind) {
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return;
    case 'help':
      process.stdout.write(USAGE);
      return;
    case 'wrong':
      complain(`vipkeeperd: ${command.why}\n${USAGE}`);
      process.exitCode = BAD_USAGE;
      return;
    case 'check':
      check(command.file);
      return;
    case 'run':
      run(command.file);
  }
}

type Command =
  | { readonly kind: 'run' | 'check'; readonly file: string }
  | { readonly kind: 'version' | 'help' }
  | { readonly kind: 'wrong'; readonly why: string };

function readCommand(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c' },
        version: { type: 'boolean', short: 'V' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.version) return { kind: 'version' };
    const [word, file, ...rest] = positionals;
    if (word === 'check' && file !== undefined && rest.length === 0 && values.config === undefined)
      return { kind: 'check', file };
    if (word === undefined && values.config !== undefined) return { kind: 'run', file: values.config };
    return { kind: 'wrong', why: 'expected --config FILE or check FILE' };
  } catch (error) {
    return { kind: 'wrong', why: (error as Error).message };
  }
}

function check(file: string): void {
  const loaded = loadConfiguration(file);
  for (const warning of loaded.warnings) complain(`warning: ${warning}\n`);
  if (loaded.kind === 'ok') {
    process.stdout.write(`${file}: good\n`);
    return;
  }
  for (const problem of loaded.problems) complain(`${problem}\n`);
  process.exitCode = BAD_USAGE;
}

function run(file: string): void {
  const loaded = loadConfiguration(file);
  if (loaded.kind === 'problems') {
    check(file);
    return;
  }
  const { config } = loaded;
  const log = createLog({ level: config.log.level, destination: outputTo(1), clock: () => performance.now() });
  dieOnBugs(log);
  for (const warning of loaded.warnings) log.warn({ warning }, 'configuration warning');
  log.info({ agent: config.agent, version: VERSION, pid: process.pid, file }, 'starting');
  const daemon = begin(() => new Daemon({ file, loaded, log }), log);
  if (daemon === null) return;
  process.on('SIGTERM', () => daemon.shutdown());
  process.on('SIGINT', () => daemon.shutdown());
  process.on('SIGHUP', () => daemon.reload());
  daemon.start().then(
    () => log.info({ admin: daemon.admin }, 'started'),
    (error: unknown) => leave(log, error, 'cannot start'),
  );
  void daemon.stopped.then(() => end(0));
}

function begin(make: () => Daemon, log: Log): Daemon | null {
  try {
    return make();
  } catch (error) {
    leave(log, error, 'cannot start');
    return null;
  }
}

// A bug: what the process believes is no longer to be trusted. It ends, and its routes end with its BGP sessions.
function dieOnBugs(log: Log): void {
  const die = (error: unknown): void => leave(log, error, 'bug, stopping');
  process.once('uncaughtException', die);
  process.once('unhandledRejection', die);
}

function leave(log: Log, error: unknown, message: string): void {
  end(FAILED);
  killCommands();
  log.fatal({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, message);
  complain(`vipkeeperd: ${message}: ${error instanceof Error ? error.message : String(error)}\n`);
}

// If nobody reads it any more, that is no reason to fall over.
function complain(text: string): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  try {
    process.stderr.write(text);
  } catch {
    // A full disk under a file.
  }
}

function end(status: number): void {
  setTimeout(() => process.exit(status), LAST_WORDS_MS);
}

main();
