import { describe, expect, it } from 'vitest';
import { mixed, pathResponse, roomNoise, through } from '../../../../test/support/simulated-room.js';
import { createEchoPathFilter } from './echo-path-filter.js';
import { createRealFft } from './real-fft.js';

const blockSamples = 160;
const partitions = 20;
const path = pathResponse({ delayMs: 20, reverberationMs: 150, directDb: 3, gainDb: -6, seed: 3 });

const filterOf = (count = partitions) => createEchoPathFilter(createRealFft(2 * blockSamples), count);

const block = (signal: Float32Array, index: number) =>
  Float64Array.from(signal.subarray(index * blockSamples, (index + 1) * blockSamples));

const power = (samples: Iterable<number>) => {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
};

/** By how much the last `blocks` blocks became quieter. */
function lossDb(
  filter: ReturnType<typeof filterOf>,
  far: Float32Array,
  captured: Float32Array,
  blocks = 50,
): number {
  const count = Math.floor(far.length / blockSamples);
  let before = 0;
  let after = 0;
  for (let index = 0; index < count; index++) {
    filter.step(block(far, index), block(captured, index));
    if (index < count - blocks) continue;
    before += power(block(captured, index));
    after += power(filter.residual);
  }
  return 10 * Math.log10(before / after);
}

describe('createEchoPathFilter', () => {
  const far = roomNoise(3 * 16_000, -20, 1);
  const echo = mixed(through(far, path), roomNoise(far.length, -70, 2));

  it('removes an echo of noise down to the noise of the room', () => {
    expect(lossDb(filterOf(), far, echo)).toBeGreaterThan(35);
  });

  it('splits what was captured into echo and the rest', () => {
    const filter = filterOf();
    lossDb(filter, far, echo);

    const last = Math.floor(far.length / blockSamples) - 1;
    const sum = filter.echo.map((sample, i) => sample + (filter.residual[i] as number));

    expect(power(sum.map((sample, i) => sample - (echo[last * blockSamples + i] as number)))).toBeLessThan(
      1e-12,
    );
  });

  it('knows how much it does not know: much at first, little later', () => {
    const filter = filterOf();
    filter.step(block(far, 0), block(echo, 0));
    filter.step(block(far, 1), block(echo, 1));
    const atFirst = power(filter.uncertainty);

    lossDb(filter, far, echo);

    expect(power(filter.uncertainty)).toBeLessThan(atFirst / 1000);
  });

  it('keeps what it knows while somebody talks over the loudspeaker', () => {
    const filter = filterOf();
    lossDb(filter, far, echo);
    const talk = roomNoise(16_000, -20, 9);

    lossDb(filter, far.subarray(0, 16_000), mixed(echo.subarray(0, 16_000), talk));
    let left = 0;
    let all = 0;
    for (let index = 100; index < 120; index++) {
      filter.step(block(far, index), block(echo, index));
      left += power(filter.residual);
      all += power(block(echo, index));
    }

    // Somebody 6 dB louder than the echo for a second.
    expect(10 * Math.log10(all / left)).toBeGreaterThan(20);
  });

  it('goes on removing when its window is moved to where the echo begins, and reaches further then', () => {
    const long = pathResponse({ delayMs: 60, reverberationMs: 200, directDb: 3, gainDb: -6, seed: 4 });
    const farther = mixed(through(far, long), roomNoise(far.length, -70, 2));
    const fixed = filterOf(12);
    const moved = filterOf(12);
    lossDb(fixed, far, farther);
    lossDb(moved, far, farther);

    moved.slide(5);

    expect(moved.offsetBlocks).toBe(5);
    expect(lossDb(moved, far, farther)).toBeGreaterThan(lossDb(fixed, far, farther) + 6);
  });

  it('comes back to where it was when it is moved there and back', () => {
    const filter = filterOf();
    lossDb(filter, far, echo);
    const before = filter.partitionPower(2);

    filter.slide(2);
    expect(filter.partitionPower(0)).toBe(before);
    filter.slide(-2);

    expect(filter.offsetBlocks).toBe(0);
    expect(filter.partitionPower(2)).toBe(before);
    expect(filter.partitionPower(0)).toBe(0);
  });

  it('does not move before the reference, nor further than it remembers', () => {
    const filter = filterOf(10);
    filter.slide(-3);
    expect(filter.offsetBlocks).toBe(0);
    filter.slide(300);
    expect(filter.offsetBlocks).toBe(10);
  });

  it('starts again with what it is told to keep', () => {
    const filter = filterOf();
    lossDb(filter, far, echo);
    const before = filter.partitionPower(2);

    filter.restart(0.5);
    expect(filter.partitionPower(2)).toBeCloseTo(before / 4, 10);
    filter.restart(0);

    expect(filter.partitionPower(2)).toBe(0);
    expect(lossDb(filter, far, echo)).toBeGreaterThan(35);
  });

  it('learns a part of the path anew, faster when it is told to doubt it, and loses nothing meanwhile', () => {
    const other = pathResponse({ delayMs: 30, reverberationMs: 100, directDb: 0, gainDb: -12, seed: 5 });
    const changed = mixed(echo, through(far, other));
    const lossAfter = (doubted: boolean) => {
      const filter = filterOf();
      lossDb(filter, far, echo);
      if (doubted) filter.doubt(0.5);
      return lossDb(filter, far.subarray(0, 8000), changed.subarray(0, 8000), 10);
    };

    expect(lossAfter(true)).toBeGreaterThan(lossAfter(false) + 3);

    const filter = filterOf();
    lossDb(filter, far, echo);
    filter.doubt(0.5);
    expect(lossDb(filter, far, echo, 290)).toBeGreaterThan(25);
  });

  it('keeps the place of the echo over a gap in what was captured', () => {
    const filter = filterOf();
    const count = Math.floor(far.length / blockSamples);
    let left = 0;
    let all = 0;
    for (let index = 0; index < count; index++) {
      // A tenth of a second is missing, as long as the whole echo.
      if (index >= 200 && index < 210) {
        filter.skip(block(far, index));
        continue;
      }
      filter.step(block(far, index), block(echo, index));
      if (index < 210) continue;
      left += power(filter.residual);
      all += power(block(echo, index));
    }

    expect(10 * Math.log10(all / left)).toBeGreaterThan(30);
  });

  it('gives the impulse response', () => {
    const filter = filterOf();
    lossDb(filter, far, echo);
    const response = new Float64Array(2 * blockSamples);

    filter.readResponse(2, response);

    // The direct sound comes after 20 ms, the first sample of the third partition.
    expect(response[0]).toBeCloseTo(path[320] as number, 2);
  });
});
