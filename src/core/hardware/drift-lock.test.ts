import { describe, expect, it } from 'vitest';
import { createDriftLock } from './drift-lock.js';

/** A stream of which the lock sees how much was put out, every 10 ms, and a loudspeaker that is so much faster. */
function run(seconds: number, loudspeakerPpm: number, jumpMs = 0) {
  const lock = createDriftLock({ at: (ms) => 5000 + ms * (1 + loudspeakerPpm * 1e-6) });
  const ppms: number[] = [];
  let outputMs = 0;
  let ppm = 0;
  for (let ms = 1000; ms <= 1000 + seconds * 1000; ms += 10) {
    if (jumpMs !== 0 && ms === 31_000) {
      outputMs += jumpMs;
      lock.rebase(ms, outputMs);
    }
    ppm = lock.steer(ms, outputMs);
    ppms.push(ppm);
    outputMs += 10 * (1 + ppm * 1e-6);
  }
  const inStepMs = (seconds * 1000 + 10) * (1 + loudspeakerPpm * 1e-6) + jumpMs;
  return { ppms, offMs: inStepMs - outputMs };
}

describe('a drift lock', () => {
  it.each([200, -200, 400, 30])('finds a drift of %d ppm and is in step again within minutes', (drift) => {
    const { ppms, offMs } = run(180, drift);

    expect(ppms.at(-1)).toBeCloseTo(drift, 0);
    expect(Math.abs(offMs)).toBeLessThan(0.02);
  });

  it('does nothing while there is nothing to do', () => {
    const { ppms } = run(600, 0);

    expect(new Set(ppms)).toEqual(new Set([0]));
  });

  it('waits until a quarter of a millisecond is missing', () => {
    const { ppms } = run(60, 10);

    expect(ppms.findIndex((ppm) => ppm !== 0)).toBeCloseTo(2500, -2);
  });

  it('changes the pitch by less than 0.05 %, and slowly, whatever the clocks say', () => {
    const { ppms } = run(60, 5000);
    const changes = ppms.slice(1).map((ppm, index) => Math.abs(ppm - (ppms[index] as number)));

    expect(Math.max(...ppms)).toBe(480);
    expect(Math.max(...changes)).toBeLessThanOrEqual(0.5 + 1e-9);
  });

  it('does not correct what it is told to leave', () => {
    const { ppms, offMs } = run(180, 100, -700);
    const around = ppms.slice(2990, 3010);

    expect(Math.max(...around) - Math.min(...around)).toBeLessThan(5);
    expect(Math.abs(offMs)).toBeLessThan(0.02);
  });
});
