import { expect, it } from 'vitest';
import { none } from './counts.ts';
import { next, type Outcome, type Step, selectSteps } from './plan.ts';

const good: Outcome = { kind: 'done', counts: { ...none, passed: 1 } };
const bad: Outcome = { kind: 'done', counts: { ...none, failed: 1 } };
const absent: Outcome = { kind: 'left-out', why: 'no engine', remedy: 'install one' };

const step = (name: string, cores: 1 | 2 = 1, ...needs: string[]): Step => ({
  name,
  needs,
  cores,
  isTest: true,
  run: async () => good,
});
const steps = [step('engine'), step('unit'), step('images', 1, 'engine'), step('sim'), step('e2e', 2, 'images')];
const ask = (ended: Record<string, Outcome>, running: string[], cores = 2) => {
  const { start, leaveOut } = next(steps, { ended: new Map(Object.entries(ended)), running: new Set(running) }, cores);
  return {
    start: start.map(({ name }) => name),
    leaveOut: leaveOut.map(({ step: { name }, outcome }) => [name, outcome]),
  };
};

it('starts as many steps as there are cores, in the order of the list', () => {
  expect(ask({}, [])).toEqual({ start: ['engine', 'unit'], leaveOut: [] });
  expect(ask({ engine: good }, ['unit'])).toEqual({ start: ['images'], leaveOut: [] });
  expect(ask({}, [], 1)).toEqual({ start: ['engine'], leaveOut: [] });
});

it('starts nothing before what it needs has ended well', () => {
  expect(ask({ unit: good }, ['engine'])).toEqual({ start: ['sim'], leaveOut: [] });
});

it('gives a step that wants both cores the machine for itself', () => {
  expect(ask({ engine: good, images: good, unit: good }, ['sim'])).toEqual({ start: [], leaveOut: [] });
  expect(ask({ engine: good, images: good, unit: good, sim: good }, [])).toEqual({ start: ['e2e'], leaveOut: [] });
});

it('lets a step that wants two cores run where there is only one', () => {
  expect(ask({ engine: good, images: good, unit: good, sim: good }, [], 1)).toEqual({ start: ['e2e'], leaveOut: [] });
});

it('leaves out what needs a left-out step, for the same reason', () => {
  expect(ask({ engine: absent }, ['unit', 'sim'])).toEqual({ start: [], leaveOut: [['images', absent]] });
});

it('leaves out what needs a failed step, and names it', () => {
  expect(ask({ engine: good, images: bad }, ['unit', 'sim'])).toEqual({
    start: [],
    leaveOut: [['e2e', { kind: 'left-out', why: 'images failed', remedy: 'see artefacts/images.log' }]],
  });
});

it('selects the steps named with all they need, in the order of the list', () => {
  expect(selectSteps(steps, ['e2e']).map(({ name }) => name)).toEqual(['engine', 'images', 'e2e']);
  expect(selectSteps(steps, [])).toEqual(steps);
  expect(() => selectSteps(steps, ['e3e'])).toThrow('no step is called e3e; there are: engine, unit, images, sim, e2e');
});
