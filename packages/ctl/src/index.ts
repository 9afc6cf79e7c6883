/**
 * vipctl as a library: run it with a world of your own (a test, another tool).
 * @packageDocumentation
 * @example
 * const exit = await run(['status', '--servers', '127.0.0.1:2181'], io, VERSION);
 */
export { run } from './cli.ts';
export { EXIT, type ExitCode } from './exit.ts';
export type { Io } from './io.ts';
export { API_VERSION } from './output.ts';
export { VERSION } from './version.ts';
