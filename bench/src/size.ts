import type { Bench } from './report.ts';
/** Later. */
export const size: Bench = { name: 'size', title: '', run: async () => ({ leftOut: 'x' }) };
