import { describe, expect, it } from 'vitest';
import { createSilenceWatch } from './silence-watch.js';

describe('a silence watch', () => {
  it('counts from what came last, not from the tick before', () => {
    const watch = createSilenceWatch(25, 1000);
    watch.tick(1025);
    watch.heard(1045);
    for (let ms = 1050; ms <= 1500; ms += 25) watch.tick(ms);

    expect(watch.quietMs).toBe(455);
  });

  it('counts a tick that came late for two, because what came meanwhile waits to be read', () => {
    const watch = createSilenceWatch(25, 0);
    watch.tick(25);
    watch.heard(30);
    watch.tick(3030);

    expect(watch.quietMs).toBe(45);
    expect(watch.maxLagMs).toBe(2980);
  });

  it('does not owe the next silence what something took that came after a standstill', () => {
    const watch = createSilenceWatch(25, 0);
    watch.heard(5000);

    expect(watch.quietMs).toBe(-50);
  });

  it('looks for the latest tick anew when told to', () => {
    const watch = createSilenceWatch(25, 0);
    watch.tick(125);
    watch.forgetLag();
    watch.tick(155);

    expect(watch.maxLagMs).toBe(5);
  });
});
