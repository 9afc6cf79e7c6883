// An HTTP check: GET, and any status from 200 to 399 is good. Redirects are not followed: the question is whether this
// host answers. The whole answer must arrive in time, but only its beginning is read. No connection is kept.
import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { ProbeResult } from './verdict.ts';

const MOST_BODY_BYTES = 64 * 1024;

/** Asks this URL once. Never rejects. */
export function probeHttp(url: string, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise(resolve => {
    let request: ClientRequest | undefined;
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(result);
      request?.destroy();
    };
    const abort = (): void => finish({ outcome: 'error', detail: 'stopped' });
    signal.addEventListener('abort', abort);
    const timer = setTimeout(() => finish({ outcome: 'timeout', detail: `no answer in ${timeoutMs} ms` }), timeoutMs);
    try {
      const get = url.startsWith('https:') ? httpsGet : httpGet;
      request = get(url, { agent: false, headers: { 'user-agent': 'vipkeeper', connection: 'close' } });
      request.on('error', error => finish({ outcome: 'error', detail: errorText(error) }));
      request.on('response', response => readAnswer(response, finish));
    } catch (error) {
      finish({ outcome: 'error', detail: errorText(error) });
    }
  });
}

function readAnswer(response: IncomingMessage, finish: (result: ProbeResult) => void): void {
  const status = response.statusCode ?? 0;
  const result: ProbeResult =
    status >= 200 && status < 400
      ? { outcome: 'success', detail: '' }
      : { outcome: 'failure', detail: `status ${status}` };
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) finish(result);
  });
  response.on('end', () => finish(result));
  response.on('error', error => finish({ outcome: 'error', detail: errorText(error) }));
}

/** An error in a few words, its code where the message is empty (several addresses refused at once). */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message !== '' ? error.message : ((error as NodeJS.ErrnoException).code ?? error.name);
}
