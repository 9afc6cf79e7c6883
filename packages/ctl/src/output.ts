// How data reach stdout: a table for people, JSON or YAML for programs. The latter carry a version of their own.
import { CtlError, EXIT } from './exit.ts';
import type { Io } from './io.ts';

/** What `-o` may say. */
export type Format = 'table' | 'wide' | 'json' | 'yaml';
const FORMATS: readonly Format[] = ['table', 'wide', 'json', 'yaml'];

/** The version of everything written as JSON or YAML. */
export const API_VERSION = 'vipctl/v1';

/** Reads `-o`. */
export function parseFormat(text: string): Format {
  const format = FORMATS.find(known => known === text);
  if (format === undefined) throw new CtlError(EXIT.usage, `-o is "${text}", expected one of ${FORMATS.join(', ')}`);
  return format;
}

/** Whether colours may be used: never in a pipe, never against NO_COLOR (https://no-color.org). */
export function mayColour(io: Io): boolean {
  return io.outIsTerminal && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb';
}

/** Writes a value of this kind, or the table made by `render`. */
export async function show(
  io: Io,
  format: Format,
  kind: string,
  value: object,
  render: (options: { readonly wide: boolean; readonly colour: boolean }) => string,
): Promise<void> {
  const document = { apiVersion: API_VERSION, kind, ...value };
  switch (format) {
    case 'json':
      io.out(`${JSON.stringify(document, null, 2)}\n`);
      return;
    case 'yaml': {
      const { stringify } = await import('yaml');
      io.out(`---\n${stringify(document, { aliasDuplicateObjects: false })}`);
      return;
    }
    default:
      io.out(render({ wide: format === 'wide', colour: mayColour(io) }));
  }
}
