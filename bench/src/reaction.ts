import type { Bench } from './report.ts';
/** Later. */
export const reaction: Bench = { name: 'reaction', title: '', run: async () => ({ leftOut: 'x' }) };
