/**
 * The decision: who announces which virtual IP, and why. Pure: no clock, no randomness, no I/O.
 * @packageDocumentation
 */
export * from './address.ts';
export * from './config.ts';
export * from './config-defaults.ts';
export * from './config-parse.ts';
export { jsonSchema } from './config-schema.ts';
export type { ConfigPath, ConfigProblem } from './config-source.ts';
export { problemText } from './config-source.ts';
export { endpointText, readEndpoint } from './config-text.ts';
export { type Coordination as NextStep, coordinate, sent } from './coordinate.ts';
export * from './decide.ts';
export * from './decision.ts';
export * from './describe.ts';
export { didYouMean } from './did-you-mean.ts';
export * from './initial-view.ts';
export * from './input.ts';
export * from './observe.ts';
export * from './order.ts';
export * from './phase.ts';
export * from './record-codec.ts';
export * from './records.ts';
export * from './remembered.ts';
export * from './report.ts';
export * from './secret-text.ts';
export * from './settings.ts';
export * from './view.ts';
export * from './vocabulary.ts';
export * from './zk-request.ts';
export * from './znodes.ts';
