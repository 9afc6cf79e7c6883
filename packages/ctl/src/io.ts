// Everything vipctl touches besides ZooKeeper, as one value, so that a test can be the terminal, the clock and the resolver.

/** The world around a run. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
  readonly outIsTerminal: boolean;
  /** Whether somebody can be asked. */
  readonly inIsTerminal: boolean;
  /** Asks and reads one line. */
  readonly ask: (question: string) => Promise<string>;
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number;
  /** Waits; ends early when interrupted. */
  readonly pause: (ms: number) => Promise<void>;
  /** Addresses (A and AAAA) of a DNS name; empty when there are none. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** A file's text and permission bits. Rejects with the system's error. */
  readonly readFile: (path: string) => Promise<{ readonly text: string; readonly mode: number }>;
  /** USER@HOST, written into what is changed. */
  readonly person: string;
  readonly hostName: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
