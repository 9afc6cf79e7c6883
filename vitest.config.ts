// One vitest, several projects: `unit` needs nothing but Node, `walls` keeps the architecture, the others need parts
// (containers, routers) that `pnpm test` finds or installs first.
import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['vipkeeper-source', 'node', 'import', 'default'] };
const ssr = { resolve: { conditions: ['vipkeeper-source', 'node', 'import', 'default'] } };

// Sockets with options that only Linux has: on another system these files are not tests at all.
const elsewhere = process.platform === 'linux' ? [] : ['**/*.linux.test.ts'];

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'demo/src/**/*.test.ts', 'test/run/src/**/*.test.ts'],
          exclude: elsewhere,
          // Nothing here takes long by itself; a busy machine may.
          testTimeout: 30_000,
        },
      },
      { resolve, ssr, test: { name: 'walls', include: ['test/walls/*.test.ts'] } },
      { resolve, ssr, test: { name: 'sim', include: ['test/sim/src/**/*.test.ts'], testTimeout: 300_000 } },
      {
        resolve,
        ssr,
        test: { name: 'wire', include: ['test/wire/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'zookeeper',
          include: ['test/zookeeper/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'interop',
          include: ['test/interop/src/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr,
        test: { name: 'e2e', include: ['test/e2e/src/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
      },
    ],
  },
});
