/**
 * Containers for tests: networks with fixed addresses, a few real routers, commands inside, and a way to wait.
 * Everything made here carries a label with this process's id, so that leftovers of a killed run can be told apart.
 * @packageDocumentation
 */

export { bird } from './bird.ts';
export { engine, LabContainer, removeOwn, run, runOk, sweep } from './container.ts';
export { frr } from './frr.ts';
export { type LogLine, readLog } from './logs.ts';
export { LabNetwork } from './network.ts';
export { type Heard, type NeighborOptions, Router, type RouterKind, type RouterOptions } from './router.ts';
export { until } from './until.ts';
