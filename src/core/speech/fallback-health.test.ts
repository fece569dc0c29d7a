import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  afterProbe,
  type Health,
  isProbeDue,
  wellUp,
  whileProbing,
  withoutProbe,
} from './fallback-health.js';

const rule = { failuresUntilDown: 2, probeAfterMs: 1000, maxProbeAfterMs: 5000 };

describe('health', () => {
  it('is lost after as many failures in a row as are allowed', () => {
    const once = afterFailure(wellUp, 0, rule);
    expect(once).toEqual({ state: 'up', failures: 1 });
    expect(afterFailure(once, 70, rule)).toMatchObject({ state: 'down', sinceMs: 70, probeAtMs: 1070 });
  });

  it('is asked for again after twice as long each time, up to a limit', () => {
    let health: Health = afterFailure({ state: 'up', failures: 1 }, 0, rule);
    const waits: number[] = [];
    for (let n = 0; n < 5; n++) {
      if (health.state !== 'down') throw new Error('is up');
      waits.push(health.probeAtMs);
      health = afterProbe(health, 0, rule);
    }
    expect(waits).toEqual([1000, 2000, 4000, 5000, 5000]);
  });

  it('is asked for by one at a time, when it is time', () => {
    const down = afterFailure({ state: 'up', failures: 1 }, 0, rule);
    expect(isProbeDue(wellUp, 9000)).toBe(false);
    expect(isProbeDue(down, 999)).toBe(false);
    expect(isProbeDue(down, 1000)).toBe(true);
    expect(isProbeDue(whileProbing(down), 9000)).toBe(false);
    expect(isProbeDue(withoutProbe(whileProbing(down)), 9000)).toBe(true);
  });

  it('is lost once: what else fails while it is down says nothing new', () => {
    const down = afterFailure({ state: 'up', failures: 1 }, 0, rule);
    expect(afterFailure(down, 500, rule)).toBe(down);
    expect(afterFailure({ state: 'out' }, 500, rule)).toEqual({ state: 'out' });
    expect(isProbeDue({ state: 'out' }, 9_000_000)).toBe(false);
  });
});
