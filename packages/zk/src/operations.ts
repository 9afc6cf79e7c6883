// Operations under way: each settles exactly once, by its answers, by its deadline, or with the connection.
//
// Answers are taken in the socket's callback, so whatever an answer says about a watched path is noted before anything
// later on the connection is looked at; the promise resolves after that.
import { describeError, disownsSession } from './error-code.ts';
import type { Connection } from './node-zookeeper-client.ts';
import { ZkError, type ZkErrorCode } from './session.ts';
import type { WireAnswer, WireRequest } from './wire.ts';

/** More operations than this never wait for answers at one time. */
export const MAX_OPERATIONS = 1000;

/** One request's answer. `err` is 0 or ZooKeeper's error number. */
export interface Answer {
  readonly err: number;
  readonly answer: WireAnswer;
}

/** What to do: `requests` go out back to back, and `decode` makes the result of their answers, or throws {@link ZkError}. */
export interface Operation<T> {
  readonly action: string;
  readonly path: string;
  readonly requests: readonly WireRequest[];
  readonly decode: (answers: readonly Answer[]) => T;
}

/** What operations need of the session. */
export interface OperationsPort {
  readonly clock: () => number;
  readonly acknowledge: (sentAtMs: number) => void;
  /** The connection left an operation without an answer: it cannot be trusted any more. */
  readonly abandon: (cause: string) => void;
}

interface Waiting {
  readonly fail: (code: ZkErrorCode, reason: string) => void;
}

/** The operations that wait for answers on the current connection. */
export class Operations {
  readonly #port: OperationsPort;
  readonly #waiting = new Set<Waiting>();

  constructor(port: OperationsPort) {
    this.#port = port;
  }

  /** Sends an operation and settles within `limitMs`. */
  run<T>(connection: Connection, operation: Operation<T>, limitMs: number): Promise<T> {
    const { action, path } = operation;
    if (this.#waiting.size >= MAX_OPERATIONS) {
      return Promise.reject(failure('overloaded', action, path, `${MAX_OPERATIONS} operations wait for answers`));
    }
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        if (this.#waiting.delete(waiting)) finish();
      };
      const fail = (code: ZkErrorCode, reason: string) => settle(() => reject(failure(code, action, path, reason)));
      const waiting: Waiting = { fail };
      const timer = setTimeout(() => setImmediate(() => this.#expire(waiting, action, path, limitMs)), limitMs);
      this.#waiting.add(waiting);
      this.#send(connection, operation, fail, answers => settle(() => decodeInto(operation, answers, resolve, reject)));
    });
  }

  /** Fails everything that waits. */
  failAll(code: ZkErrorCode, reason: string): void {
    for (const { fail } of [...this.#waiting]) fail(code, reason);
  }

  #send<T>(
    connection: Connection,
    operation: Operation<T>,
    fail: Waiting['fail'],
    done: (answers: readonly Answer[]) => void,
  ): void {
    const sentAtMs = this.#port.clock();
    const answers: Answer[] = [];
    try {
      for (const request of operation.requests) {
        connection.send(request, (err, answer) => {
          if (!disownsSession(err)) this.#port.acknowledge(sentAtMs);
          if (answers.push({ err, answer }) === operation.requests.length) done(answers);
          if (disownsSession(err)) this.#port.abandon(describeError(err).reason);
        });
      }
    } catch (error) {
      fail('invalid', error instanceof Error ? error.message : String(error));
    }
  }

  #expire(waiting: Waiting, action: string, path: string, limitMs: number): void {
    if (!this.#waiting.has(waiting)) return;
    waiting.fail('timeout', `no answer within ${Math.round(limitMs)} ms`);
    this.#port.abandon(`no answer to ${action} "${path}" within ${Math.round(limitMs)} ms`);
  }
}

function decodeInto<T>(
  operation: Operation<T>,
  answers: readonly Answer[],
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  try {
    resolve(operation.decode(answers));
  } catch (error) {
    reject(error);
  }
}

/** An error that says action, path and cause. */
export function failure(code: ZkErrorCode, action: string, path: string, reason: string, failedAt?: number): ZkError {
  return new ZkError(code, path, `Cannot ${action} "${path}": ${reason}`, failedAt);
}

/** The error for an error number. */
export function refusal(err: number, action: string, path: string, failedAt?: number): ZkError {
  const { code, reason } = describeError(err);
  return failure(code, action, path, reason, failedAt);
}
