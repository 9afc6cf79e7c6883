// A small plain page for a person with a browser: no script, nothing fetched from elsewhere.
import type { AgentStatus, VipStatus } from './status.ts';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;margin:.5rem 0 1.5rem}
th,td{text-align:left;padding:.25rem .9rem .25rem 0;border-bottom:1px solid #ccc;vertical-align:top}code{font-size:14px}`;

/** The page of this status. */
export function pageOf(status: AgentStatus): string {
  const title = `vipkeeper ${status.agent}`;
  const services = status.services.map(
    service => `<h2>${html(service.name)}${service.maintenance.on ? ' (maintenance)' : ''}</h2>
<p>members: ${service.members.map(html).join(', ') || 'none seen'}${
      service.drains.length > 0 ? `; drains: ${service.drains.map(html).join(', ')}` : ''
    }</p>
${table(['VIP', 'announced', 'health', 'out to', 'why'], service.vips.map(vipRow))}`,
  );
  const peers = status.peers.map(peer => [peer.key, String(peer.as), peer.state, peer.lastError ?? '']);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>${html(title)}</title><style>${STYLE}</style></head>
<body><h1>${html(title)}</h1>
<p>ZooKeeper session ${html(status.coordination.state)}; up since ${html(status.startedAt)}; version ${html(status.version)}</p>
${services.join('\n')}
<h2>BGP peers</h2>
${table(['peer', 'AS', 'state', 'last error'], peers)}
<p><a href="/status">status</a> <a href="/metrics">metrics</a> <a href="/readyz">readyz</a></p>
</body></html>
`;
}

function vipRow(vip: VipStatus): readonly string[] {
  return [vip.vip, vip.role ?? 'no', vip.health, vip.outOn.join(', '), vip.because];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map(cell => `<${tag}>${html(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', heads)}${rows.map(row => cells('td', row)).join('')}</table>`;
}

function html(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, character => entities[character]!);
}
