// How vipctl ends. Every failure is a `CtlError` with one of these codes; a message says what was wrong, where, and what
// was wanted, and a hint says what to type next.

/** Exit codes, part of the public outside. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  /** An interlock said no; `--force` overrides it. */
  refused: 4,
  unreachable: 5,
  /** Accepted, but not confirmed by all agents in time. */
  unconfirmed: 6,
  /** Somebody else changed it meanwhile. */
  changed: 7,
  notPermitted: 9,
  /** `status --exit-code` only. */
  degraded: 10,
  interrupted: 130,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure with its exit code. */
export class CtlError extends Error {
  readonly exit: ExitCode;
  readonly hint: string | null;
  constructor(exit: ExitCode, message: string, hint: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CtlError';
    this.exit = exit;
    this.hint = hint;
  }
}
