import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckVerdict, count, isUnsettled, join, NO_VERDICT, type ProbeResult } from './verdict.ts';

const good: ProbeResult = { outcome: 'success', detail: '' };
const bad: ProbeResult = { outcome: 'failure', detail: 'status 503' };
const after = (results: readonly ProbeResult[], thresholds = { rise: 2, fall: 3 }): CheckVerdict =>
  results.reduce((verdict, result) => count(verdict, result, thresholds), NO_VERDICT);

describe('count', () => {
  it('is unknown until enough probes agree', () => {
    expect(after([good])).toEqual({ health: 'unknown', streak: 1, last: good });
    expect(after([bad, bad, good])).toEqual({ health: 'unknown', streak: 1, last: good });
  });

  it('passes after `rise` good probes in a row and fails after `fall` bad ones', () => {
    expect(after([good, good])).toEqual({ health: 'passing', streak: 2, last: good });
    expect(after([good, good, bad, bad])).toEqual({ health: 'passing', streak: 2, last: bad });
    expect(after([good, good, bad, bad, bad])).toEqual({ health: 'failing', streak: 3, last: bad });
  });

  it('counts timeouts and errors as bad', () => {
    expect(after([good, good, { ...bad, outcome: 'timeout' }, { ...bad, outcome: 'error' }, bad]).health).toBe(
      'failing',
    );
  });

  it('never changes its mind on fewer probes in a row than asked', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), fc.integer({ min: 2, max: 5 }), (outcomes, threshold) => {
        let verdict = NO_VERDICT;
        let inARow = 0;
        let former: boolean | null = null;
        for (const isGood of outcomes) {
          const next = count(verdict, isGood ? good : bad, { rise: threshold, fall: threshold });
          inARow = former === isGood ? inARow + 1 : 1;
          former = isGood;
          if (next.health !== verdict.health) expect(inARow).toBe(threshold);
          verdict = next;
        }
      }),
    );
  });
});

describe('isUnsettled', () => {
  it('holds while the last probe disagrees with the verdict', () => {
    expect(
      [[good], [good, good], [good, good, bad], [bad, bad, bad]].map(results => isUnsettled(after(results))),
    ).toEqual([true, false, true, false]);
  });
});

describe('join', () => {
  it('needs all, any, or a number of checks', () => {
    expect(join(['passing', 'passing'], 'all')).toBe('passing');
    expect(join(['passing', 'failing'], 'all')).toBe('failing');
    expect(join(['passing', 'unknown'], 'all')).toBe('unknown');
    expect(join(['failing', 'passing'], 'any')).toBe('passing');
    expect(join(['failing', 'unknown'], 'any')).toBe('unknown');
    expect(join(['failing', 'failing'], 'any')).toBe('failing');
    expect(join(['passing', 'passing', 'failing'], { atLeast: 2 })).toBe('passing');
    expect(join(['passing', 'failing', 'failing'], { atLeast: 2 })).toBe('failing');
    expect(join(['passing', 'unknown', 'failing'], { atLeast: 2 })).toBe('unknown');
  });

  it('passes when there are no checks', () => {
    expect([join([], 'all'), join([], 'any')]).toEqual(['passing', 'passing']);
  });
});
