// The file as text: YAML read into plain values, and the way back from a path in them to a line and column, so that every
// problem can say where it is.
import type { Document, Node } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** Steps from the top of the file to a value. */
export type ConfigPath = readonly (string | number)[];

/** Something wrong (or doubtful) with the file. `message` continues the path; lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string;
  /** `services[0].vips[1]`; empty for the file as a whole. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Most characters of a configuration file. */
export const MAX_CONFIG_CHARACTERS = 1_000_000;

/** One slip in YAML makes the reader stumble over all that follows: the first few complaints are the useful ones. */
const MAX_GRAMMAR_PROBLEMS = 3;
/** The reader quotes what it stumbled over, be it a whole binary file. */
const MAX_GRAMMAR_CHARACTERS = 200;

/** A file that was read. */
export interface ConfigSource {
  readonly raw: unknown;
  /** A problem at this path: at its key when the value is missing or `atKey`, else at the value. */
  readonly problem: (path: ConfigPath, message: string, atKey?: boolean) => ConfigProblem;
}

/** Reads YAML; problems are those of its grammar. */
export function readSource(
  text: string,
  file: string,
):
  | { readonly kind: 'ok'; readonly source: ConfigSource }
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] } {
  const whole = (message: string) => ({
    kind: 'problems' as const,
    problems: [{ file, path: '', line: 1, column: 1, message }],
  });
  if (text.length > MAX_CONFIG_CHARACTERS)
    return whole(`the file has ${text.length} characters, at most ${MAX_CONFIG_CHARACTERS} are read`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, MAX_GRAMMAR_PROBLEMS).map(error => ({
      file,
      path: '',
      ...at(error.pos[0]),
      message: `YAML: ${shortened(error.message)}`,
    }));
    return { kind: 'problems', problems };
  }
  if (document.contents === null) return whole('the file is empty');
  try {
    const raw: unknown = document.toJS({ maxAliasCount: 100 });
    const problem = (path: ConfigPath, message: string, atKey = false) => ({
      file,
      path: pathText(path),
      ...at(offsetOf(document, path, atKey)),
      message,
    });
    return { kind: 'ok', source: { raw, problem } };
  } catch (error) {
    return whole(`YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function shortened(message: string): string {
  if (message.length <= MAX_GRAMMAR_CHARACTERS) return message;
  return `${message.slice(0, MAX_GRAMMAR_CHARACTERS)}…`;
}

/** `services[0].vips[1]`. */
export function pathText(path: ConfigPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** `agent.yaml:12:5: services[0].vips[1] MESSAGE`. */
export function problemText(problem: ConfigProblem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}:`;
  return problem.path === '' ? `${where} ${problem.message}` : `${where} ${problem.path} ${problem.message}`;
}

function offsetOf(document: Document, path: ConfigPath, atKey: boolean): number {
  let node: Node | null = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    const found = childOf(resolved(document, node), step);
    if (found === null) return offset;
    const last = index === path.length - 1;
    offset = (last && atKey ? found.key : (found.value ?? found.key))?.range?.[0] ?? offset;
    if (!last && found.key !== null && !isFlow(found.value)) offset = found.key.range?.[0] ?? offset;
    node = found.value;
  }
  return offset;
}

function isFlow(node: Node | null): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true;
}

function resolved(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function childOf(
  node: Node | null,
  step: string | number,
): { readonly key: Node | null; readonly value: Node | null } | null {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? null : { key: null, value: item as Node };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(item => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step));
  return pair === undefined ? null : { key: pair.key as Node, value: pair.value as Node | null };
}
