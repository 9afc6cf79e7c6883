// The command line: commands, options, help. Each command's code is loaded when it is called, so that `status` starts quickly.
// Whatever happens comes out as an exit code and, when it is a failure, a sentence on stderr and perhaps a hint.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { ConnectionFlags } from './connection.ts';
import type { Context, Waiting } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { parseFormat } from './output.ts';
import { durationText, parseDuration } from './text.ts';

interface GlobalFlags {
  readonly servers?: string;
  readonly root?: string;
  readonly config?: string;
  readonly authFile?: string;
  readonly connectTimeout: number;
  readonly output: string;
  readonly yes?: boolean;
}

/** Commands of the outside that are not built yet. They are refused by name. */
const NOT_YET = ['plan', 'move', 'failback', 'history', 'doctor', 'completion'] as const;

/** Runs vipctl with these arguments (without node and script); never throws, never exits. */
export async function run(args: readonly string[], io: Io, version: string): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const program = programOf(io, version, code => {
    exit = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exit;
  } catch (error) {
    return failed(error, io);
  }
}

function failed(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (!(error instanceof CtlError)) {
    if (io.signal.aborted) return EXIT.interrupted;
    io.err(`vipctl: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.failed;
  }
  io.err(`vipctl: ${error.message}\n`);
  if (error.hint !== null) io.err(`        ${error.hint}\n`);
  return error.exit;
}

function programOf(io: Io, version: string, end: (code: ExitCode) => void): Command {
  const program = new Command('vipctl')
    .description('See and steer virtual IPs kept by vipkeeperd.')
    .version(version)
    .option('-s, --servers <list>', 'ZooKeeper servers, HOST:PORT,… ($VIPCTL_SERVERS)')
    .option('--root <path>', 'root of the tree ($VIPCTL_ROOT; default /vipkeeper)')
    .option('-c, --config <file>', "take servers, root and credentials from an agent's file ($VIPCTL_CONFIG)")
    .option('--auth-file <file>', 'file with USER:PASSWORD for ZooKeeper ($VIPCTL_AUTH holds them itself)')
    .addOption(timeOption('--connect-timeout', 'longest wait for ZooKeeper', 5000))
    .option('-o, --output <format>', 'table, wide, json or yaml', 'table')
    .option('-y, --yes', 'ask nothing')
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(text.replace(/^error: /, 'vipctl: ')),
    })
    .exitOverride()
    .addHelpText('after', EXIT_HELP);
  const connected = (use: (context: Context) => Promise<ExitCode>) => async () =>
    end(await inSession(program, io, use));
  addReads(program, connected);
  addMaintenance(program, connected);
  addDrains(program, connected);
  addTree(program, connected, io);
  addConfig(program, io, end);
  for (const name of NOT_YET) program.addCommand(refusal(name), { hidden: true });
  return program;
}

const EXIT_HELP = `
Exit: 0 done, 1 failed, 2 usage, 3 not found, 4 refused (--force), 5 ZooKeeper unreachable, 6 not confirmed in time,
      7 changed by somebody else, 9 not permitted, 10 degraded (status --exit-code)`;

type Connected = (use: (context: Context) => Promise<ExitCode>) => () => Promise<void>;

async function inSession(program: Command, io: Io, use: (context: Context) => Promise<ExitCode>): Promise<ExitCode> {
  const flags = program.opts<GlobalFlags>();
  const format = parseFormat(flags.output);
  const { accessOf, targetOf, withSession } = await import('./connection.ts');
  const wanted: ConnectionFlags = { ...flags, connectTimeoutMs: flags.connectTimeout };
  const target = await targetOf(wanted, io);
  return withSession(target, { limitMs: flags.connectTimeout, signal: io.signal }, session =>
    use({ io, session, root: target.root, format, yes: flags.yes === true, access: accessOf(target) }),
  );
}

function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError('Expected a time such as 30s, 10m or 2h.');
  return ms;
}

/** An option that takes a time, its default shown as it would be typed. */
function timeOption(name: string, description: string, defaultMs: number): Option {
  return new Option(`${name} <time>`, description).argParser(milliseconds).default(defaultMs, durationText(defaultMs));
}

interface WaitFlags {
  readonly wait: boolean;
  readonly timeout: number;
}

/** Options of every change that agents act on. */
function waiting(command: Command, limitMs: number): Command {
  return command
    .option('--wait', 'wait until the agents have acted', true)
    .option('--no-wait', 'do not wait until the agents have acted')
    .addOption(timeOption('--timeout', 'longest wait for the agents', limitMs));
}

const waitingOf = ({ wait, timeout }: WaitFlags): Waiting => ({ wait, timeoutMs: timeout });

function addReads(program: Command, connected: Connected): void {
  program
    .command('status')
    .description('who announces what: one row per VIP, and what is wrong')
    .argument('[service]')
    .option('-w, --watch', 'again and again, until interrupted')
    .option('--exit-code', 'exit 10 when something is degraded')
    .action(async (service: string | undefined, { watch, exitCode }: { watch?: boolean; exitCode?: boolean }) =>
      connected(async context => {
        const { status } = await import('./status.ts');
        return status(context, { service, watch: watch === true, exitCode: exitCode === true });
      })(),
    );
  program
    .command('explain')
    .description('why a VIP is (not) announced, by whom, who is next')
    .argument('<vip>', 'a VIP, or a DNS name')
    .action(async (vip: string) => connected(async context => (await import('./explain.ts')).explain(context, vip))());
  program
    .command('wait')
    .description('wait until a VIP is announced, withdrawn, or announced by its owner')
    .argument('<vip>', 'a VIP, or a DNS name')
    .requiredOption('--for <condition>', 'announced, withdrawn or owner=AGENT')
    .addOption(timeOption('--timeout', 'longest wait', 30_000))
    .action(async (vip: string, flags: { for: string; timeout: number }) => {
      const { parseCondition, waitFor } = await import('./wait.ts');
      const condition = parseCondition(flags.for);
      await connected(context => waitFor(context, vip, condition, flags.timeout))();
    });
}

function addMaintenance(program: Command, connected: Connected): void {
  const group = program.command('maintenance').description('nobody announces any VIP of a service, until it is off');
  const load = () => import('./maintenance.ts');
  waiting(group.command('on'), 30_000)
    .description('take all VIPs of a service off the network')
    .argument('<service>')
    .option('--reason <text>', 'why, for everybody to read')
    .option('--for <time>', 'ends by itself after 30m, 2h, …')
    .action(async (service: string, flags: WaitFlags & { reason?: string; for?: string }) => {
      const forMs = flags.for === undefined ? null : milliseconds(flags.for);
      const options = { reason: flags.reason ?? null, forSeconds: forMs === null ? null : Math.ceil(forMs / 1000) };
      await connected(async context =>
        (await load()).maintenanceOn(context, service, { ...options, ...waitingOf(flags) }),
      )();
    });
  waiting(group.command('off'), 30_000)
    .description('announce them again')
    .argument('<service>')
    .action(async (service: string, flags: WaitFlags) =>
      connected(async context => (await load()).maintenanceOff(context, service, waitingOf(flags)))(),
    );
  group
    .command('show')
    .description('the flag, and which agents have acted on it')
    .argument('<service>')
    .action(async (service: string) => connected(async context => (await load()).maintenanceShow(context, service))());
}

interface DrainFlags extends WaitFlags {
  readonly vip?: string;
  readonly site?: string;
  readonly everywhere?: boolean;
  readonly reason?: string;
  readonly force?: boolean;
}

function addDrains(program: Command, connected: Connected): void {
  const options = (command: Command) =>
    waiting(command, 90_000)
      .argument('[agent]')
      .option('--vip <vip>', 'only this VIP (or the VIPs behind a DNS name)')
      .addOption(new Option('--site <site>').hideHelp())
      .option('--everywhere', 'with --vip: by all agents, not only the one that announces it');
  const targetOf = (agent: string | undefined, flags: DrainFlags) => {
    if (flags.site !== undefined) throw new CtlError(EXIT.usage, '--site is not supported yet');
    return { agent, vip: flags.vip, everywhere: flags.everywhere === true };
  };
  options(program.command('drain'))
    .description('hand the VIPs of an agent over to others, then withdraw')
    .option('--reason <text>', 'why, for everybody to read')
    .option('--force', 'even if nobody else could announce them')
    .action(async (agent: string | undefined, flags: DrainFlags) => {
      const target = targetOf(agent, flags);
      const wanted = { reason: flags.reason ?? null, force: flags.force === true, ...waitingOf(flags) };
      await connected(async context => (await import('./drain.ts')).drain(context, target, wanted))();
    });
  options(program.command('undrain'))
    .description('end a drain')
    .action(async (agent: string | undefined, flags: DrainFlags) => {
      const target = targetOf(agent, flags);
      await connected(async context => (await import('./drain.ts')).undrain(context, target, waitingOf(flags)))();
    });
}

function addTree(program: Command, connected: Connected, io: Io): void {
  program
    .command('init')
    .description('make the root and its folders; with --users, only for them')
    .argument('[services...]')
    .option('--users <file>', 'file with a USER:PASSWORD per line, who may do everything')
    .option('--world-reads', 'with --users: everybody else may read')
    .action(async (services: string[], flags: { users?: string; worldReads?: boolean }) =>
      connected(async context => {
        const { init, readUsers } = await import('./init.ts');
        const users = flags.users === undefined ? [] : await readUsers(io, flags.users);
        return init(context, { services, users, worldReads: flags.worldReads === true });
      })(),
    );
  const vip = program.command('vip').description('the registry of VIPs');
  vip
    .command('list')
    .description('every VIP, its service and owner')
    .action(connected(async context => (await import('./vip.ts')).vipList(context)));
  vip
    .command('forget')
    .description('end the cover of a VIP that is in nobody’s configuration any more')
    .argument('<vip>')
    .option('--force', 'even if its owner is alive')
    .action(async (text: string, { force }: { force?: boolean }) =>
      connected(async context => (await import('./vip.ts')).vipForget(context, text, force === true))(),
    );
  vip.addCommand(refusal('adopt'), { hidden: true });
}

function addConfig(program: Command, io: Io, end: (code: ExitCode) => void): void {
  const group = program.command('config').description("look at an agent's configuration file");
  const load = () => import('./config-command.ts');
  const format = () => parseFormat(program.opts<GlobalFlags>().output);
  group
    .command('validate')
    .description('all problems of a file, with path and line')
    .argument('<file>')
    .action(async (file: string) => end(await (await load()).configValidate(io, format(), file)));
  group
    .command('show')
    .description('the file with every default filled in, secrets hidden')
    .argument('<file>')
    .action(async (file: string) => end(await (await load()).configShow(io, format(), file)));
  group
    .command('schema')
    .description('the JSON Schema, for editors')
    .action(async () => io.out((await load()).configSchemaText()));
}

function refusal(name: string): Command {
  return new Command(name)
    .argument('[args...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(() => {
      throw new CtlError(EXIT.usage, `${name} is not supported yet`);
    });
}
