// A TCP check: the connection is made within its time, that is all.
import { connect } from 'node:net';
import { errorText } from './http.ts';
import type { ProbeResult } from './verdict.ts';

/** Connects to `host:port` (IPv6 in brackets) once. Never rejects. */
export function probeTcp(target: string, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  const address = parseTarget(target);
  if (address === null) return Promise.resolve({ outcome: 'error', detail: `not host:port: ${target}` });
  return new Promise(resolve => {
    const socket = connect(address);
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(result);
    };
    const abort = (): void => finish({ outcome: 'error', detail: 'stopped' });
    signal.addEventListener('abort', abort);
    const timer = setTimeout(
      () => finish({ outcome: 'timeout', detail: `no connection in ${timeoutMs} ms` }),
      timeoutMs,
    );
    socket.on('connect', () => finish({ outcome: 'success', detail: '' }));
    socket.on('error', error => finish({ outcome: 'error', detail: errorText(error) }));
  });
}

/** Splits `host:port` and `[v6]:port`; null when it is neither. */
export function parseTarget(target: string): { readonly host: string; readonly port: number } | null {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(target);
  if (match === null) return null;
  const port = Number(match[3]);
  return port >= 1 && port <= 65535 ? { host: match[1] ?? match[2]!, port } : null;
}
