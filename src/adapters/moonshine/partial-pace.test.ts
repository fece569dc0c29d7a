import { describe, expect, it } from 'vitest';
import { createPartialPace } from './partial-pace.js';

/** Frames of 20 ms for so long; each answer that is not `later`, with when it came. */
function decisions(
  forMs: number,
  pace: ReturnType<typeof createPartialPace>,
  isFree = (_ms: number) => true,
) {
  const told: string[] = [];
  for (let ms = 20; ms <= forMs; ms += 20) {
    const decision = pace.decide(ms, isFree(ms));
    if (decision !== 'later') told.push(`${decision}@${ms}`);
  }
  return told;
}

describe('the pace of partial transcripts', () => {
  it('is one for each stretch of speech while they cost nothing', () => {
    expect(decisions(1300, createPartialPace(400, 0.5))).toEqual(['now@400', 'now@800', 'now@1200']);
  });

  it('slows down with what the last one cost, so that they take no more than their share of the time', () => {
    const pace = createPartialPace(400, 0.5);
    pace.took(500);

    expect(decisions(2100, pace)).toEqual([
      'skip@400',
      'skip@800',
      'now@1000',
      'skip@1400',
      'skip@1800',
      'now@2000',
    ]);
  });

  it('skips while the engine is busy, and goes on at once when it is free', () => {
    const pace = createPartialPace(400, 0.5);

    expect(decisions(1600, pace, (ms) => ms > 1000)).toEqual([
      'skip@400',
      'skip@800',
      'now@1020',
      'now@1420',
    ]);
  });
});
