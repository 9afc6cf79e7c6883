/**
 * The decision: who announces which virtual IP, and why. Pure: no clock, no randomness, no I/O.
 * @packageDocumentation
 */
export * from './address.ts';
export { type Coordination as NextStep, coordinate, sent } from './coordinate.ts';
export * from './decide.ts';
export * from './decision.ts';
export * from './describe.ts';
export * from './initial-view.ts';
export * from './input.ts';
export * from './observe.ts';
export * from './order.ts';
export * from './phase.ts';
export * from './record-codec.ts';
export * from './records.ts';
export * from './remembered.ts';
export * from './report.ts';
export * from './settings.ts';
export * from './view.ts';
export * from './vocabulary.ts';
export * from './zk-request.ts';
export * from './znodes.ts';
