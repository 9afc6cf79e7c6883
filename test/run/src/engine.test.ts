import { expect, it } from 'vitest';
import { type Found, planEngine } from './engine.ts';

const bare: Found = { answers: false, hasDocker: false, hasDockerd: false, isRoot: false, hasApt: true };

it('uses an engine that answers, whoever asks', () => {
  expect(planEngine({ ...bare, answers: true, hasDocker: true })).toBe('use');
});

it('starts an installed engine only as root', () => {
  const installed = { ...bare, hasDocker: true, hasDockerd: true };
  expect(planEngine({ ...installed, isRoot: true })).toBe('start');
  expect(planEngine(installed)).toBe('leave-out');
});

it('installs only as root on Debian', () => {
  expect(planEngine({ ...bare, isRoot: true })).toBe('install');
  expect(planEngine({ ...bare, isRoot: true, hasApt: false })).toBe('leave-out');
  expect(planEngine(bare)).toBe('leave-out');
});
