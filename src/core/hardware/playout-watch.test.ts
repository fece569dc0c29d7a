import { describe, expect, it } from 'vitest';
import { createPlayoutWatch } from './playout-watch.js';

/** A watch over a device that plays: how much it has played is a function of the time since it was opened. */
function watched(
  playedMs: (ms: number) => number,
  { everyMs = 50, forMs = 10_000, lateMs = (ms: number) => 0 * ms } = {},
) {
  const watch = createPlayoutWatch({ label: 'it', openTimeoutMs: 2000, stallMs: 400, aheadMs: 400 });
  watch.open(0, 2000, true);
  watch.opened(0);
  for (let ms = everyMs; ms <= forMs; ms += everyMs) {
    const atMs = ms + lateMs(ms);
    const error = watch.report(playedMs(ms), atMs, atMs) ?? watch.tick(atMs);
    if (error) return { error: error.message, atMs };
  }
  return { error: undefined, atMs: forMs };
}

describe('createPlayoutWatch', () => {
  it('lets a fast clock drift for a day', () => {
    expect(watched((ms) => ms * 1.0004 - 20, { everyMs: 100, forMs: 86_400_000 }).error).toBeUndefined();
  });

  it('lets what was told late be told on time again, also after a standstill of seconds', () => {
    const lateMs = (ms: number): number => (ms > 4000 && ms < 7000 ? 7000 - ms : 0);
    expect(watched((ms) => ms - 20, { lateMs, forMs: 30_000 }).error).toBeUndefined();
  });

  it('lets a device be set forward now and then', () => {
    expect(watched((ms) => ms - 1000 + 50 * Math.floor(ms / 7000), { forMs: 140_000 }).error).toBeUndefined();
  });

  it.each([
    ['40 times real time', 40, 60],
    ['one and a half times real time', 1.5, 900],
    ['twice real time', 2, 450],
  ])('sees a flood of %s', (_, factor, withinMs) => {
    const played = (ms: number): number => (ms < 5000 ? ms : 5000 + (ms - 5000) * factor) - 20;
    const { error, atMs } = watched(played, { everyMs: 10 });
    expect(error).toContain('ahead of time');
    expect(atMs - 5000).toBeLessThanOrEqual(withinMs);
  });

  it('sees a flood from the first moment on', () => {
    expect(watched((ms) => ms * 40, { everyMs: 5 }).atMs).toBeLessThanOrEqual(20);
  });

  it('sees a standstill, and tells it from one that never began', () => {
    const still = watched((ms) => Math.min(ms, 3000), { everyMs: 5 });
    expect(still.error).toContain('[DEVICE_LOST] it stands still');
    expect(still.atMs).toBeLessThanOrEqual(3410);
    expect(watched(() => 0, { everyMs: 5 }).error).toContain('[DEVICE_BUSY] it was opened but does not play');
  });

  it('counts a tick that came late for little', () => {
    const watch = createPlayoutWatch({ label: 'it', openTimeoutMs: 2000, stallMs: 400, aheadMs: 400 });
    watch.open(0, 2000, true);
    watch.opened(0);
    watch.report(10, 20, 20);
    expect(watch.tick(5000)).toBeUndefined();
    expect(watch.tick(5005)).toBeUndefined();
    watch.close();
    expect(watch.tick(50_000)).toBeUndefined();
  });
});
