// The way out, in order, each step with its limit: routes first (withdrawn, acknowledged, then Cease), then checks and
// addresses, then the ZooKeeper session, whose end removes every fact of ours at once. A step that fails or hangs is
// logged and the next one is taken.
import { setTimeout as pause } from 'node:timers/promises';
import type { Speaker } from '@vipkeeper/bgp';
import type { ZkSession } from '@vipkeeper/zk';
import type { Addresses } from './addresses.ts';
import type { Admin } from './admin.ts';
import type { CheckBoard } from './checks/board.ts';
import { killCommands } from './checks/command.ts';
import type { Coordinator } from './coordination.ts';
import type { Log } from './log.ts';
import type { Routes } from './routes.ts';
import type { StateFile } from './state-file.ts';

/** What has to be closed; parts that never came are null. */
export interface Departure {
  readonly speaker: Speaker;
  readonly routes: Routes;
  readonly board: CheckBoard;
  readonly addresses: Addresses | null;
  readonly coordinator: Coordinator | null;
  readonly session: ZkSession | null;
  readonly stateFile: StateFile;
  readonly admin: Admin | null;
  /** What the routers are told (RFC 9003). */
  readonly message: string;
  /** How long addresses stay after the routes. */
  readonly lingerMs: number;
  readonly log: Log;
}

const WITHDRAW_LIMIT_MS = 3000;
const STEP_LIMIT_MS = 8000;

/** Closes everything. Never rejects, and settles within the sum of the limits. */
export async function closeAll(departure: Departure): Promise<void> {
  const { speaker, routes, board, addresses, coordinator, session, stateFile, admin, message, lingerMs, log } =
    departure;
  const step = async (name: string, work: Promise<unknown> | undefined): Promise<void> => {
    if (!(await settlesIn(STEP_LIMIT_MS, work))) log.warn({ step: name }, 'not closed in time');
  };
  routes.stop();
  await step('speaker', speaker.close({ subcode: 'administrative-shutdown', message, limitMs: WITHDRAW_LIMIT_MS }));
  board.stop();
  killCommands();
  coordinator?.stop();
  await step('addresses', addresses?.stop(lingerMs));
  await step('session', session?.close());
  await step('state file', stateFile.settled());
  await step('admin', admin?.close());
  log.info({}, 'stopped');
}

async function settlesIn(limitMs: number, work: Promise<unknown> | undefined): Promise<boolean> {
  const late = new AbortController();
  const limit = pause(limitMs, false, { signal: late.signal }).catch(() => false);
  const done = Promise.resolve(work).then(
    () => true,
    () => false,
  );
  const inTime = await Promise.race([done, limit]);
  late.abort();
  return inTime;
}
