/**
 * The agent's parts that others run as they are: the loop, and how roles are spelled. The daemon itself is `main.ts`.
 * @packageDocumentation
 */
export * from './loop.ts';
export * from './spelling.ts';
