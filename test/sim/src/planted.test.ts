// The simulator's own test: each of the named bugs, planted in the product's source, is found by the ordinary seeds.
import { describe, expect, it } from 'vitest';
import { applyEdit } from './bundle.ts';
import { findPlant } from './crew.ts';
import { PLANTS } from './plants.ts';

describe('the ordinary 200 seeds find', () => {
  for (const plant of PLANTS) {
    it.concurrent(`${plant.name}: ${plant.mistake}`, async () => {
      const found = await findPlant(plant, 200);
      expect(found?.violation, `${plant.name} was not found`).toMatchObject({ promise: expect.any(String) });
    });
  }
});

describe('planting', () => {
  const edit = { file: 'a.ts', find: 'x', replace: 'y' };

  it('refuses a place that is not there', () => {
    expect(() => applyEdit('abc', edit)).toThrow('Cannot plant in a.ts: found 0 times, expected once: x');
  });

  it('refuses a place that is there twice', () => {
    expect(() => applyEdit('axbx', edit)).toThrow('Cannot plant in a.ts: found 2 times, expected once: x');
  });
});
