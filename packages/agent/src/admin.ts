// The admin endpoint: what the agent says of itself, over HTTP, read-only. By default on the loopback only.
//
// Everything is bounded, since anybody who can reach it may try to keep the agent busy: connections, header size and
// time, one document per second worth of work at most per connection. A body is never read.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageOf } from './page.ts';
import type { AgentStatus } from './status.ts';
import { unreadiness } from './status.ts';

/** Where the answers come from. */
export interface AdminSources {
  readonly status: () => AgentStatus;
  readonly metrics: () => Promise<string>;
  readonly metricsType: string;
}

/** The running endpoint. */
export interface Admin {
  readonly address: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const MOST_CONNECTIONS = 64;
const MOST_HEADER_BYTES = 8 * 1024;
const LIMIT_MS = 5000;
const TEXT = 'text/plain; charset=utf-8';

/** Starts to listen. Rejects when the address cannot be had. Port 0 takes a free one. */
export async function startAdmin(
  at: { readonly host: string; readonly port: number },
  sources: AdminSources,
): Promise<Admin> {
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: LIMIT_MS,
      requestTimeout: LIMIT_MS,
      keepAliveTimeout: LIMIT_MS,
    },
    (request, response) => void respond(request, response, sources),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(2 * LIMIT_MS);
  await listening(server, at);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new Error(`Cannot listen for the admin endpoint on ${at.host} port ${at.port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(at.port, at.host, resolve);
  });
}

async function respond(request: IncomingMessage, response: ServerResponse, sources: AdminSources): Promise<void> {
  request.on('error', () => {});
  response.on('error', () => {});
  const answer = await answerTo(request, sources).catch(
    (error: unknown): Answer => ({ status: 500, type: TEXT, body: `${(error as Error).message}\n` }),
  );
  const body = Buffer.from(answer.body);
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(answer.status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(hasBody ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerTo(request: IncomingMessage, sources: AdminSources): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, type: TEXT, body: 'only GET and HEAD are answered\n' };
  const path = (request.url ?? '/').split('?', 1)[0];
  switch (path) {
    case '/livez':
      return { status: 200, type: TEXT, body: 'alive\n' };
    case '/readyz':
      return readiness(sources.status());
    case '/metrics':
      return { status: 200, type: sources.metricsType, body: await sources.metrics() };
    case '/status':
      return { status: 200, type: 'application/json', body: `${JSON.stringify(sources.status(), null, 2)}\n` };
    case '/':
      return { status: 200, type: 'text/html; charset=utf-8', body: pageOf(sources.status()) };
    default:
      return { status: 404, type: TEXT, body: 'there are /livez /readyz /metrics /status and /\n' };
  }
}

function readiness(status: AgentStatus): Answer {
  const missing = unreadiness(status);
  if (missing.length === 0) return { status: 200, type: TEXT, body: 'ready\n' };
  return { status: 503, type: TEXT, body: `${missing.join('\n')}\n` };
}
