import { describe, expect, it } from 'vitest';
import {
  findLastSound,
  findOnset,
  findSounds,
  levelDb,
  numberedFrames,
  readNumbers,
  toneAmplitude,
} from './find-sound.js';
import { timeLine } from './time-line.js';

/** A recording at 1 kHz that began at 500 ms. */
const recordingOf = (samples: readonly number[], channels = 1) => ({
  samples: Float32Array.from(samples),
  channels,
  rateHz: 1000,
  ...timeLine([{ frames: samples.length / channels, atMs: 500 + samples.length / channels }], 1000, 0),
});
const silence = (count: number): number[] => new Array<number>(count).fill(0);

describe('finding sound', () => {
  it('tells where each sound begins and ends, to the sample', () => {
    const recording = recordingOf([...silence(10), 0.5, -0.5, ...silence(20), 0.2, ...silence(7)]);

    expect(findSounds(recording)).toEqual([
      { fromMs: 510, toMs: 512 },
      { fromMs: 532, toMs: 533 },
    ]);
    expect(findOnset(recording)).toBe(510);
    expect(findOnset(recording, 511)).toBe(511);
    expect(findOnset(recording, 520)).toBe(532);
    expect(findOnset(recording, 533)).toBeUndefined();
    expect(findLastSound(recording)).toBe(533);
  });

  it('takes a short pause for part of the sound, and what is too quiet for silence', () => {
    const recording = recordingOf([0.5, ...silence(3), 0.5, ...silence(10), 0.0005]);

    expect(findSounds(recording)).toEqual([{ fromMs: 500, toMs: 505 }]);
    expect(findSounds(recording, { shortestPauseMs: 2 }).length).toBe(2);
    expect(findSounds(recording, { threshold: 0.0001 }).length).toBe(2);
  });

  it('hears every channel', () => {
    const recording = recordingOf([0, 0, 0, 0.5, 0, 0], 2);
    expect(findSounds(recording)).toEqual([{ fromMs: 501, toMs: 502 }]);
  });

  it('finds nothing in silence', () => {
    expect(findSounds(recordingOf(silence(50)))).toEqual([]);
    expect(findOnset(recordingOf(silence(50)))).toBeUndefined();
    expect(findLastSound(recordingOf(silence(50)))).toBe(500);
  });

  it('measures levels and tones', () => {
    const sine = Float32Array.from({ length: 1000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 50 * i) / 1000));
    expect(levelDb(sine)).toBeCloseTo(20 * Math.log10(0.5) - 10 * Math.log10(2), 3);
    expect(toneAmplitude(sine, 1000, 50, 100, 877)).toBeCloseTo(0.5, 3);
    expect(toneAmplitude(sine, 1000, 80, 100, 877)).toBeLessThan(0.001);
  });

  it('reads the numbers of frames back that it wrote, through 16 bits', () => {
    const written = numberedFrames(3, 4, 7);
    const through = Array.from(written, (sample) => Math.round(sample * 32_768) / 32_768);

    expect(readNumbers(recordingOf([0, 0, ...through, 0]))).toEqual([
      { number: null, fromMs: 500, toMs: 502 },
      { number: 7, fromMs: 502, toMs: 506 },
      { number: 8, fromMs: 506, toMs: 510 },
      { number: 9, fromMs: 510, toMs: 514 },
      { number: null, fromMs: 514, toMs: 515 },
    ]);
    expect(() => numberedFrames(40_000, 1)).toThrow(/take longer frames/);
  });
});
