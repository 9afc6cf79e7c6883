// `vipctl vip list|forget`. Forgetting is the only way to make agents stop covering a VIP: a tombstone in the registry.
import type { Vip } from '@vipkeeper/core';
import { decodeVip, encodeRegistry, paths } from '@vipkeeper/core';
import type { MultiOp } from '@vipkeeper/zk';
import { bytesOf, type Context, confirm, fleetOf, vipsOfText } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { Registered, ServiceFleet } from './fleet.ts';
import { show } from './output.ts';
import { cell, listed, table } from './text.ts';
import { vipStatus, vipStatuses } from './vip-status.ts';

/** `vip list`: every VIP of every service. */
export async function vipList(context: Context): Promise<ExitCode> {
  const { services } = await fleetOf(context);
  const vips = services.flatMap(service =>
    vipStatuses(service).map(({ vip, owner, state, announcedBy }) => ({
      vip,
      service: service.name,
      owner,
      ownerAlive: service.agents.some(({ agent }) => agent === owner),
      state,
      announcedBy: announcedBy.map(({ agent }) => agent),
    })),
  );
  await show(context.io, context.format, 'VipList', { vips }, ({ colour }) =>
    table(
      ['VIP', 'SERVICE', 'OWNER', 'STATE', 'ANNOUNCED BY'],
      vips.map(one => [
        cell(one.vip),
        cell(one.service),
        cell(one.owner ?? '', one.ownerAlive ? 'plain' : 'odd'),
        cell(one.state, one.state === 'dark' ? 'bad' : 'plain'),
        cell(one.announcedBy.join(', ')),
      ]),
      colour,
    ),
  );
  return EXIT.done;
}

/** `vip forget`: nobody covers it any more. Refused while its owner lives, for that one would announce it all the same. */
export async function vipForget(context: Context, text: string, force: boolean): Promise<ExitCode> {
  const { io } = context;
  const vips = await vipsOfText(io, text);
  if (vips.length > 1)
    throw new CtlError(EXIT.usage, `The name ${text} has ${vips.length} addresses: forget one VIP at a time`);
  const { service, entry } = await entryOf(context, vips[0]!);
  const { vip } = entry;
  if (entry.record?.forgotten === true) io.err(`${vip} is forgotten already.\n`);
  if (entry.record?.forgotten === true) return EXIT.done;
  if (entry.record === null && !force) {
    const why = service.unreadable.find(note => note.includes(`/registry/${vip}"`)) ?? 'its record cannot be read';
    throw new CtlError(
      EXIT.refused,
      `Refused: ${why}`,
      'use a vipctl as new as the agents, or --force to write over it',
    );
  }
  const { announcedBy, owner } = vipStatus(service, vip);
  const alive = service.agents.some(({ agent }) => agent === owner);
  if (alive && !force) {
    throw new CtlError(
      EXIT.refused,
      `Refused: ${owner} is alive and owns ${vip}`,
      `take it out of ${owner}'s configuration and reload it first`,
    );
  }
  io.err(`Now: ${vip} of ${service.name} is announced by ${listed(announcedBy.map(({ agent }) => agent))}.\n`);
  io.err('Then: nobody announces it, and nobody will, unless an agent is configured with it.\n');
  await confirm(context, `Forget ${vip}?`, announcedBy.length > 0 ? service.name : null);
  await context.session.multi(await tombstone(context, service, entry));
  await show(io, context.format, 'VipForgotten', { vip, service: service.name }, () => `${vip} is forgotten.\n`);
  return EXIT.done;
}

async function entryOf(
  context: Context,
  vip: Vip,
): Promise<{ readonly service: ServiceFleet; readonly entry: Registered }> {
  const { services } = await fleetOf(context);
  for (const service of services) {
    const entry = service.registry.find(it => it.vip === vip);
    if (entry !== undefined) return { service, entry };
  }
  throw new CtlError(EXIT.notFound, `No service has the VIP ${vip} in its registry`, '`vipctl vip list` shows all');
}

/** The tombstone, and the VIP is free for another service. */
async function tombstone(
  { session, root }: Context,
  service: ServiceFleet,
  entry: Registered,
): Promise<readonly MultiOp[]> {
  const tree = paths(root);
  const record = { owner: null, epoch: (entry.record?.epoch ?? 0) + 1, forgotten: true };
  const path = tree.service(service.name).registry(entry.vip);
  const booked = await session.get(tree.vip(entry.vip));
  const booking = booked === null ? null : decodeVip(new TextDecoder().decode(booked.data));
  const ours = booking?.kind === 'ok' && booking.record.service === service.name;
  return [
    { kind: 'set', path, data: bytesOf(encodeRegistry(record)), version: entry.version },
    ...(booked !== null && ours
      ? [{ kind: 'delete' as const, path: tree.vip(entry.vip), version: booked.stat.version }]
      : []),
  ];
}
