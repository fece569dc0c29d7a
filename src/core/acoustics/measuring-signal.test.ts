import { describe, expect, it } from 'vitest';
import { framesOf } from '../../testing/index.js';
import { peakDb, rmsDb } from '../audio/levels.js';
import { findChirps } from './find-chirps.js';
import { chirp, chirpMs, measuringSignal, spacingMs, wakeChirps } from './measuring-signal.js';
import { createSoundTrack, perMs } from './sound-track.js';

const found = (samples: Float32Array, sampleRateHz: number) => {
  const track = createSoundTrack(200_000);
  for (const frame of framesOf(samples, { sampleRateHz, channels: 1 }, 20)) track.push(frame);
  track.end();
  return findChirps(track);
};

describe('the measuring signal', () => {
  it.each([-60, -23, -6])('has the level that was asked for, %i dB, and never clips', (levelDb) => {
    const samples = chirp(48_000, 'up', levelDb);
    expect(samples.length).toBe(48 * chirpMs);
    expect(Math.abs(rmsDb(samples) - levelDb)).toBeLessThan(0.3);
    expect(peakDb(samples)).toBeLessThan(levelDb + 3.1);
    expect(peakDb(samples)).toBeLessThan(0);
  });

  it('begins and ends softly', () => {
    const samples = measuringSignal(48_000);
    const steps = samples.slice(1, 200).map((sample, i) => Math.abs(sample - (samples[i] as number)));
    expect(samples[0]).toBe(0);
    expect(Math.max(...steps)).toBeLessThan(0.005);
    expect(Math.abs(samples.at(-1) as number)).toBeLessThan(1e-4);
  });

  it.each([
    [2, 3],
    [6, 7],
    [60, 40],
    [120, 40],
  ])('lasts %i s beyond the first passage, with %i single chirps', (seconds, count) => {
    const samples = measuringSignal(16_000, { seconds });
    const chirps = found(samples, 16_000);
    expect(chirps).toHaveLength(wakeChirps + count);
    expect(chirps.slice(0, 3).map(({ index, direction }) => [index, direction])).toEqual([
      [0, 'up'],
      [chirpMs * perMs, 'down'],
      [2 * chirpMs * perMs, 'up'],
    ]);
    const distances = chirps
      .slice(wakeChirps + 1)
      .map(({ index }, i) => index - (chirps[wakeChirps + i]?.index ?? 0));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(spacingMs * perMs - 1);
    expect(new Set(distances.map((distance) => Math.round(distance / perMs))).size).toBeGreaterThan(1);
    expect(samples.length / 16_000).toBeGreaterThan(seconds);
    expect(samples.length / 16_000).toBeLessThan(seconds + 6);
  });

  it('is found at any rate and any level', () => {
    for (const sampleRateHz of [16_000, 44_100, 48_000]) {
      for (const levelDb of [-60, -6]) {
        expect(found(measuringSignal(sampleRateHz, { seconds: 2, levelDb }), sampleRateHz)).toHaveLength(9);
      }
    }
  });

  it('is found in nothing else', () => {
    const tone = Float32Array.from({ length: 64_000 }, (_, i) => 0.3 * Math.sin(i / 7));
    expect(found(tone, 16_000)).toEqual([]);
    expect(found(new Float32Array(64_000), 16_000)).toEqual([]);
  });
});
