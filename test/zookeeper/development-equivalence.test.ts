// The development server is worth what it has in common with the real one. Both are told the same long story, byte for
// byte, and every reply, every watch event, their order, and every end of a connection must be the same.

import { expect, it } from 'vitest';
import { startDevelopmentServer } from '../../packages/zk/src/development/index.ts';
import { startEnsemble } from './ensemble.ts';
import { playStory } from './equivalence-script.ts';

const TICK_TIME_MS = 500;

it('answers the same story as real ZooKeeper does, event for event', async () => {
  const real = await startEnsemble({ tickTimeMs: TICK_TIME_MS });
  const development = await startDevelopmentServer({ tickTimeMs: TICK_TIME_MS });
  try {
    const expected = await playStory(await real.leader());
    const told = await playStory({ host: development.address, port: development.port });
    expect(told).toEqual(expected);
    expect(expected.length).toBeGreaterThan(80);
  } finally {
    await Promise.all([real.close(), development.close()]);
  }
});
