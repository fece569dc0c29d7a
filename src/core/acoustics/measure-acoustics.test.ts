import { describe, expect, it } from 'vitest';
import {
  distorted,
  heardByAnotherClock,
  mixed,
  pathResponse,
  roomNoise,
  through,
} from '../../../test/support/simulated-room.js';
import { framesOf } from '../../testing/index.js';
import type { AcousticFigures } from './acoustic-figures.js';
import { measureAcoustics } from './measure-acoustics.js';
import { chirpMs, type MeasuringSignalOptions, measuringSignal, wakeChirps } from './measuring-signal.js';
import { createSoundTrack } from './sound-track.js';

const rateHz = 16_000;
const format = { sampleRateHz: rateHz, channels: 1 };
/** Before the first sound, and after the last one. Units: ms. */
const quietMs = 1000;
const afterMs = 1200;

interface Room {
  readonly signal: Partial<MeasuringSignalOptions>;
  /** What the microphone makes of what was rendered. */
  readonly path: (rendered: Float32Array) => Float32Array;
  /** The microphone's time stamps are off by this. Units: ms. */
  readonly stampedLateMs: number;
  /** Frames of the microphone that are lost, by their number. */
  readonly lost: readonly number[];
  readonly renderedRateHz: number;
}

/** Plays the signal in a simulated room and measures. */
function measure(given: Partial<Room>): AcousticFigures {
  const { signal, path, stampedLateMs, lost, renderedRateHz }: Room = {
    signal: {},
    path: (sound) => sound,
    stampedLateMs: 0,
    lost: [],
    renderedRateHz: rateHz,
    ...given,
  };
  const surrounded = (rate: number): Float32Array => {
    const samples = measuringSignal(rate, signal);
    const all = new Float32Array(((quietMs + afterMs) * rate) / 1000 + samples.length);
    all.set(samples, (quietMs * rate) / 1000);
    return all;
  };
  const rendered = createSoundTrack(150_000);
  const captured = createSoundTrack(150_000);
  const layout = { sampleRateHz: renderedRateHz, channels: 1 };
  for (const frame of framesOf(surrounded(renderedRateHz), layout, 5)) rendered.push(frame);
  const heard = path(surrounded(rateHz));
  for (const [i, frame] of framesOf(heard, format, 10).entries()) {
    if (lost.includes(i)) continue;
    captured.push({ ...frame, timestampMs: frame.timestampMs + stampedLateMs });
  }
  rendered.end();
  captured.end();
  return measureAcoustics({ rendered, captured, askedMs: 0 });
}

/** A path of one delay, and nothing else. */
const delayed =
  (delayMs: number, gainDb: number) =>
  (sound: Float32Array): Float32Array => {
    const delay = (delayMs * rateHz) / 1000;
    return sound.map((_, i) => 10 ** (gainDb / 20) * (sound[i - delay] ?? 0));
  };

const room = (delayMs: number, gainDb: number, reverberationMs = 300, seed = 3): Float32Array =>
  pathResponse({ delayMs, reverberationMs, directDb: 3, gainDb, seed });

describe('the acoustics of a simulated room', () => {
  it.each([
    { delayMs: 20, gainDb: -6 },
    { delayMs: 61.25, gainDb: -15 },
    { delayMs: 250, gainDb: -30 },
    { delayMs: 590, gainDb: -20 },
    { delayMs: 0, gainDb: 3 },
  ])('are those of the path: $delayMs ms, $gainDb dB', ({ delayMs, gainDb }) => {
    const figures = measure({ path: delayed(delayMs, gainDb) });

    expect(figures.delayMs).toBeCloseTo(delayMs, 1);
    expect(figures.returnLossDb).toBeCloseTo(-gainDb, 1);
    expect(figures.chirpDb).toBeCloseTo(-23.2, 0);
    expect(figures.echoDb).toBeCloseTo(figures.chirpDb + gainDb, 1);
    expect(figures.heard).toBe(figures.chirps);
    expect(figures).toMatchObject({ noiseDb: -120, otherEchoesMs: [], clippedShare: 0, captureGaps: 0 });
    expect(figures.delaySpreadMs).toBeLessThan(0.1);
    expect(Math.abs(figures.driftPpm ?? Number.NaN)).toBeLessThan(1);
    expect(Math.abs(figures.fadeDb ?? Number.NaN)).toBeLessThan(0.1);
    expect(figures.reverberationMs).toBeLessThan(15);
    expect(figures.wakeLossMs).toBe(0);
  });

  it.each([
    { delayMs: 45, gainDb: -12, reverberationMs: 200, noiseDb: -60, seed: 1 },
    { delayMs: 90, gainDb: -20, reverberationMs: 400, noiseDb: -50, seed: 2 },
    { delayMs: 30, gainDb: -35, reverberationMs: 300, noiseDb: -72, seed: 3 },
    { delayMs: 150, gainDb: 0, reverberationMs: 500, noiseDb: -45, seed: 4 },
  ])(
    'are those of the room, in noise: $delayMs ms, $gainDb dB, decay $reverberationMs ms, noise $noiseDb dB',
    ({ noiseDb, seed, delayMs, gainDb, reverberationMs }) => {
      const response = room(delayMs, gainDb, reverberationMs, seed);
      const path = (sound: Float32Array): Float32Array =>
        mixed(through(sound, response), roomNoise(sound.length, noiseDb, 77 + seed));
      const figures = measure({ path });

      expect(Math.abs((figures.delayMs ?? Number.NaN) - delayMs)).toBeLessThan(1);
      expect(Math.abs((figures.returnLossDb ?? Number.NaN) + gainDb)).toBeLessThan(0.5);
      expect(figures.noiseDb).toBeCloseTo(noiseDb, 0);
      expect(figures.heard).toBe(figures.chirps);
      expect(figures.wakeLossMs).toBe(0);
      expect((figures.reverberationMs ?? Number.NaN) / reverberationMs).toBeGreaterThan(0.7);
      expect((figures.reverberationMs ?? Number.NaN) / reverberationMs).toBeLessThan(1.3);
    },
  );

  it.each([-200, -50, -10, 0, 20, 100])('tell a drift of %i ppm within 5 ppm in 6 s', (ppm) => {
    const response = room(60, -15, 150);
    const path = (sound: Float32Array): Float32Array =>
      mixed(heardByAnotherClock(through(sound, response), ppm), roomNoise(sound.length, -55, 5));
    const figures = measure({ path });

    expect(Math.abs((figures.driftPpm ?? Number.NaN) - ppm)).toBeLessThan(5);
    expect(figures.driftErrorPpm).toBeLessThan(5);
  });

  it('tell it within 1 ppm in a minute, also where the microphone lost samples on the way', () => {
    const path = (sound: Float32Array): Float32Array =>
      mixed(heardByAnotherClock(delayed(60, -15)(sound), 37), roomNoise(sound.length, -50, 5));
    const lost = [2600, 2601, 2602, 2603, 5000];
    const figures = measure({ path, signal: { seconds: 60 }, lost });

    expect(figures.captureGaps).toBe(2);
    expect(Math.abs((figures.driftPpm ?? Number.NaN) - 37)).toBeLessThan(1);
    expect(figures.driftErrorPpm).toBeLessThan(1);
  });

  it('tell it also where a sound server drops some samples and says nothing', () => {
    const path = (sound: Float32Array): Float32Array => {
      const heard = heardByAnotherClock(delayed(60, -15)(sound), -25);
      // 5 ms in the third second after the first chirp.
      return heard.map((sample, i) => (i < 7 * rateHz ? sample : (heard[i + 80] ?? 0)));
    };
    const figures = measure({ path, signal: { seconds: 12 } });

    expect(figures.delaySpreadMs).toBeCloseTo(5, 0);
    expect(Math.abs((figures.driftPpm ?? Number.NaN) + 25)).toBeLessThan(3);
  });

  it('do not depend on the rate of the loudspeaker, or on its level', () => {
    const figures = measure({ path: delayed(60, -15), renderedRateHz: 48_000, signal: { levelDb: -40 } });

    expect(figures.delayMs).toBeCloseTo(60, 1);
    expect(figures.chirpDb).toBeCloseTo(-40.2, 0);
    expect(figures.returnLossDb).toBeGreaterThan(14.5);
    expect(figures.returnLossDb).toBeLessThan(15.5);
  });

  it('are told also where time stamps say that the echo came before its sound', () => {
    expect(measure({ path: delayed(10, -10), stampedLateMs: -40 }).delayMs).toBeCloseTo(-30, 1);
  });
});

describe('what is wrong with a room', () => {
  it('is silence: no echo at all, with noise or without', () => {
    for (const noiseDb of [Number.NEGATIVE_INFINITY, -60, -30]) {
      const figures = measure({ path: (sound) => roomNoise(sound.length, noiseDb, 9) });
      expect(figures).toMatchObject({ heard: 0, delayMs: null, returnLossDb: null, driftPpm: null });
      expect(figures.chirps).toBeGreaterThan(3);
    }
  });

  it('is an echo that comes later than it is looked for', () => {
    for (const delayMs of [700, 1100, 1170, 1500]) {
      expect(measure({ path: delayed(delayMs, -10) })).toMatchObject({ delayMs: null });
    }
  });

  it('is a microphone that clips', () => {
    const clipped = (sound: Float32Array): Float32Array =>
      delayed(40, 20)(sound).map((sample) => Math.max(-1, Math.min(1, sample)));
    const figures = measure({ path: clipped, signal: { levelDb: -12 } });

    expect(figures.clippedShare).toBeGreaterThan(0.3);
    expect(figures.delayMs).toBeCloseTo(40, 1);
  });

  it('is a loudspeaker that is driven too hard, which moves neither delay nor drift', () => {
    const path = (sound: Float32Array): Float32Array => through(distorted(sound, 4), room(60, -15, 100));
    const figures = measure({ path, signal: { levelDb: -9 } });

    expect(Math.abs((figures.delayMs ?? Number.NaN) - 60)).toBeLessThan(1);
    expect(Math.abs(figures.driftPpm ?? Number.NaN)).toBeLessThan(5);
  });

  it('is a second loudspeaker', () => {
    const path = (sound: Float32Array): Float32Array =>
      mixed(delayed(50, -15)(sound), delayed(180, -18)(sound));
    const figures = measure({ path });

    expect(figures.delayMs).toBeCloseTo(50, 1);
    expect(figures.otherEchoesMs).toHaveLength(1);
    expect(figures.otherEchoesMs[0]).toBeCloseTo(180, 0);
  });

  it('is a canceller in the hardware that lets only the beginning of each chirp through', () => {
    const path = (sound: Float32Array): Float32Array => {
      const echo = delayed(60, -15)(sound);
      let began = 0;
      let last = -rateHz;
      return echo.map((sample, i) => {
        if (Math.abs(sample) > 1e-5) {
          if (i - last > rateHz / 10) began = i;
          last = i;
        }
        return i - began < 0.09 * rateHz ? sample : sample * 0.01;
      });
    };
    const figures = measure({ path });

    expect(figures.delayMs).toBeCloseTo(60, 0);
    expect(figures.fadeDb).toBeGreaterThan(10);
  });

  it('is a canceller in the hardware that learns: each chirp is quieter than the one before', () => {
    const path = (sound: Float32Array): Float32Array =>
      delayed(60, -15)(sound).map((sample, i) => sample * 10 ** (-(i / rateHz) / 10));
    const figures = measure({ path });

    expect(figures.returnLossSpreadDb).toBeGreaterThan(6);
  });

  it('is a canceller in the hardware that leaves nothing', () => {
    const path = (sound: Float32Array): Float32Array =>
      mixed(delayed(60, -75)(sound), roomNoise(sound.length, -60, 2));
    expect(measure({ path })).toMatchObject({ delayMs: null, heard: 0 });
  });

  it.each([0, 60, 180, 430, 1250])('is a loudspeaker that loses %i ms when it wakes', (lossMs) => {
    const path = (sound: Float32Array): Float32Array => {
      const echo = through(sound, room(80, -18, 100));
      const until = ((quietMs + 80 + lossMs) * rateHz) / 1000;
      return mixed(
        echo.map((sample, i) => (i < until ? 0 : sample)),
        roomNoise(sound.length, -62, 4),
      );
    };
    const figures = measure({ path, signal: { seconds: 2 } });

    expect(Math.abs((figures.wakeLossMs ?? Number.NaN) - lossMs)).toBeLessThanOrEqual(10);
    expect(figures.wakeSilenceMs).toBeCloseTo(quietMs, 0);
  });

  it('is a loudspeaker of which nothing at all was heard for the whole of the first passage', () => {
    const until = (quietMs + 2400) * (rateHz / 1000);
    const path = (sound: Float32Array): Float32Array =>
      delayed(60, -15)(sound).map((sample, i) => (i < until ? 0 : sample));
    expect(measure({ path }).wakeLossMs).toBe(wakeChirps * chirpMs);
  });

  it('is not a person who talks meanwhile', () => {
    const path = (sound: Float32Array): Float32Array => {
      // Bursts of 200 ms, 7 dB below the echo.
      const talk = roomNoise(sound.length, -45, 6).map((sample, i) =>
        i % 9600 < 3200 && i > 40_000 ? sample : 0,
      );
      return mixed(through(sound, room(60, -15, 100)), talk);
    };
    const figures = measure({ path });
    expect(Math.abs((figures.delayMs ?? Number.NaN) - 60)).toBeLessThan(1);
    expect(Math.abs((figures.returnLossDb ?? Number.NaN) - 15)).toBeLessThan(1);
  });
});

describe('a recording without what is to be measured', () => {
  it('tells that nothing was rendered, or nothing captured', () => {
    const empty = createSoundTrack(1000);
    const silent = createSoundTrack(1000);
    for (const frame of framesOf(new Float32Array(8000), format)) silent.push(frame);
    for (const rendered of [empty, silent]) {
      expect(measureAcoustics({ rendered, captured: empty, askedMs: 0 })).toMatchObject({
        chirps: 0,
        heard: 0,
        noiseDb: -120,
        wakeSilenceMs: null,
      });
    }
  });

  it('keeps no more than it was told to, and counts the rest', () => {
    const track = createSoundTrack(500);
    for (const frame of framesOf(new Float32Array(16_000).fill(0.1), format)) track.push(frame);
    expect(track.length).toBe(8000);
    expect(track.droppedMs).toBeCloseTo(500, 6);
  });
});
