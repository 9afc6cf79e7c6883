import type { ServiceView, View } from '@vipkeeper/core';
import { describe, expect, it } from 'vitest';
import { rememberedOf } from './memory.ts';

const entry = (owner: string | null): unknown => ({ record: { owner, epoch: 1, forgotten: false } });
const service = (changes: object): ServiceView =>
  ({
    name: 'apex',
    everSynced: true,
    maintenance: { on: true },
    drains: new Set(['vip:192.0.2.1@*', 'lb-r2']),
    registry: new Map([
      ['192.0.2.2', entry(null)],
      ['192.0.2.1', entry('lb-r1')],
    ]),
    ...changes,
  }) as unknown as ServiceView;
const view = (changes: object): View =>
  ({
    settings: { agent: 'lb-r1', services: [{ name: 'apex' }] },
    services: new Map([['apex', service({})]]),
    remembered: null,
    ...changes,
  }) as unknown as View;
const before = { name: 'apex', maintenance: true, drains: [], owners: {} };

describe('rememberedOf', () => {
  it('keeps the reasons against announcing and the owners, in an order that does not move', () => {
    expect(JSON.stringify(rememberedOf(view({})))).toBe(
      '{"version":1,"agent":"lb-r1","services":[{"name":"apex","maintenance":true,"drains":["lb-r2","vip:192.0.2.1@*"],"owners":{"192.0.2.1":"lb-r1","192.0.2.2":null}}]}',
    );
  });

  it('keeps what the last life knew of a service that this one has not seen whole', () => {
    const unseen = new Map([['apex', service({ everSynced: false, maintenance: { on: false } })]]);
    const remembered = { version: 1, agent: 'lb-r1', services: [before] };
    expect(rememberedOf(view({ services: unseen, remembered }))).toEqual(remembered);
    expect(rememberedOf(view({ services: unseen }))).toEqual({ version: 1, agent: 'lb-r1', services: [] });
  });

  it('forgets a service that leaves the configuration', () => {
    const settings = { agent: 'lb-r1', services: [{ name: 'apex', leaving: true }] };
    expect(rememberedOf(view({ settings })).services).toEqual([]);
  });
});
