import type { Bench } from './report.ts';
/** Later. */
export const vipctl: Bench = { name: 'vipctl', title: '', run: async () => ({ leftOut: 'x' }) };
