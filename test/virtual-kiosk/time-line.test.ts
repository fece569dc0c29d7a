import { describe, expect, it } from 'vitest';
import { timeLine } from './time-line.js';

describe('the time line of a recording', () => {
  it('goes by the earliest arrival, however late the others are', () => {
    const arrivals = [
      { frames: 5, atMs: 1014 },
      { frames: 10, atMs: 1012 },
      { frames: 15, atMs: 1015 },
      { frames: 20, atMs: 1034 },
    ];
    const { firstSampleMs, msAt, frameAt } = timeLine(arrivals, 1000, 3);

    expect(firstSampleMs).toBe(1003);
    expect(msAt(17)).toBe(1020);
    expect(frameAt(1020)).toBe(17);
  });

  it('has a gap where the device stood still, and nothing was heard in it', () => {
    const arrivals = Array.from({ length: 40 }, (_, i) => {
      const frames = 10 * (i + 1);
      return { frames, atMs: 1000 + frames + (frames > 200 ? 500 : 0) };
    });
    const { msAt, frameAt } = timeLine(arrivals, 1000, 0);

    expect(msAt(199)).toBe(1199);
    expect(msAt(200)).toBe(1700);
    expect(frameAt(1199)).toBe(199);
    expect(frameAt(1400)).toBe(200);
    expect(frameAt(1701)).toBe(201);
  });

  it('takes a stall at the very end for what it is', () => {
    const arrivals = [100, 200, 210].map((frames) => ({
      frames,
      atMs: 1000 + frames + (frames > 200 ? 300 : 0),
    }));
    expect(timeLine(arrivals, 1000, 0).msAt(205)).toBe(1205);
  });

  it('stays right for hours with a device that is faster or slower than the clock', () => {
    for (const ppm of [-300, 300]) {
      const perMs = 1 + ppm * 1e-6;
      const arrivals = Array.from({ length: 60_000 }, (_, i) => {
        const frames = 100 * (i + 1);
        return { frames, atMs: 7000 + frames / perMs + (i % 7) };
      });
      const { msAt, frameAt } = timeLine(arrivals, 1000, 0);

      for (const frame of [0, 1_000_000, 2_999_999, 5_999_000]) {
        expect(Math.abs(msAt(frame) - (7000 + frame / perMs))).toBeLessThan(3);
        expect(Math.abs(frameAt(msAt(frame)) - frame)).toBeLessThan(3);
      }
    }
  });

  it('has a gap also in a recording of hours', () => {
    const arrivals = Array.from({ length: 60_000 }, (_, i) => {
      const frames = 100 * (i + 1);
      return { frames, atMs: frames + (i >= 30_000 ? 90 : 0) };
    });
    const { msAt } = timeLine(arrivals, 1000, 0);

    expect(msAt(2_999_999)).toBe(2_999_999);
    expect(msAt(3_000_000)).toBe(3_000_090);
    expect(msAt(5_999_999)).toBe(6_000_089);
  });
});
