// Znode contents to records and back: `{"version":1,...}`. Readers are tolerant: unknown fields are left out, a missing
// advisory field is null, a foreign entry in a list is skipped; what is essential must be right, or the whole record is
// unreadable, and says why. A newer version is told apart from rubbish, for there the cure is an upgrade.
// Writers keep to a size, since every byte is read by every member: 8 KB for status, 1 KB for the rest.
import { isCanonicalVip } from './address.ts';
import type {
  AbleRecord,
  AgentRecord,
  DrainRecord,
  MaintenanceRecord,
  RegistryRecord,
  VipRecord,
  VipReport,
} from './records.ts';
import type { ProcessIdentity } from './view.ts';
import type { Health, Reason, Role } from './vocabulary.ts';
import { REASONS } from './vocabulary.ts';
import { isName } from './znodes.ts';

/** The version that is written, and the newest that is read. */
export const RECORD_VERSION = 1;
/** Most bytes of an `agents/<agent>` record. */
export const MAX_STATUS_BYTES = 8192;
/** Most bytes of a record that a person's text is part of. */
export const MAX_NOTE_BYTES = 1024;

/** A record, or why there is none. */
export type Decoded<T> =
  | { readonly kind: 'ok'; readonly record: T }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'unreadable'; readonly why: string };

/** The sentence for a record that could not be read: `Cannot parse registry record "PATH": version is 3, expected 1`. */
export function decodeError(
  what: string,
  path: string,
  failure: Exclude<Decoded<unknown>, { readonly kind: 'ok' }>,
): string {
  const why = failure.kind === 'newer' ? `version is ${failure.version}, expected ${RECORD_VERSION}` : failure.why;
  return `Cannot parse ${what} record "${path}": ${why}`;
}

/** Thrown by field readers, caught in {@link decode}, never seen outside. */
class Unreadable extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function decode<T>(text: string, read: (fields: Fields) => T): Decoded<T> {
  if (text === '') return { kind: 'unreadable', why: 'it is empty' };
  const fields = objectOf(text);
  if (fields === null) return { kind: 'unreadable', why: 'it is not a JSON object' };
  const version = fields.version;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return { kind: 'unreadable', why: `version is ${shown(version)}, expected ${RECORD_VERSION}` };
  }
  if (version > RECORD_VERSION) return { kind: 'newer', version };
  try {
    return { kind: 'ok', record: read(fields) };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'unreadable', why: error.message };
    throw error;
  }
}

function objectOf(text: string): Fields | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function must<T>(fields: Fields, key: string, wanted: string, test: (value: unknown) => value is T): T {
  const value = fields[key];
  if (!test(value)) throw new Unreadable(`${key} is ${shown(value)}, expected ${wanted}`);
  return value;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isNamed = (value: unknown): value is string => isText(value) && isName(value);
const isNamedOrNull = (value: unknown): value is string | null => value === null || isNamed(value);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function textOr<T>(fields: Fields, key: string, otherwise: T): string | T {
  const value = fields[key];
  return isText(value) ? value : otherwise;
}

/** UTF-8 length without an encoder, which not every runtime of the core has. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function encode(record: object): string {
  return JSON.stringify({ version: RECORD_VERSION, ...record });
}

/** Writes a `vips/<vip>` record. */
export function encodeVip(record: VipRecord): string {
  return encode({ service: record.service });
}

/** Reads a `vips/<vip>` record. */
export function decodeVip(text: string): Decoded<VipRecord> {
  return decode(text, fields => ({ service: must(fields, 'service', 'a name', isNamed) }));
}

/** Writes a `registry/<vip>` record. */
export function encodeRegistry(record: RegistryRecord): string {
  return encode({ owner: record.owner, epoch: record.epoch, forgotten: record.forgotten });
}

/** Reads a `registry/<vip>` record. */
export function decodeRegistry(text: string): Decoded<RegistryRecord> {
  return decode(text, fields => ({
    owner: must(fields, 'owner', 'a name or null', isNamedOrNull),
    epoch: must(fields, 'epoch', 'a count', isCount),
    forgotten: fields.forgotten === true,
  }));
}

/** Writes an `able/<agent>@<life>` record. It names every VIP, however many: a VIP left out would not be covered. */
export function encodeAble(record: AbleRecord): string {
  return encode({ priority: record.priority, vips: record.vips });
}

/** Reads an `able/<agent>@<life>` record. */
export function decodeAble(text: string): Decoded<AbleRecord> {
  return decode(text, fields => ({
    priority: must(fields, 'priority', 'a number', isNumber),
    vips: must(fields, 'vips', 'a list', isList).filter(vip => isText(vip) && isCanonicalVip(vip)),
  }));
}

/** Writes the `maintenance` record; a long reason is cut so that the record keeps to {@link MAX_NOTE_BYTES}. */
export function encodeMaintenance(record: MaintenanceRecord): string {
  return encodeNote({ by: record.by, reason: record.reason, at: record.at, forSeconds: record.forSeconds });
}

/** Reads the `maintenance` record. Whatever comes out, the flag is on while the znode exists. */
export function decodeMaintenance(text: string): Decoded<MaintenanceRecord> {
  return decode(text, fields => ({
    ...noteOf(fields),
    forSeconds: isNumber(fields.forSeconds) && fields.forSeconds > 0 ? fields.forSeconds : null,
  }));
}

/** Writes a `drain/<name>` record; a long reason is cut so that the record keeps to {@link MAX_NOTE_BYTES}. */
export function encodeDrain(record: DrainRecord): string {
  return encodeNote({ by: record.by, reason: record.reason, at: record.at });
}

/** Reads a `drain/<name>` record. Whatever comes out, the drain counts while the znode exists. */
export function decodeDrain(text: string): Decoded<DrainRecord> {
  return decode(text, noteOf);
}

function noteOf(fields: Fields): DrainRecord {
  return { by: textOr(fields, 'by', 'unknown'), reason: textOr(fields, 'reason', null), at: textOr(fields, 'at', '') };
}

function encodeNote<T extends DrainRecord>(record: T): string {
  const note = { ...record, by: record.by.slice(0, 128) };
  const whole = encode(note);
  const reason = Array.from(note.reason ?? '');
  if (utf8Bytes(whole) <= MAX_NOTE_BYTES) return whole;
  while (reason.length > 0) {
    reason.splice(-Math.max(1, reason.length >> 3));
    const cut = encode({ ...note, reason: `${reason.join('')}…` });
    if (utf8Bytes(cut) <= MAX_NOTE_BYTES) return cut;
  }
  return encode({ ...note, reason: null });
}

/**
 * Writes an `agents/<agent>` record. Too many VIPs for {@link MAX_STATUS_BYTES}: the reports that tell least are left
 * out first (a VIP that its owner announces while this agent is healthy), those of trouble and of routes last.
 */
export function encodeAgent(record: AgentRecord): string {
  const head = { ...record, vips: [] as readonly VipReport[] };
  const whole = encode({ ...head, vips: record.vips });
  if (utf8Bytes(whole) <= MAX_STATUS_BYTES) return whole;
  let room = MAX_STATUS_BYTES - utf8Bytes(encode(head));
  const kept = new Set<VipReport>();
  for (const report of [...record.vips].sort((a, b) => weightOf(b) - weightOf(a))) {
    room -= utf8Bytes(JSON.stringify(report)) + 1;
    if (room < 0) break;
    kept.add(report);
  }
  return encode({ ...head, vips: record.vips.filter(report => kept.has(report)) });
}

const QUIET: ReadonlySet<Reason> = new Set(['owner-out', 'waiting', 'maintenance', 'drained', 'forgotten']);

function weightOf(report: VipReport): number {
  if (report.role === 'authority') return 3;
  if (report.role !== null) return 2;
  return QUIET.has(report.reason) ? 0 : 1;
}

/** Reads an `agents/<agent>` record. Reports that make no sense are skipped: they may be in words of a later release. */
export function decodeAgent(text: string): Decoded<AgentRecord> {
  return decode(text, fields => ({
    life: must(fields, 'life', 'a name', isNamed),
    process: processOf(fields),
    priority: must(fields, 'priority', 'a number', isNumber),
    sessions: sessionsOf(fields),
    vips: must(fields, 'vips', 'a list', isList).flatMap(reportOf),
    maintenance: textOr(fields, 'maintenance', null),
    draining: fields.draining === true,
  }));
}

function processOf(fields: Fields): ProcessIdentity {
  const process = asObject(fields.process);
  if (process === null) throw new Unreadable(`process is ${shown(fields.process)}, expected an object`);
  return {
    host: must(process, 'host', 'a text', isText),
    pid: must(process, 'pid', 'a count', isCount),
    machineId: textOr(process, 'machineId', ''),
    bootId: textOr(process, 'bootId', ''),
    pidNamespace: textOr(process, 'pidNamespace', ''),
    startTime: textOr(process, 'startTime', ''),
    version: textOr(process, 'version', ''),
  };
}

function sessionsOf(fields: Fields): AgentRecord['sessions'] {
  const sessions = asObject(fields.sessions) ?? {};
  const count = (value: unknown) => (isCount(value) ? value : 0);
  return { established: count(sessions.established), configured: count(sessions.configured) };
}

const ROLES: readonly Role[] = ['authority', 'standby', 'draining', 'last-resort'];
const HEALTHS: readonly Health[] = ['passing', 'failing', 'unknown'];

function reportOf(value: unknown): readonly VipReport[] {
  const fields = asObject(value);
  if (fields === null) return [];
  const reason = REASONS.find(word => word === fields.reason);
  const role = fields.role === null ? null : ROLES.find(word => word === fields.role);
  const health = HEALTHS.find(word => word === fields.health);
  const { vip } = fields;
  if (!isText(vip) || !isCanonicalVip(vip) || reason === undefined || role === undefined || health === undefined)
    return [];
  return [{ vip, reason, because: textOr(fields, 'because', ''), role, health, since: textOr(fields, 'since', '') }];
}
