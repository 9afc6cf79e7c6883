// `vipctl status [SERVICE] [--watch]`.
import type { ServiceName } from '@vipkeeper/core';
import { type Context, fleetOf, serviceOf } from './context.ts';
import { CtlError, EXIT, type ExitCode } from './exit.ts';
import { show } from './output.ts';
import { type ServiceStatus, serviceStatus, statusOf } from './status-model.ts';
import { renderStatus } from './status-table.ts';

/** Options of `status`. */
export interface StatusOptions {
  readonly service: ServiceName | undefined;
  readonly watch: boolean;
  /** Degraded is exit 10. */
  readonly exitCode: boolean;
}

const WATCH_EVERY_MS = 1000;
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

/** Shows the status, once or until interrupted. */
export async function status(context: Context, options: StatusOptions): Promise<ExitCode> {
  if (options.watch) return watch(context, options);
  const services = await look(context, options);
  await print(context, services);
  return options.exitCode && services.some(service => service.degraded) ? EXIT.degraded : EXIT.done;
}

async function look(context: Context, { service }: StatusOptions): Promise<readonly ServiceStatus[]> {
  if (service !== undefined) return [serviceStatus(await serviceOf(context, service))];
  return statusOf(await fleetOf(context));
}

async function print({ io, format }: Context, services: readonly ServiceStatus[]): Promise<void> {
  await show(io, format, 'Status', { services }, ({ wide, colour }) =>
    renderStatus(services, { wide, colour, nowMs: io.now() }),
  );
}

/** A terminal is redrawn each second; a pipe gets the table whenever something other than a time changed. */
async function watch(context: Context, options: StatusOptions): Promise<ExitCode> {
  const { io } = context;
  let before = '';
  while (!io.signal.aborted) {
    try {
      const services = await look(context, options);
      const now = JSON.stringify(services);
      if (io.outIsTerminal) io.out(`${CLEAR}${new Date(io.now()).toISOString()}\n\n`);
      if (io.outIsTerminal || now !== before) await print(context, services);
      before = now;
    } catch (error) {
      if (error instanceof CtlError && error.exit === EXIT.notFound) throw error;
      io.err(`${error instanceof Error ? error.message : String(error)}; looking again\n`);
    }
    await io.pause(WATCH_EVERY_MS);
  }
  return EXIT.interrupted;
}
