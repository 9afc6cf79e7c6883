// The door for configuration: text in, the configuration or ALL problems out. Four readers look at the same file, each for
// what it knows: the YAML grammar, keys that are not built yet, the schema for single values, the rules for several.
// What one cannot read the others skip, so that nobody has to fix a file one error at a time.
import type { Config } from './config.ts';
import { buildConfig } from './config-build.ts';
import { valueAt } from './config-raw.ts';
import { findingsOf } from './config-rules.ts';
import { configSchema, jsonSchema } from './config-schema.ts';
import type { ConfigPath, ConfigProblem, ConfigSource } from './config-source.ts';
import { readSource } from './config-source.ts';
import { takeOutUnsupported } from './config-unsupported.ts';
import { didYouMean } from './did-you-mean.ts';
import { isName } from './znodes.ts';

/** What became of a file. Warnings stop nobody. */
export type ParsedConfig =
  | { readonly kind: 'ok'; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | {
      readonly kind: 'problems';
      readonly problems: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
    };

/** What the parser may know beside the file. */
export interface ParseOptions {
  /** The agent's name when the file gives none. */
  readonly hostName?: string;
}

/** Parses and checks a configuration file. Never throws on any text. `fileName` is for the problems only. */
export function parseConfig(text: string, fileName: string, options: ParseOptions = {}): ParsedConfig {
  const read = readSource(text, fileName);
  if (read.kind === 'problems') return { ...read, warnings: [] };
  const { source } = read;
  const unsupported = takeOutUnsupported(source.raw);
  const findings = [...findingsOf(source.raw), ...nameFindings(source.raw, options)];
  const parsed = configSchema.safeParse(unsupported.rest);
  const placed = (kind: 'problem' | 'warning') =>
    findings.filter(found => found.kind === kind).map(({ path, message }) => source.problem(path, message));
  const problems = [
    ...unsupported.found.map(({ path, message }) => source.problem(path, message, true)),
    ...(parsed.success
      ? []
      : parsed.error.issues.flatMap(issue => issueProblems(issue as Issue, [], unsupported.rest, source))),
    ...placed('problem'),
  ];
  const warnings = inOrder(placed('warning'));
  if (problems.length > 0 || !parsed.success) return { kind: 'problems', problems: inOrder(problems), warnings };
  return { kind: 'ok', config: buildConfig(parsed.data, options.hostName ?? ''), warnings };
}

function nameFindings(raw: unknown, options: ParseOptions) {
  if (typeof raw !== 'object' || valueAt(raw, ['agent']) !== undefined) return [];
  const host = options.hostName;
  const found = (kind: 'problem' | 'warning', message: string) => [{ kind, path: ['agent'], message }] as const;
  if (host === undefined || !isName(host)) return found('problem', 'is missing: name this agent');
  if (!/^localhost(\.|$)/.test(host)) return [];
  return found('warning', `is missing and the host is called ${host}: name this agent, no two may have the same name`);
}

/** What of a zod issue is used. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
}

function issueProblems(issue: Issue, above: ConfigPath, raw: unknown, source: ConfigSource): readonly ConfigProblem[] {
  const path = [...above, ...issue.path.map(step => (typeof step === 'number' ? step : String(step)))];
  switch (issue.code) {
    case 'unrecognized_keys':
      return (issue.keys ?? []).map(key => source.problem([...path, key], unknownKey(key, path), true));
    case 'invalid_union': {
      const branch = deepest(issue.errors ?? []);
      if (branch !== null) return branch.flatMap(inner => issueProblems(inner, path, raw, source));
      if (isSaidByRules(path, raw)) return [];
      return [source.problem(path, foundAndWanted(valueAt(raw, path), issue.message))];
    }
    case 'custom':
      return [source.problem(path, issue.message)];
    default:
      return [source.problem(path, isSecret(path) ? INLINE_SECRET : foundAndWanted(valueAt(raw, path), issue.message))];
  }
}

/** Missing `checks` have a rule of their own, with better words. */
function isSaidByRules(path: ConfigPath, raw: unknown): boolean {
  return path.length === 3 && path[0] === 'services' && path[2] === 'checks' && valueAt(raw, path) === undefined;
}

const INLINE_SECRET =
  'is not where a secret is kept: secrets never stand in this file, expected {file: PATH} or {env: NAME}';

/** What stands here may be a secret, and must not be repeated in a message. */
function isSecret(path: ConfigPath): boolean {
  return path.at(-1) === 'digest';
}

/** The branch of a union that got furthest into the value; null when none got anywhere. */
function deepest(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const inner = branches.filter(issues => issues.every(issue => issue.path.length > 0 || isInside(issue)));
  return inner.find(issues => issues.length > 0) ?? null;
}

function isInside(issue: Issue): boolean {
  return issue.code === 'unrecognized_keys' || issue.code === 'custom';
}

function foundAndWanted(value: unknown, wanted: string): string {
  if (value === undefined) return `is missing: expected ${wanted}`;
  if (value === null) return `is empty, expected ${wanted}`;
  if (Array.isArray(value)) return `is ${value.length === 0 ? 'an empty list' : 'a list'}, expected ${wanted}`;
  if (typeof value === 'object') return `is a map of keys, expected ${wanted}`;
  const spelled = JSON.stringify(value) ?? String(value);
  return `is ${spelled.length > 60 ? `${spelled.slice(0, 60)}…` : spelled}, expected ${wanted}`;
}

function unknownKey(key: string, path: ConfigPath): string {
  const known = keysAt(path);
  const guess = didYouMean(key, known);
  if (guess !== null) return `is an unknown key: did you mean "${guess}"?`;
  return known.length === 0 ? 'is an unknown key' : `is an unknown key, expected one of ${known.join(', ')}`;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

function keysAt(path: ConfigPath): readonly string[] {
  let nodes: readonly SchemaNode[] = [jsonSchema() as SchemaNode];
  for (const step of path) {
    nodes = nodes.flatMap(node => {
      const child = typeof step === 'number' ? node.items : node.properties?.[step];
      return child === undefined ? [] : [child, ...(child.anyOf ?? [])];
    });
  }
  return nodes.flatMap(node => Object.keys(node.properties ?? {}));
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const once = new Map(problems.map(problem => [`${problem.path}\n${problem.message}`, problem]));
  return [...once.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
