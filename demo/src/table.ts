// The live picture: one row for each VIP, as the router sees it. Pure text; who draws it, and where, is not its business.

import type { Routes } from './journal.ts';

/** What the picture is made of. */
export interface Picture {
  readonly routes: Routes;
  readonly vips: readonly { readonly vip: string; readonly owner: string }[];
  /** Agents and whether their BGP session with the router is up. */
  readonly sessions: ReadonlyMap<string, 'up' | 'down'>;
  /** Whose service answered the last request that followed the route; absent when there is no route. */
  readonly servedBy: ReadonlyMap<string, string>;
}

const HEAD = ['VIP', 'OWNER', 'ROUTE TO', 'AS PATH', 'BEHIND IT', 'SERVED BY'] as const;
const GAP = '   ';

/** The table and a line of sessions. No colours, no trailing blanks. */
export function drawTable(picture: Picture): readonly string[] {
  const rows = [HEAD, ...picture.vips.map(({ vip, owner }) => rowOf(picture, vip, owner))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)));
  const lines = rows.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP));
  const sessions = [...picture.sessions].map(([agent, state]) => `${agent} ${state}`).join(GAP);
  return [...lines, '', `BGP sessions: ${sessions}`].map(line => `  ${line}`.trimEnd());
}

function rowOf(picture: Picture, vip: string, owner: string): readonly string[] {
  const [best, ...behind] = picture.routes.get(vip) ?? [];
  if (best === undefined) return [vip, owner, 'nobody', '', '', '-'];
  return [
    vip,
    owner,
    best.agent,
    best.asPath.join(' '),
    behind.map(path => path.agent).join(', ') || 'nobody',
    picture.servedBy.get(vip) ?? '-',
  ];
}
