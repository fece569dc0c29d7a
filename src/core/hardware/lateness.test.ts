import { describe, expect, it } from 'vitest';
import { createLateness } from './lateness.js';

describe('lateness', () => {
  it('is the middle, the hundredth part that is latest, and the latest of what was added', () => {
    const lateness = createLateness();
    for (let n = 200; n >= 1; n -= 1) lateness.add(n / 10);

    expect(lateness.take()).toEqual({ p50: 10, p99: 19.8, max: 20 });
  });

  it('begins anew once it was taken, and is nothing when nothing came', () => {
    const lateness = createLateness();
    lateness.add(7);
    lateness.take();

    expect(lateness.take()).toEqual({ p50: 0, p99: 0, max: 0 });
    lateness.add(3);
    expect(lateness.take()).toEqual({ p50: 3, p99: 3, max: 3 });
  });

  it('keeps the latest of more calls than it keeps', () => {
    const lateness = createLateness();
    for (let n = 0; n < 100_000; n += 1) lateness.add(1);
    lateness.add(50);

    expect(lateness.take()).toEqual({ p50: 1, p99: 1, max: 50 });
  });
});
