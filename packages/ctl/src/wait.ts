// `vipctl wait VIP --for announced|withdrawn|owner=AGENT`: for scripts. Waits for the world, changes nothing.
import type { Vip } from '@vipkeeper/core';
import { isName } from '@vipkeeper/core';
import { type Context, fleetOf, lookUntil, vipsOfText } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import type { Fleet } from './fleet.ts';
import { show } from './output.ts';
import { listed } from './text.ts';
import { type VipStatus, vipStatuses } from './vip-status.ts';

/** What is waited for. */
export type Condition =
  | { readonly kind: 'announced' }
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'owner'; readonly agent: string };

/** Reads `--for`. */
export function parseCondition(text: string): Condition {
  if (text === 'announced' || text === 'withdrawn') return { kind: text };
  const agent = /^owner=(.+)$/.exec(text)?.[1];
  if (agent !== undefined && isName(agent)) return { kind: 'owner', agent };
  throw new CtlError(EXIT.usage, `--for is "${text}", expected announced, withdrawn or owner=AGENT`);
}

/** Whether it holds. `announced`: a settled claim of an agent that says so itself. Pure. */
export function holds(condition: Condition, status: VipStatus | null): boolean {
  const by = status?.announcedBy ?? [];
  switch (condition.kind) {
    case 'announced':
      return by.some(({ claimed }) => claimed);
    case 'withdrawn':
      return status !== null && by.length === 0;
    case 'owner':
      return status?.owner === condition.agent && by.some(it => it.agent === condition.agent && it.claimed);
  }
}

interface Seen {
  readonly vip: Vip;
  readonly status: VipStatus | null;
}

function seenIn(fleet: Fleet, vip: Vip): Seen {
  const status = fleet.services.flatMap(vipStatuses).find(it => it.vip === vip) ?? null;
  return { vip, status };
}

/** Waits. Exit 6 when the time is up. */
export async function waitFor(
  context: Context,
  text: string,
  condition: Condition,
  timeoutMs: number,
): Promise<ExitCode> {
  const { io, format } = context;
  const vips = await vipsOfText(io, text);
  const { seen, done } = await lookUntil(
    context,
    timeoutMs,
    async () => {
      const fleet = await fleetOf(context);
      return vips.map(vip => seenIn(fleet, vip));
    },
    all => all.every(({ status }) => holds(condition, status)),
  );
  await show(io, format, 'Wait', { met: done, vips: seen }, () => seen.map(sentence).join(''));
  if (done) return EXIT.done;
  if (io.signal.aborted) return EXIT.interrupted;
  io.err(`Not so within ${timeoutMs / 1000} s.\n`);
  return EXIT.unconfirmed;
}

function sentence({ vip, status }: Seen): string {
  if (status === null) return `${vip} is in no service's registry\n`;
  const by = status.announcedBy.map(({ agent, role }) => `${agent} (${role ?? 'role not told'})`);
  return `${vip} is announced by ${listed(by)}; owner ${status.owner ?? 'nobody'}\n`;
}
