import { concat, concatMap, ignoreElements, type Observable, of, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { tryAgain } from './try-again.js';

/** One that takes so long for its answers, and what came of trying it. */
function tried(...answersMs: readonly (number | 'fails')[]) {
  const clock = createVirtualClock();
  const waits: number[] = [];
  const seen: unknown[] = [];
  const ask = (waitMs: number): Observable<unknown> => {
    const ms = answersMs[waits.length] ?? 0;
    waits.push(waitMs);
    if (ms === 'fails') return throwError(() => 'failed');
    if (ms > waitMs) return timer(waitMs, clock.scheduler).pipe(concatMap(() => throwError(() => 'late')));
    return concat(timer(ms, clock.scheduler).pipe(ignoreElements()), of('first', 'second'));
  };
  tryAgain(ask, 1000, 60_000, clock.scheduler).subscribe({
    next: () => seen.push('well'),
    error: (error) => seen.push(error),
  });
  clock.advanceBy(200_000);
  return { waits, seen };
}

describe('tryAgain', () => {
  it('takes one that answers in time for well', () => {
    expect(tried(1000)).toEqual({ waits: [60_000], seen: ['well'] });
  });

  it('gives one the time to start, and asks it once more', () => {
    expect(tried(20_000, 500)).toEqual({ waits: [60_000, 1000], seen: ['well'] });
  });

  it('does not take one for well that is late again', () => {
    expect(tried(20_000, 1500)).toEqual({ waits: [60_000, 1000], seen: ['late'] });
  });

  it('waits for the start no longer than that', () => {
    expect(tried(70_000)).toEqual({ waits: [60_000], seen: ['late'] });
  });

  it.each([[['fails']], [[20_000, 'fails']]] as const)('passes on what it fails with: %o', (answers) => {
    expect(tried(...answers).seen).toEqual(['failed']);
  });
});
