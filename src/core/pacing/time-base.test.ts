import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { createTimeBase } from './time-base.js';

/** A scheduler whose timers can be made to come early or late, as real ones do. */
function sloppyClock(offByMs: (planned: number, delay: number) => number) {
  const clock = createVirtualClock();
  const scheduler: typeof clock.scheduler = {
    now: () => clock.nowMs,
    schedule: (work, delay = 0, state) =>
      clock.scheduler.schedule(
        work as () => void,
        Math.max(0, delay + offByMs(clock.nowMs + delay, delay)),
        state,
      ),
  };
  return { clock, scheduler };
}

describe('createTimeBase', () => {
  it('has its origin at the moment it is created', () => {
    const clock = createVirtualClock();
    clock.run(123.4);
    const timeBase = createTimeBase(clock.scheduler);

    expect(timeBase.originMs).toBe(123.4);
    expect(timeBase.startOfPeriodMs(3)).toBeCloseTo(153.4, 9);
    expect([123.4, 123.5, 133.4, 0].map(timeBase.periodFrom)).toEqual([0, 1, 1, 0]);
  });

  it('calls back at the start of every period, beginning with the next one', () => {
    const clock = createVirtualClock();
    const timeBase = createTimeBase(clock.scheduler, 20);
    const calls: unknown[] = [];
    clock.run(30);
    const subscription = timeBase.schedulePeriods((period, startMs) => {
      calls.push([period, startMs, clock.nowMs]);
    });
    clock.run(80);
    subscription.unsubscribe();
    clock.run(200);

    expect(calls).toEqual([
      [2, 40, 40],
      [3, 60, 60],
      [4, 80, 80],
    ]);
  });

  it('begins with the period that starts right now', () => {
    const clock = createVirtualClock();
    const periods: number[] = [];
    createTimeBase(clock.scheduler).schedulePeriods((period) => periods.push(period));
    expect(periods).toEqual([]);
    clock.advanceBy(0);
    expect(periods).toEqual([0]);
  });

  it('calls back for all periods that are due when the scheduler comes late, and skips none', () => {
    const { clock, scheduler } = sloppyClock((planned) => (planned === 30 ? 45 : 0));
    const calls: number[][] = [];
    createTimeBase(scheduler).schedulePeriods((period) => calls.push([period, clock.nowMs]));

    clock.run(100);

    expect(calls).toEqual([
      [0, 0],
      [1, 10],
      [2, 20],
      [3, 75],
      [4, 75],
      [5, 75],
      [6, 75],
      [7, 75],
      [8, 80],
      [9, 90],
      [10, 100],
    ]);
  });

  it('does not add up delays', () => {
    const { clock, scheduler } = sloppyClock(() => 0.7);
    const late: number[] = [];
    createTimeBase(scheduler).schedulePeriods((_, startMs) => late.push(clock.nowMs - startMs));
    clock.run(10_000);

    expect(late.length).toBe(1000);
    expect(Math.max(...late)).toBeLessThan(0.71);
  });

  it('waits for the rest when a timer comes early', () => {
    const { clock, scheduler } = sloppyClock((_, delay) => (delay > 1 ? -0.9 : 0));
    const early: number[] = [];
    createTimeBase(scheduler).schedulePeriods((_, startMs) => early.push(startMs - clock.nowMs));
    clock.run(500);

    expect(early.length).toBe(51);
    expect(Math.max(...early)).toBeLessThanOrEqual(0.001);
  });

  it('stops at once when unsubscribed from inside a callback, even with periods due', () => {
    const { clock, scheduler } = sloppyClock(() => 100);
    const periods: number[] = [];
    const subscription = createTimeBase(scheduler).schedulePeriods((period) => {
      periods.push(period);
      if (period === 2) subscription.unsubscribe();
    });
    clock.run(1000);
    expect(periods).toEqual([0, 1, 2]);
  });

  it('gives every period its whole samples and loses none, also where they do not divide', () => {
    const timeBase = createTimeBase(createVirtualClock().scheduler);
    const sizes = Array.from(
      { length: 8 },
      (_, k) => timeBase.firstSampleOf(k + 1, 11_025) - timeBase.firstSampleOf(k, 11_025),
    );
    expect(sizes).toEqual([110, 110, 110, 111, 110, 110, 110, 111]);
    expect(timeBase.firstSampleOf(100 * 3600, 11_025)).toBe(11_025 * 3600);
    expect(timeBase.firstSampleOf(7, 48_000)).toBe(7 * 480);
    for (const period of [0, 1, 3, 99_999]) {
      const first = timeBase.firstSampleOf(period, 11_025);
      expect(timeBase.sampleAt(timeBase.sampleMs(first, 11_025), 11_025)).toBe(first);
    }
  });

  it('runs on the virtual scheduler of rxjs', () => {
    const scheduler = new VirtualTimeScheduler(undefined, 50);
    const periods: number[] = [];
    createTimeBase(scheduler).schedulePeriods((period) => periods.push(period));
    scheduler.flush();
    expect(periods).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('emits at an instant, never early, at once when it has passed', () => {
    const { clock, scheduler } = sloppyClock((_, delay) => (delay > 1 ? -0.4 : 0));
    const timeBase = createTimeBase(scheduler);
    const seen: string[] = [];
    timeBase.at(12.5).subscribe({
      next: () => seen.push(`next ${clock.nowMs >= 12.499}`),
      complete: () => seen.push('complete'),
    });
    timeBase
      .at(20)
      .subscribe(() => seen.push('never'))
      .unsubscribe();
    clock.run(30);
    timeBase.at(30).subscribe(() => seen.push('passed'));
    expect(seen).toEqual(['next true', 'complete', 'passed']);
  });

  it.each([
    [0, 'periodMs must be a whole number from 1 to 100 ms, but is 0'],
    [2.5, 'periodMs must be a whole number from 1 to 100 ms, but is 2.5'],
  ])('refuses a period of %s ms', (periodMs, message) => {
    expect(() => createTimeBase(createVirtualClock().scheduler, periodMs)).toThrow(message);
  });

  it('refuses what is no scheduler', () => {
    expect(() => createTimeBase({} as never)).toThrow('scheduler must be an rxjs scheduler');
  });
});
