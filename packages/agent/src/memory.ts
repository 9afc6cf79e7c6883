// What of a view goes into the state file: for each service what was last seen whole, or what was remembered before.
import type { Remembered, RememberedService, ServiceView, View } from '@vipkeeper/core';

/** What to remember of this view; a service never seen whole in this life keeps what the last life knew. */
export function rememberedOf(view: View): Remembered {
  const names = view.settings.services.filter(settings => settings.leaving !== true).map(({ name }) => name);
  return { version: 1, agent: view.settings.agent, services: names.flatMap(name => serviceOf(view, name)) };
}

function serviceOf(view: View, name: string): readonly RememberedService[] {
  const service = view.services.get(name);
  if (service?.everSynced) return [seen(service)];
  const before = view.remembered?.services.find(one => one.name === name);
  return before === undefined ? [] : [before];
}

function seen(service: ServiceView): RememberedService {
  const owners = [...service.registry].map(([vip, entry]) => [vip, entry.record.owner] as const);
  return {
    name: service.name,
    maintenance: service.maintenance.on,
    drains: [...service.drains].sort(),
    owners: Object.fromEntries(owners.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
