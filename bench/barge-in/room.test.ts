import { describe, expect, it } from 'vitest';
import { createRandom, gaussian, pinkNoise } from './random.js';
import {
  convolve,
  driven,
  measuredReverberationMs,
  playedFaster,
  roomResponse,
  withDoorOpen,
} from './room.js';
import { sampleRateHz } from './speech-bounds.js';

const room = { model: 'images', reverberationMs: 300, directDb: 6, seed: 5 } as const;
const energy = (samples: Iterable<number>) => [...samples].reduce((sum, sample) => sum + sample * sample, 0);

function noise(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => 0.1 * gaussian(random));
}

describe('roomResponse', () => {
  it.each(['images', 'statistical'] as const)(
    'has energy 1, of which the direct sound has its share (%s)',
    (model) => {
      const response = roomResponse({ ...room, model });
      expect(energy(response)).toBeCloseTo(1, 1);
      const direct = (response[0] ?? 0) ** 2;
      expect(10 * Math.log10(direct / (energy(response) - direct))).toBeCloseTo(6, 0);
    },
  );

  it.each(['images', 'statistical'] as const)(
    'decays by 60 dB in the time that was asked for (%s)',
    (model) => {
      // The direct sound is no part of the reverberation.
      const response = roomResponse({ ...room, model });
      const decayMs = measuredReverberationMs(response.subarray(1));
      expect(decayMs).toBeGreaterThan(200);
      expect(decayMs).toBeLessThan(400);
    },
  );

  it('is another one for another seed, and the same for the same', () => {
    expect(roomResponse(room)).toEqual(roomResponse(room));
    expect(roomResponse({ ...room, seed: 6 })).not.toEqual(roomResponse(room));
  });

  it('has more of a tail with the door open', () => {
    const late = (response: Float64Array) => energy(response.subarray(2000));
    const response = roomResponse(room);
    expect(late(withDoorOpen(response, room))).toBeGreaterThan(1.5 * late(response));
  });
});

describe('convolve', () => {
  it('is the sum it stands for, across the borders of its blocks', () => {
    const signal = noise(40_000, 1);
    const response = new Float64Array(500);
    response[0] = 1;
    response[37] = -0.5;
    response[499] = 0.25;
    const result = convolve(signal, response);
    for (const at of [0, 36, 37, 498, 499, 16_383, 16_384, 16_400, 39_999]) {
      const expected = (signal[at] ?? 0) - 0.5 * (signal[at - 37] ?? 0) + 0.25 * (signal[at - 499] ?? 0);
      expect(result[at]).toBeCloseTo(expected, 6);
    }
    expect(result.length).toBe(signal.length);
  });
});

describe('what loudspeakers and clocks do', () => {
  it('is captured in fewer samples when it is played faster', () => {
    const signal = noise(100_000, 2);
    expect(playedFaster(signal, 0)).toBe(signal);
    expect(signal.length - playedFaster(signal, 100).length).toBeGreaterThan(9);
    expect(signal.length - playedFaster(signal, 100).length).toBeLessThan(60);
  });

  it('squashes peaks and leaves full scale where it is', () => {
    const result = driven(Float32Array.of(0.01, 0.5, 1, -1), 2);
    expect(result[2]).toBeCloseTo(1, 6);
    expect(result[3]).toBeCloseTo(-1, 6);
    expect((result[1] ?? 0) / (result[0] ?? 1)).toBeLessThan(40);
  });
});

describe('pinkNoise', () => {
  it('has the level that was asked for and more of the low than of the high', () => {
    const samples = pinkNoise(sampleRateHz, -40, 1);
    expect(10 * Math.log10(energy(samples) / samples.length)).toBeCloseTo(-40, 3);
    const steps = samples.map((sample, i) => sample - (samples[i - 1] ?? 0));
    expect(energy(steps)).toBeLessThan(0.7 * energy(samples));
  });
});
