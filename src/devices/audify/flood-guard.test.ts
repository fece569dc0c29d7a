import { describe, expect, it } from 'vitest';
import { createFloodGuard } from './flood-guard.js';

describe('the flood guard', () => {
  it('lets a day of a device pass whose clock is 300 ppm fast', () => {
    const guard = createFloodGuard(0);
    const alarms: number[] = [];

    for (let buffer = 1; buffer <= 24 * 360_000; buffer += 1) {
      const atMs = (buffer * 10) / 1.0003;
      if (guard.pass(10, atMs)) alarms.push(atMs);
    }

    expect(alarms).toEqual([]);
  });

  it('sounds when more than 400 ms come than time has passed', () => {
    const guard = createFloodGuard(0);
    const passes = Array.from({ length: 100 }, () => guard.pass(10, 5));

    expect(passes.indexOf(true)).toBe(40);
  });

  it('sounds in a flood that begins after hours', () => {
    const guard = createFloodGuard(0);
    let atMs = 0;
    for (; atMs < 3 * 3_600_000; atMs += 10) guard.pass(10, atMs);

    const passes = Array.from({ length: 100 }, () => guard.pass(10, atMs));

    expect(passes.indexOf(true)).toBeGreaterThan(30);
    expect(passes.indexOf(true)).toBeLessThan(50);
  });

  it.each([3000, 40_000, 100_000])(
    'takes what comes at once after a stall of %d ms for no flood',
    (stallMs) => {
      const guard = createFloodGuard(0);
      let atMs = 0;
      for (; atMs < 65_000; atMs += 10) guard.pass(10, atMs);

      atMs += stallMs;
      const passes = Array.from({ length: stallMs / 10 }, () => guard.pass(10, atMs));

      expect(passes).not.toContain(true);
    },
  );
});
