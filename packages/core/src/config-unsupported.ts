// Keys and words of the configuration that are promised but not built. They are refused by name, never read and ignored;
// the schema does not know them. What is found here is taken out before the schema looks, so each is reported once.
import type { ConfigPath } from './config-source.ts';

interface Unsupported {
  /** `*` stands for any place in a list. */
  readonly path: readonly string[];
  /** Which values are not supported; without it the key itself. */
  readonly values?: (value: unknown) => boolean;
}

const isOther =
  (supported: string, ...known: readonly string[]) =>
  (value: unknown) =>
    value !== supported && (known.length === 0 ? typeof value === 'object' : known.includes(String(value)));

const UNSUPPORTED: readonly Unsupported[] = [
  { path: ['site'] },
  { path: ['bgp', 'speaker'], values: isOther('embedded', 'exabgp', 'lease', 'gobgp') },
  { path: ['bgp', 'peers', '*', 'tcpAo'] },
  { path: ['bgp', 'peers', '*', 'gracefulRestart'], values: value => value === true },
  { path: ['services', '*', 'mode'], values: isOther('authority', 'anycast') },
  { path: ['services', '*', 'failback'], values: value => value === 'manual' || typeof value === 'object' },
  { path: ['services', '*', 'placement'] },
  { path: ['services', '*', 'hooks'] },
  { path: ['services', '*', 'checks', '*', 'ipvs'] },
];

/** One refused key. */
export interface UnsupportedFound {
  readonly path: ConfigPath;
  readonly message: string;
}

/** Finds what is not supported yet, and the values without it. */
export function takeOutUnsupported(raw: unknown): {
  readonly found: readonly UnsupportedFound[];
  readonly rest: unknown;
} {
  const rest: unknown = structuredCopy(raw);
  const found = UNSUPPORTED.flatMap(entry => takeOut(rest, entry, []));
  return { found, rest };
}

function takeOut(value: unknown, entry: Unsupported, at: ConfigPath): readonly UnsupportedFound[] {
  const step = entry.path[at.length];
  if (step === undefined || typeof value !== 'object' || value === null) return [];
  if (step === '*') {
    return Array.isArray(value) ? value.flatMap((item, index) => takeOut(item, entry, [...at, index])) : [];
  }
  const fields = value as Record<string, unknown>;
  if (!Object.hasOwn(fields, step)) return [];
  if (at.length < entry.path.length - 1) return takeOut(fields[step], entry, [...at, step]);
  const here = fields[step];
  if (entry.values !== undefined && !entry.values(here)) return [];
  delete fields[step];
  return [{ path: [...at, step], message: messageOf(step, here, entry) }];
}

function messageOf(key: string, value: unknown, entry: Unsupported): string {
  if (key === 'ipvs') return 'is not supported yet (checks are http, tcp and command)';
  if (key === 'tcpAo') return 'is not supported yet (password is TCP-MD5)';
  if (entry.values === undefined) return 'is not supported yet';
  const spelled = typeof value === 'string' ? value : JSON.stringify(value);
  return `${spelled} is not supported yet`;
}

function structuredCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCopy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, structuredCopy(item)]));
}
