import { delay, firstValueFrom, lastValueFrom, map, observeOn, of, take, timer, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { monotonicScheduler } from './monotonic-scheduler.js';

describe('monotonicScheduler', () => {
  it('begins near zero and never goes back, whatever the time of day does', () => {
    const scheduler = monotonicScheduler();
    const timeOfDay = vi.spyOn(Date, 'now').mockReturnValue(0);
    try {
      let last = scheduler.now();
      expect(last).toBeGreaterThanOrEqual(0);
      for (let i = 0; i < 1000; i += 1) {
        const now = scheduler.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
      expect(last).toBeLessThan(60_000);
    } finally {
      timeOfDay.mockRestore();
    }
  });

  it('carries timer, delay and observeOn, none earlier than asked but for the grain of a timer', async () => {
    const scheduler = monotonicScheduler();
    const startMs = scheduler.now();
    const sinceStart = map(() => scheduler.now() - startMs);
    const [ticks, delayed, observed] = await Promise.all([
      lastValueFrom(timer(10, 15, scheduler).pipe(take(3), sinceStart, toArray())),
      firstValueFrom(of(0).pipe(delay(12.5, scheduler), sinceStart)),
      firstValueFrom(of(0).pipe(observeOn(scheduler), sinceStart)),
    ]);

    // Node's timers count whole milliseconds of a clock that is read once a turn.
    expect(ticks.length).toBe(3);
    expect(ticks[0]).toBeGreaterThan(8.5);
    expect(ticks[2]).toBeGreaterThan(37);
    expect(delayed).toBeGreaterThan(11);
    expect(observed).toBeGreaterThanOrEqual(0);
  });

  it('forgets what is unsubscribed', async () => {
    const scheduler = monotonicScheduler();
    let ran = false;
    scheduler
      .schedule(() => {
        ran = true;
      }, 5)
      .unsubscribe();
    await firstValueFrom(timer(20, scheduler));
    expect(ran).toBe(false);
  });

  it('does not fire at once for a delay that is too long for a timer', async () => {
    const scheduler = monotonicScheduler();
    let ran = false;
    const action = scheduler.schedule(() => {
      ran = true;
    }, 1e12);
    await firstValueFrom(timer(20, scheduler));
    action.unsubscribe();
    expect(ran).toBe(false);
  });
});
