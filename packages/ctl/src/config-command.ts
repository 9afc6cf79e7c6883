// `vipctl config validate|show|schema`: an agent's file, looked at by the very code the agent uses. Needs no ZooKeeper.
import type { Config, ConfigProblem, SecretSource } from '@vipkeeper/core';
import { jsonSchema, parseConfig, problemText, redact } from '@vipkeeper/core';
import { secretOf } from './connection.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { type Format, show } from './output.ts';
import { counted } from './text.ts';

/** `config validate FILE`: all problems, or `FILE is valid`. */
export async function configValidate(io: Io, format: Format, file: string): Promise<ExitCode> {
  const parsed = parseConfig(await textOf(io, file), file, { hostName: io.hostName });
  const problems = parsed.kind === 'ok' ? [] : parsed.problems;
  const secrets = parsed.kind === 'ok' ? await secretProblems(io, parsed.config) : [];
  const valid = parsed.kind === 'ok' && secrets.length === 0;
  for (const line of [...problems.map(problemText), ...secrets]) io.err(`${line}\n`);
  for (const warning of parsed.warnings) io.err(`warning: ${problemText(warning)}\n`);
  const value = { file, valid, problems, secrets, warnings: parsed.warnings };
  await show(io, format, 'ConfigCheck', value, () => summary(file, [...problems, ...secrets], parsed.warnings));
  return valid ? EXIT.done : EXIT.usage;
}

function summary(file: string, problems: readonly unknown[], warnings: readonly ConfigProblem[]): string {
  const more = warnings.length === 0 ? '' : `, ${counted(warnings.length, 'warning')}`;
  return problems.length === 0
    ? `${file} is valid${more}.\n`
    : `${file} has ${counted(problems.length, 'problem')}${more}.\n`;
}

/** The secret must be there, and for nobody else to read: the agent would not start. */
async function secretProblems(io: Io, config: Config): Promise<readonly string[]> {
  const sources: readonly (readonly [string, SecretSource | null | undefined])[] = [
    ['zookeeper.auth.digest', config.zookeeper.auth?.digest],
    ...config.bgp.peers.map(({ password }, index) => [`bgp.peers[${index}].password`, password] as const),
  ];
  const problems: string[] = [];
  for (const [key, source] of sources) {
    if (source == null || source.kind === 'env') continue;
    await secretOf(key, source, io).catch(error =>
      problems.push(error instanceof Error ? error.message : String(error)),
    );
  }
  return problems;
}

/** `config show FILE`: every default filled in, secrets hidden. */
export async function configShow(io: Io, format: Format, file: string): Promise<ExitCode> {
  const parsed = parseConfig(await textOf(io, file), file, { hostName: io.hostName });
  if (parsed.kind === 'problems') throw new CtlError(EXIT.usage, parsed.problems.map(problemText).join('\n'));
  await show(io, format === 'json' ? 'json' : 'yaml', 'Config', { config: redact(parsed.config) }, () => '');
  return EXIT.done;
}

/** `config schema`: the JSON Schema for editors, bare. */
export function configSchemaText(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

async function textOf(io: Io, file: string): Promise<string> {
  try {
    return (await io.readFile(file)).text;
  } catch (error) {
    throw new CtlError(EXIT.usage, `Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
