import { describe, expect, it } from 'vitest';
import { createRandom, gaussian } from './random.js';
import { activeRms, findSpeech, gainTo, sampleRateHz, samplesPerMs } from './speech-bounds.js';

/** Noise of level 0.1 between two moments, and what is given elsewhere. */
function burst(fromMs: number, toMs: number, elsewhere: number): Float32Array {
  const random = createRandom(3);
  return Float32Array.from({ length: sampleRateHz }, (_, i) => {
    const isLoud = i >= fromMs * samplesPerMs && i < toMs * samplesPerMs;
    return gaussian(random) * (isLoud ? 0.1 : elsewhere);
  });
}

describe('findSpeech', () => {
  it('finds the first and the last 20 ms within 30 dB of the loud parts', () => {
    expect(findSpeech(burst(300, 700, 0))).toEqual({ onset: 300 * samplesPerMs, end: 700 * samplesPerMs });
  });

  it('takes noise 40 dB below speech for silence, and noise 20 dB below for speech', () => {
    expect(findSpeech(burst(300, 700, 0.001))?.onset).toBe(300 * samplesPerMs);
    expect(findSpeech(burst(300, 700, 0.01))?.onset).toBe(0);
  });

  it('counts a click that lasts shorter than the loud parts as speech only where it is loud enough', () => {
    const samples = burst(300, 700, 0);
    samples[100 * samplesPerMs] = 0.005;
    expect(findSpeech(samples)?.onset).toBe(300 * samplesPerMs);
    samples[100 * samplesPerMs] = 0.9;
    expect(findSpeech(samples)?.onset).toBe(100 * samplesPerMs);
  });

  it('finds nothing in silence and in nothing', () => {
    expect(findSpeech(new Float32Array(sampleRateHz))).toBeUndefined();
    expect(findSpeech(new Float32Array(0))).toBeUndefined();
  });
});

describe('activeRms', () => {
  it('is the level of speech whatever the pauses', () => {
    expect(activeRms(burst(300, 700, 0))).toBeCloseTo(0.1, 2);
    expect(activeRms(burst(300, 900, 0))).toBeCloseTo(0.1, 2);
  });

  it('brings speech to a level, and leaves silence as it is', () => {
    const samples = burst(300, 700, 0);
    expect(activeRms(samples.map((sample) => sample * gainTo(-40, samples)))).toBeCloseTo(0.01, 4);
    expect(gainTo(-40, new Float32Array(1000))).toBe(0);
  });
});
