import { describe, expect, it } from 'vitest';
import { countArrays } from '../../../../test/support/count-arrays.js';
import {
  distorted,
  heardByAnotherClock,
  mixed,
  pathResponse,
  roomNoise,
  type SimulatedPath,
  through,
} from '../../../../test/support/simulated-room.js';
import { longVoice, shortVoice } from '../../../../test/support/voices.js';
import { createDriftConverter } from '../drift-converter.js';
import { createEchoEngine, type EchoEngine } from './echo-engine.js';

const rate = 16_000;
const blockSamples = 160;
const partitions = 32;

/** The voice from the loudspeaker. */
const farVoice = longVoice();
/** The person in the room is another one. */
const nearVoice = shortVoice();

const room: SimulatedPath = { delayMs: 60, reverberationMs: 250, directDb: 3, gainDb: -6, seed: 1 };
const response = pathResponse(room);

const placed = (signal: Float32Array, seconds: number, length: number): Float32Array => {
  const whole = new Float32Array(length);
  whole.set(signal.subarray(0, length - seconds * rate), seconds * rate);
  return whole;
};

const levelDb = (signal: ArrayLike<number>, fromS = 0, toS = signal.length / rate): number => {
  let sum = 0;
  for (let i = fromS * rate; i < toS * rate; i++) sum += (signal[i] as number) ** 2;
  return 10 * Math.log10(sum / ((toS - fromS) * rate) + 1e-12);
};

interface Run {
  /** What comes out, moved to the time of what went in. */
  readonly cleaned: Float32Array;
  /** After the linear filter alone. */
  readonly residual: Float32Array;
  readonly engine: EchoEngine;
}

/** Run both signals through; the reference follows the drift as it is told. */
function run(
  far: Float32Array,
  captured: Float32Array,
  look?: (seconds: number, engine: EchoEngine) => void,
): Run {
  const engine = createEchoEngine(blockSamples, partitions, rate);
  const converter = createDriftConverter(rate, rate);
  converter.setPpm(1e-6);
  const cleaned = new Float32Array(captured.length);
  const residual = new Float32Array(captured.length);
  let waiting: number[] = [];
  let taken = 0;
  for (let at = 0; at + blockSamples <= captured.length; at += blockSamples) {
    while (waiting.length < blockSamples) {
      const next = new Float32Array(blockSamples);
      next.set(far.subarray(taken, taken + blockSamples));
      taken += blockSamples;
      waiting = waiting.concat(Array.from(converter.push(next)));
    }
    const reference = Float64Array.from(waiting.slice(0, blockSamples));
    waiting = waiting.slice(blockSamples);
    engine.step(reference, Float64Array.from(captured.subarray(at, at + blockSamples)));
    converter.setPpm(-engine.referencePpm);
    residual.set(engine.residual, at);
    if (at >= blockSamples) cleaned.set(engine.cleaned, at - blockSamples);
    look?.(at / rate, engine);
  }
  return { cleaned, residual, engine };
}

describe('createEchoEngine', () => {
  const quiet = roomNoise(farVoice.length, -70, 5);
  const echo = through(farVoice, response);
  const seconds = Math.floor(farVoice.length / rate);

  it('removes the echo of a voice: most of it by the filter, the rest by the suppressor', () => {
    const captured = mixed(echo, quiet);

    const { cleaned, residual, engine } = run(farVoice, captured);

    const before = levelDb(captured, 8, seconds - 1);
    expect(before - levelDb(residual, 8, seconds - 1)).toBeGreaterThan(22);
    expect(before - levelDb(cleaned, 8, seconds - 1)).toBeGreaterThan(38);
    expect(engine.convergence).toBe(1);
    expect(engine.lossDb).toBeGreaterThan(10);
    expect(engine.pathChanges).toBe(0);
    expect(engine.delaySamples).toBe(960);
  });

  it('removes the echo of noise', () => {
    const far = roomNoise(6 * rate, -20, 7);
    const captured = mixed(through(far, response), quiet);

    const { residual } = run(far, captured);

    expect(levelDb(captured, 3, 6) - levelDb(residual, 3, 6)).toBeGreaterThan(35);
  });

  it.each([
    [0, 1],
    [-6, 2],
  ])('keeps a person whole who speaks at %d dB to the echo, within %d dB', (ratioDb, withinDb) => {
    const at = 9;
    const gain = 10 ** ((levelDb(echo, 8, 12) + ratioDb - levelDb(nearVoice)) / 20);
    const near = placed(
      nearVoice.map((sample) => gain * sample),
      at,
      echo.length,
    );
    const end = at + nearVoice.length / rate;

    const { cleaned, engine } = run(farVoice, mixed(echo, quiet, near));

    const changeDb = levelDb(cleaned, at, end) - levelDb(near, at, end);
    expect(Math.abs(changeDb)).toBeLessThan(withinDb);
    // And what is there is that person: the difference is much quieter.
    const difference = cleaned.map((sample, i) => sample - (near[i] as number));
    expect(levelDb(near, at, end) - levelDb(difference, at, end)).toBeGreaterThan(6);
    expect(engine.pathChanges).toBe(0);
  });

  it('lets everything through, unchanged, while the loudspeaker is silent', () => {
    const near = placed(nearVoice, 1, 4 * rate);

    const { cleaned, engine } = run(new Float32Array(near.length), near);

    expect(engine.isEchoPossible).toBe(false);
    const difference = cleaned.map((sample, i) => sample - (near[i] as number));
    expect(levelDb(near, 1, 3.5) - levelDb(difference, 1, 3.5)).toBeGreaterThan(60);
  });

  it('lets nothing of the first words through: the loudest echo comes out as quiet as a room', () => {
    // The voice begins at once, as loud at the microphone as in the reference.
    const loud = through(farVoice.subarray(0, 4 * rate), pathResponse({ ...room, gainDb: 0 }));

    const { cleaned } = run(farVoice, loud);

    for (let at = 0; at < 3; at += 0.25) {
      expect(levelDb(cleaned, at, at + 0.25), `from ${at} s`).toBeLessThan(-50);
    }
  });

  it('hears a person who begins to speak a second after the loudspeaker', () => {
    const near = placed(
      nearVoice.map((sample) => 2 * sample),
      1.2,
      6 * rate,
    );
    const mouth = 1.2 + nearVoice.length / rate;

    const { cleaned } = run(farVoice, mixed(near, echo, quiet));

    expect(levelDb(cleaned, 1.5, mouth) - levelDb(near, 1.5, mouth)).toBeGreaterThan(-6);
  });

  it.each([210, 250])(
    'takes no pause for a change of the path when the echo comes after %d ms',
    (delayMs) => {
      // Nothing above 3 kHz: where the loudspeaker has no sound, the filter learns nothing.
      const dull = Float32Array.from(farVoice);
      for (let pass = 0; pass < 4; pass++) {
        for (let i = 1; i < dull.length; i++) dull[i] = 0.5 * ((dull[i] as number) + (dull[i - 1] as number));
      }
      const captured = mixed(through(dull, pathResponse({ ...room, delayMs, reverberationMs: 300 })), quiet);

      const { cleaned, engine } = run(dull, captured);

      expect(engine.pathChanges).toBe(0);
      expect(levelDb(captured, 8, seconds - 1) - levelDb(cleaned, 8, seconds - 1)).toBeGreaterThan(30);
    },
  );

  it.each([-100, -50, 20, 100])('finds a drift of %d ppm and loses nothing by it', (ppm) => {
    const captured = mixed(heardByAnotherClock(echo, ppm), quiet);

    const { residual, engine } = run(farVoice, captured);

    expect(Math.abs(engine.driftPpm - ppm)).toBeLessThan(3);
    expect(levelDb(captured, 10, seconds - 1) - levelDb(residual, 10, seconds - 1)).toBeGreaterThan(20);
  });

  it('removes the echo of a loudspeaker that distorts', () => {
    const captured = mixed(through(distorted(farVoice, 4), response), quiet);

    const { cleaned } = run(farVoice, captured);

    expect(levelDb(captured, 8, seconds - 1) - levelDb(cleaned, 8, seconds - 1)).toBeGreaterThan(20);
  });

  it.each([40, -30])(
    'finds within 0.4 s that the echo comes %d ms later, and has learnt it a second after',
    (shiftMs) => {
      const change = 8;
      const other = through(farVoice, pathResponse({ ...room, delayMs: room.delayMs + shiftMs }));
      const captured = mixed(
        echo.map((sample, i) => (i < change * rate ? sample : (other[i] as number))),
        quiet,
      );
      let foundAt = Infinity;
      let heard = 0;

      const { cleaned, residual, engine } = run(farVoice, captured, (now, { pathChanges }) => {
        if (pathChanges > 0) foundAt = Math.min(foundAt, now);
      });
      for (let at = change + 0.5; at < change + 4; at += 0.25) {
        heard = Math.max(heard, 10 ** (levelDb(cleaned, at, at + 0.25) / 10));
      }

      expect(engine.pathChanges).toBe(1);
      expect(foundAt).toBeGreaterThan(change);
      expect(foundAt).toBeLessThan(change + 0.4);
      expect(10 * Math.log10(heard)).toBeLessThan(-50);
      expect(
        levelDb(captured, change + 1.4, change + 3) - levelDb(residual, change + 1.4, change + 3),
      ).toBeGreaterThan(8);
    },
  );

  it.each([40, 3, -30])('doubts itself within 60 ms of echo that comes %d ms later', (shiftMs) => {
    const change = 8;
    const other = through(farVoice, pathResponse({ ...room, delayMs: room.delayMs + shiftMs }));
    const captured = mixed(
      echo.map((sample, i) => (i < change * rate ? sample : (other[i] as number))),
      quiet,
    );
    let doubtedAt = Infinity;
    let echoBlocks = 0;

    run(farVoice, captured, (now, { suspicion, echo: estimate }) => {
      if (now < change || doubtedAt < Infinity) return;
      if (levelDb(estimate) > -45) echoBlocks++;
      if (suspicion > 0.9) doubtedAt = now;
    });

    expect(doubtedAt).toBeLessThan(change + 1);
    expect(echoBlocks).toBeLessThanOrEqual(6);
  });

  it.each([40, 5, -30])('is as sure as before within 0.6 s of an echo that comes %d ms later', (shiftMs) => {
    const change = 8;
    const other = through(farVoice, pathResponse({ ...room, delayMs: room.delayMs + shiftMs }));
    const captured = mixed(
      echo.map((sample, i) => (i < change * rate ? sample : (other[i] as number))),
      quiet,
    );
    let convergence = 0;

    const { residual, engine } = run(farVoice, captured, (now, { convergence: known }) => {
      if (now < change + 0.6) convergence = known;
    });

    expect(engine.pathChanges).toBe(1);
    expect(convergence).toBeGreaterThan(0.9);
    expect(
      levelDb(captured, change + 0.6, change + 2) - levelDb(residual, change + 0.6, change + 2),
    ).toBeGreaterThan(15);
    expect(Math.abs(engine.delaySamples / 16 - room.delayMs - shiftMs)).toBeLessThan(2);
  });

  it('puts back no path that has become another one', () => {
    const change = 8;
    const captured = mixed(
      echo.map((sample, i) => (i < change * rate ? sample : -sample)),
      quiet,
    );
    let convergence = 1;

    run(farVoice, captured, (now, { convergence: known }) => {
      if (now > change + 0.3 && now < change + 0.5) convergence = Math.min(convergence, known);
    });

    expect(convergence).toBeLessThan(0.5);
  });

  it.each([0, 6, 12])('does not doubt itself because a person speaks at %d dB to the echo', (ratioDb) => {
    const at = 9;
    const gain = 10 ** ((levelDb(echo, 8, 12) + ratioDb - levelDb(nearVoice)) / 20);
    const near = placed(
      nearVoice.map((sample) => gain * sample),
      at,
      echo.length,
    );
    let worst = 0;

    const { engine } = run(farVoice, mixed(echo, quiet, near), (now, { suspicion }) => {
      if (now > at) worst = Math.max(worst, suspicion);
    });

    expect(worst).toBeLessThan(0.5);
    expect(engine.pathChanges).toBe(0);
  });

  it('lets little through when a door opens: the old path stays, another one comes in addition', () => {
    const change = 8;
    const more = pathResponse({ delayMs: 75, reverberationMs: 400, directDb: -20, gainDb: -9, seed: 8 });
    const added = through(farVoice, more);
    const captured = mixed(
      echo.map((sample, i) => (i < change * rate ? sample : sample + (added[i] as number))),
      quiet,
    );

    let doubtedAt = Infinity;

    const { cleaned, engine } = run(farVoice, captured, (now, { suspicion }) => {
      if (now > change && suspicion > 0.5) doubtedAt = Math.min(doubtedAt, now);
    });

    expect(doubtedAt).toBeLessThan(change + 0.3);
    expect(levelDb(captured, change + 1, 15) - levelDb(cleaned, change + 1, 15)).toBeGreaterThan(30);
    expect(engine.suspicion).toBeLessThan(0.1);
    expect(engine.pathChanges).toBe(0);
  });

  it('gives the same for the same, to the bit', () => {
    const captured = mixed(echo.subarray(0, 3 * rate), quiet);

    expect(run(farVoice, captured).cleaned).toEqual(run(farVoice, captured).cleaned);
  });

  it('makes no array while it works', () => {
    const engine = createEchoEngine(blockSamples, partitions, rate);
    const captured = mixed(echo.subarray(0, 8 * rate), quiet);
    const reference = new Float64Array(blockSamples);
    const block = new Float64Array(blockSamples);

    const made = countArrays(() => {
      for (let at = 0; at < captured.length; at += blockSamples) {
        // The path changes after six seconds, for what only happens then.
        const sign = at < 6 * rate ? 1 : -1;
        for (let i = 0; i < blockSamples; i++) {
          reference[i] = farVoice[at + i] as number;
          block[i] = sign * (captured[at + i] as number);
        }
        engine.step(reference, block);
      }
    });

    expect(made).toBe(0);
    expect(engine.pathChanges).toBe(1);
  });
});
