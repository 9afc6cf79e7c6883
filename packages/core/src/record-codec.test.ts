import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalVip } from './address.ts';
import {
  decodeAble,
  decodeAgent,
  decodeDrain,
  decodeError,
  decodeMaintenance,
  decodeRegistry,
  decodeVip,
  encodeAble,
  encodeAgent,
  encodeDrain,
  encodeMaintenance,
  encodeRegistry,
  encodeVip,
} from './record-codec.ts';
import type { AgentRecord, VipReport } from './records.ts';
import { REASONS } from './vocabulary.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/);
const vip = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(text => canonicalVip(text))
  .filter(result => result.kind === 'ok')
  .map(result => result.text);
const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const report: fc.Arbitrary<VipReport> = fc.record({
  vip,
  reason: fc.constantFrom(...REASONS),
  because: text,
  role: fc.constantFrom(null, 'authority', 'standby', 'draining', 'last-resort'),
  health: fc.constantFrom('passing', 'failing', 'unknown'),
  since: text,
});
const agent: fc.Arbitrary<AgentRecord> = fc.record({
  life: name,
  process: fc.record({
    host: text,
    pid: fc.nat(),
    machineId: text,
    bootId: text,
    pidNamespace: text,
    startTime: text,
    version: text,
  }),
  priority: fc.integer(),
  sessions: fc.record({ established: fc.nat(), configured: fc.nat() }),
  vips: fc.array(report, { maxLength: 5 }),
  maintenance: fc.option(text),
  draining: fc.boolean(),
});

/** Encoding then decoding gives the record back. */
function roundTrips<T>(
  arbitrary: fc.Arbitrary<T>,
  encode: (record: T) => string,
  decode: (text: string) => unknown,
): void {
  fc.assert(
    fc.property(arbitrary, record => {
      expect(decode(encode(record))).toEqual({ kind: 'ok', record });
    }),
  );
}

const decoders = { decodeVip, decodeRegistry, decodeAble, decodeMaintenance, decodeDrain, decodeAgent };

describe('records', () => {
  it('are read back as they were written', () => {
    roundTrips(fc.record({ service: name }), encodeVip, decodeVip);
    roundTrips(
      fc.record({ owner: fc.option(name), epoch: fc.nat(), forgotten: fc.boolean() }),
      encodeRegistry,
      decodeRegistry,
    );
    roundTrips(fc.record({ priority: fc.integer(), vips: fc.array(vip) }), encodeAble, decodeAble);
    const note = { by: text, reason: fc.option(text), at: text };
    const forSeconds = fc.option(fc.integer({ min: 1, max: 1e6 }));
    roundTrips(fc.record({ ...note, forSeconds }), encodeMaintenance, decodeMaintenance);
    roundTrips(fc.record(note), encodeDrain, decodeDrain);
    roundTrips(agent, encodeAgent, decodeAgent);
  });

  it('are written in version 1, with the version first', () => {
    expect(encodeRegistry({ owner: 'lb-1', epoch: 4, forgotten: false })).toBe(
      '{"version":1,"owner":"lb-1","epoch":4,"forgotten":false}',
    );
  });

  it('of a newer version are told apart from rubbish by every reader', () => {
    for (const decode of Object.values(decoders)) {
      expect(decode('{"version":3,"owner":"lb-1"}')).toEqual({ kind: 'newer', version: 3 });
    }
  });

  it('are never made of rubbish, and rubbish never throws', () => {
    const rubbish = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map(json => `{"version":1,"x":${json}}`),
    );
    fc.assert(
      fc.property(rubbish, fc.constantFrom(decodeVip, decodeRegistry, decodeAble, decodeAgent), (data, decode) => {
        expect(decode(data).kind).not.toBe('ok');
      }),
    );
  });

  it.each([
    ['', 'it is empty'],
    ['garbage', 'it is not a JSON object'],
    ['[1]', 'it is not a JSON object'],
    ['{"owner":"lb-1"}', 'version is missing, expected 1'],
    ['{"version":"1"}', 'version is "1", expected 1'],
    ['{"version":0}', 'version is 0, expected 1'],
    ['{"version":1,"epoch":1}', 'owner is missing, expected a name or null'],
    ['{"version":1,"owner":"a b","epoch":1}', 'owner is "a b", expected a name or null'],
    ['{"version":1,"owner":null,"epoch":-1}', 'epoch is -1, expected a count'],
  ])('%j is no registry record, and it says why', (data, why) => {
    expect(decodeRegistry(data)).toEqual({ kind: 'unreadable', why });
  });

  it('say action, path, value and what was wanted when they cannot be read', () => {
    const path = '/vipkeeper/services/apex/registry/192.0.2.1';
    expect([
      decodeError('registry', path, { kind: 'newer', version: 3 }),
      decodeError('registry', path, { kind: 'unreadable', why: 'it is empty' }),
    ]).toEqual([
      `Cannot parse registry record "${path}": version is 3, expected 1`,
      `Cannot parse registry record "${path}": it is empty`,
    ]);
  });

  it('keep what is known when fields are added or advisory ones are missing', () => {
    expect([
      decodeRegistry('{"version":1,"owner":null,"epoch":2,"site":"rack-1"}'),
      decodeMaintenance('{"version":1}'),
      decodeMaintenance('{"version":1,"by":"ops","forSeconds":-5,"at":"2026-01-01T00:00:00Z"}'),
      decodeAble('{"version":1,"priority":100,"vips":["192.0.2.1","010.1.1.1",7]}'),
    ]).toEqual([
      { kind: 'ok', record: { owner: null, epoch: 2, forgotten: false } },
      { kind: 'ok', record: { by: 'unknown', reason: null, at: '', forSeconds: null } },
      { kind: 'ok', record: { by: 'ops', reason: null, at: '2026-01-01T00:00:00Z', forSeconds: null } },
      { kind: 'ok', record: { priority: 100, vips: ['192.0.2.1'] } },
    ]);
  });
});

describe('sizes', () => {
  const bytes = (data: string) => encodeURIComponent(data).replace(/%../g, 'x').length;

  it('of notes stay under 1 KB whatever people type', () => {
    const long = fc.string({ unit: 'grapheme', maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(fc.record({ by: long, reason: long, at: fc.constant('2026-01-01T00:00:00Z') }), note => {
        const data = encodeDrain(note);
        expect(bytes(data)).toBeLessThanOrEqual(1024);
        expect(decodeDrain(data).kind).toBe('ok');
      }),
      { numRuns: 30 },
    );
  });

  it('of status stay under 8 KB: quiet reports go first, trouble next, routes last, order kept', () => {
    const reports = Array.from({ length: 90 }, (_, index): VipReport => {
      const kind = index % 3;
      return {
        vip: `192.0.2.${index + 1}`,
        reason: kind === 0 ? 'owner-out' : kind === 1 ? 'own' : 'unhealthy',
        because: 'x'.repeat(100),
        role: kind === 1 ? 'authority' : null,
        health: kind === 2 ? 'failing' : 'passing',
        since: '2026-01-01T00:00:00Z',
      };
    });
    const record: AgentRecord = {
      life: 'k3v9',
      process: { host: 'h', pid: 1, machineId: '', bootId: '', pidNamespace: '', startTime: '', version: '0.1.0' },
      priority: 100,
      sessions: { established: 1, configured: 2 },
      vips: reports,
      maintenance: null,
      draining: false,
    };
    const data = encodeAgent(record);
    const decoded = decodeAgent(data);
    if (decoded.kind !== 'ok') throw new Error('unreadable');
    const kept = decoded.record.vips;
    expect(bytes(data)).toBeGreaterThan(7500);
    expect(bytes(data)).toBeLessThanOrEqual(8192);
    expect(kept.filter(item => item.reason === 'own')).toEqual(reports.filter(item => item.reason === 'own'));
    expect(kept.filter(item => item.reason === 'owner-out')).toEqual([]);
    expect(kept).toEqual(reports.filter(item => kept.some(other => other.vip === item.vip)));
  });
});
