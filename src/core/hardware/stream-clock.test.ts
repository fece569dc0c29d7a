import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import { createStreamClock, type StreamClockOptions } from './stream-clock.js';

interface World {
  readonly ppm?: number;
  readonly everyMs?: number;
  /** By how much an observation is low or late. Units: ms. */
  readonly lowMs?: () => number;
  readonly options?: StreamClockOptions;
  readonly rateHz?: number;
}

/** A device of known pace, observed for a while; further observations can follow. */
function observed({ ppm = 0, everyMs = 20, lowMs = () => 0, options, rateHz = 48_000 }: World) {
  const clock = createStreamClock(rateHz, options);
  const perMs = (rateHz / 1000) * (1 + ppm * 1e-6);
  let nowMs = 0;
  let missing = 0;
  const truthAt = (ms: number): number => ms * perMs - missing;
  const resets: number[] = [];
  return {
    clock,
    resets,
    truthAt,
    get nowMs() {
      return nowMs;
    },
    errorMs: () => (clock.countAt(nowMs) - truthAt(nowMs)) / perMs,
    /** So much was lost, or the device stood still for so long. */
    lose(ms: number) {
      missing += ms * perMs;
    },
    run(forMs: number, each: () => void = () => {}) {
      for (const endMs = nowMs + forMs; nowMs < endMs; ) {
        nowMs += everyMs;
        const reset = clock.observe(truthAt(nowMs) - lowMs() * perMs, nowMs);
        if (reset) resets.push(reset.byMs);
        each();
      }
    },
  };
}

const jitter = (seed: number, ms: number): (() => number) => {
  const random = randomNumbers(seed);
  return () => ms * random();
};

describe('createStreamClock', () => {
  it.each([-200, 0, 200])(
    'finds a drift of %s ppm and follows it within a millisecond, never faster than can be heard',
    (ppm) => {
      const world = observed({ ppm, lowMs: jitter(1, 3), rateHz: 44_100 });
      const slopes: number[] = [];
      let last = { ms: 0, count: 0 };
      world.run(120_000, () => {
        const now = { ms: world.nowMs, count: world.clock.countAt(world.nowMs) };
        if (last.ms > 0) slopes.push(((now.count - last.count) / (now.ms - last.ms) / 44.1 - 1) * 1e6);
        last = now;
      });
      expect(Math.abs((world.clock.driftPpm ?? Number.NaN) - ppm)).toBeLessThan(20);
      expect(Math.abs(world.errorMs())).toBeLessThan(1);
      expect(Math.max(...slopes.map(Math.abs))).toBeLessThan(500);
      expect(world.resets).toEqual([]);
    },
  );

  it('does not take a first observation that was late for a drift', () => {
    const lowMs = (() => {
      let first = true;
      return () => {
        const low = first ? 15 : 0;
        first = false;
        return low;
      };
    })();
    const world = observed({ lowMs, options: { believeAheadMs: 20 } });
    let worst = 0;
    world.run(200_000, () => {
      worst = Math.max(worst, Math.abs(world.clock.driftPpm ?? 0));
    });
    expect(Math.abs(world.errorMs())).toBeLessThan(0.1);
    // Without a stop it would wind up to its limit of 400.
    expect(worst).toBeLessThan(120);
  });

  it('says nothing of the drift before it can know, and begins with what is known from before', () => {
    const world = observed({ ppm: 150, options: { believeAheadMs: 20, driftPpm: 150 } });
    world.run(4000);
    expect(world.clock.driftPpm).toBeNull();
    world.run(4000);
    expect(world.clock.driftPpm).toBeCloseTo(150, 0);
    expect(Math.abs(world.errorMs())).toBeLessThan(0.01);
  });

  it('takes one window that is behind for a stall, two for a loss', () => {
    const world = observed({ lowMs: jitter(2, 3) });
    world.run(20_000);
    world.lose(100);
    world.run(400);
    expect(world.resets).toEqual([]);
    world.run(1200);
    expect(world.resets.length).toBe(1);
    expect(world.resets[0]).toBeGreaterThan(-104);
    expect(world.resets[0]).toBeLessThan(-96);
    expect(Math.abs(world.errorMs())).toBeLessThan(4);
  });

  it('sees after a disturbance at once what was lost, also when that goes on', () => {
    const world = observed({
      everyMs: 50,
      lowMs: jitter(3, 4),
      options: { believeAheadMs: 20, disturbedLossMs: 6, disturbedWindows: 4 },
    });
    world.run(20_000);
    world.clock.disturb();
    world.run(100);
    world.lose(60);
    world.run(500);
    expect(world.resets.length).toBeGreaterThanOrEqual(1);
    expect(Math.abs(world.errorMs())).toBeLessThan(6);
  });

  it('sets right the little that a disturbance has left, instead of taking it for a drift', () => {
    const world = observed({
      everyMs: 50,
      lowMs: jitter(4, 2),
      options: { believeAheadMs: 20, disturbedLossMs: 6, disturbedWindows: 4 },
    });
    world.run(20_000);
    world.lose(4);
    world.clock.disturb();
    world.run(1000);
    expect(world.resets).toHaveLength(1);
    expect(Math.abs(world.errorMs())).toBeLessThan(1.5);
    let most = 0;
    world.run(20_000, () => {
      most = Math.max(most, Math.abs(world.clock.driftPpm ?? 0));
    });
    expect(most).toBeLessThan(25);
    expect(world.resets).toHaveLength(1);
  });

  it('is right within a millisecond 25 s after a start that was off by 9, and takes little of it for a drift', () => {
    let isFirst = true;
    const world = observed({
      everyMs: 100,
      lowMs: () => {
        if (!isFirst) return 0;
        isFirst = false;
        return 9;
      },
      options: { believeAheadMs: 10, startsRoughly: true },
    });
    let most = 0;
    world.run(25_000, () => {
      most = Math.max(most, Math.abs(world.clock.driftPpm ?? 0));
    });
    expect(Math.abs(world.errorMs())).toBeLessThan(1);
    expect(most).toBeLessThan(20);
    world.run(60_000, () => {
      most = Math.max(most, Math.abs(world.clock.driftPpm ?? 0));
    });
    expect(most).toBeLessThan(40);
    expect(Math.abs(world.errorMs())).toBeLessThan(0.2);
    expect(world.resets).toEqual([]);
  });

  it('believes at once what is ahead by more than it was told to doubt', () => {
    const world = observed({ options: { believeAheadMs: 20 } });
    world.run(1000);
    world.lose(-30);
    world.run(20);
    expect(world.resets.map(Math.round)).toEqual([30]);
    expect(Math.abs(world.errorMs())).toBeLessThan(0.01);

    const doubting = observed({});
    doubting.run(1000);
    doubting.lose(-30);
    doubting.run(20);
    expect([doubting.resets, Math.round(doubting.errorMs())]).toEqual([[], -30]);
  });

  it('is set to what is known from elsewhere, and keeps the pace', () => {
    const world = observed({ ppm: 100 });
    world.run(120_000);
    const { nowMs } = world;
    const { byMs } = world.clock.setTo(world.clock.countAt(nowMs) - 4800, nowMs);
    expect(byMs).toBeCloseTo(-100, 6);
    expect((world.clock.countAt(nowMs + 1000) - world.clock.countAt(nowMs)) / 48_000).toBeCloseTo(1.0001, 5);

    const fresh = createStreamClock(48_000);
    expect(fresh.setTo(480, 10).byMs).toBe(0);
    expect([fresh.countAt(20), fresh.msAt(960)]).toEqual([960, 20]);
  });

  it('coasts on the drift alone, without a step, and does not take the pause for one window', () => {
    const world = observed({ ppm: -120, lowMs: jitter(4, 2) });
    world.run(120_000);
    const before = world.clock.countAt(world.nowMs);
    world.clock.coast(world.nowMs);
    expect(world.clock.countAt(world.nowMs)).toBeCloseTo(before, 6);
    const drift = world.clock.driftPpm as number;
    const hourLaterMs = world.nowMs + 3_600_000;
    expect((world.clock.countAt(hourLaterMs) - before) / 48 / 3_600_000).toBeCloseTo(1 + drift * 1e-6, 9);
    world.clock.coast(hourLaterMs);
    expect(world.clock.driftPpm).toBe(drift);
  });

  it('is its own inverse', () => {
    const world = observed({ ppm: 77 });
    world.run(10_000);
    for (const ms of [0, 5000, 12_345.6])
      expect(world.clock.msAt(world.clock.countAt(ms))).toBeCloseTo(ms, 6);
  });
});
