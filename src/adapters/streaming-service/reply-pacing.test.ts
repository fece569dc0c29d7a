import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { createReplyPacing } from './reply-pacing.js';

function start(maxAheadMs = 30_000) {
  const clock = createVirtualClock();
  const told: string[] = [];
  let paused = false;
  const pacing = createReplyPacing({
    maxAheadMs,
    scheduler: clock.scheduler,
    pause() {
      paused = true;
      told.push(`pause ${clock.nowMs}`);
    },
    resume(pausedMs) {
      paused = false;
      told.push(`resume ${clock.nowMs} after ${pausedMs}`);
    },
  });
  return { clock, told, pacing, isPaused: () => paused };
}

describe('createReplyPacing', () => {
  it('pauses beyond the bound and goes on when half of it is left', () => {
    const { pacing, told } = start(1000);
    pacing.received(1000);
    expect(told).toEqual([]);
    pacing.received(20);
    pacing.heard(500);
    expect(told).toEqual(['pause 0']);
    pacing.heard(520);

    expect(told).toEqual(['pause 0', 'resume 0 after 0']);
  });

  it('lets a whole answer pass that is never too far ahead', () => {
    const { pacing, clock, told } = start(1000);
    for (let k = 0; k < 100; k++) {
      pacing.received(250);
      clock.advanceBy(250);
    }

    expect(told).toEqual([]);
  });

  it('counts elapsed time as heard where nobody reports', () => {
    const { pacing, clock, told } = start(1000);
    pacing.received(5000);
    clock.advanceBy(60_000);

    expect(told).toEqual(['pause 0', 'resume 4500 after 4500']);
  });

  it('counts elapsed time again when reports stay away, so that no pause is for ever', () => {
    const { pacing, clock, told } = start(1000);
    pacing.received(5000);
    clock.advanceBy(1000);
    pacing.heard(100);
    clock.advanceBy(2000);
    expect(told).toEqual(['pause 0']);
    clock.advanceBy(60_000);

    expect(told).toHaveLength(2);
  });

  it('is silent and leaves no timer once it is stopped', () => {
    const { pacing, clock, told } = start(1000);
    pacing.received(1000);
    pacing.stop();
    pacing.received(1000);
    pacing.heard(1);
    clock.advanceBy(10_000);

    expect(told).toEqual([]);
  });

  it.each([
    ['a consumer that reports every 500 ms', 500],
    ['a consumer that never reports', undefined],
  ])('holds ten minutes at ten times real time within the bound for %s', (_who, everyMs) => {
    const { pacing, clock, isPaused } = start();
    const stepMs = 10;
    let sentMs = 0;
    let heardMs = 0;
    let mostMs = 0;
    let elapsedMs = 0;
    while (heardMs < 600_000) {
      if (!isPaused() && sentMs < 600_000) {
        sentMs += 10 * stepMs;
        pacing.received(10 * stepMs);
      }
      clock.advanceBy(stepMs);
      elapsedMs += stepMs;
      heardMs = Math.min(sentMs, heardMs + stepMs);
      if (everyMs !== undefined && elapsedMs % everyMs === 0) pacing.heard(heardMs);
      mostMs = Math.max(mostMs, sentMs - heardMs);
    }

    expect(mostMs).toBeLessThanOrEqual(30_000 + 10 * stepMs);
    expect(mostMs).toBeGreaterThan(29_000);
    // The user heard it without a gap.
    expect(elapsedMs).toBeLessThanOrEqual(600_000 + 2 * stepMs);
  });
});
