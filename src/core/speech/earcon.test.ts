import { toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import { type EarconOptions, earcon } from './earcon.js';

describeSynthesizerContract(
  { describe, it, expect },
  { name: 'earcon', create: () => earcon(), unspeakableText: ' ... ', saysNothing: true },
);

/** All of it; it comes while it is subscribed. */
function soundOf(options: Partial<EarconOptions> = {}, text = 'hello'): Float32Array {
  let sound = new Float32Array(0);
  earcon(options)
    .synthesize(text)
    .pipe(toArray())
    .subscribe((frames) => {
      sound = Float32Array.from(frames.flatMap(({ samples }) => [...samples]));
    });
  return sound;
}
/** Power of a pitch in a stretch of sound, by Goertzel's recurrence. */
function powerAt(hz: number, samples: Float32Array, sampleRateHz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / sampleRateHz);
  let [before, last] = [0, 0];
  for (const sample of samples) [before, last] = [last, sample + turn * last - before];
  return (before * before + last * last - turn * before * last) / samples.length ** 2;
}
const peakOf = (samples: Float32Array): number => Math.max(...samples.map(Math.abs));

describe('earcon', () => {
  it('plays its notes one after the other, at the level it was given', () => {
    const sound = soundOf({ sampleRateHz: 16_000, notesHz: [500, 800], noteMs: 100, levelDb: -20 });

    expect(sound.length).toBe(3200);
    const [first, second] = [sound.slice(0, 1600), sound.slice(1600)];
    expect(powerAt(500, first, 16_000)).toBeGreaterThan(100 * powerAt(800, first, 16_000));
    expect(powerAt(800, second, 16_000)).toBeGreaterThan(100 * powerAt(500, second, 16_000));
    expect(peakOf(sound)).toBeCloseTo(0.1, 5);
  });

  it('begins and ends each note without a click', () => {
    const sound = soundOf();
    const peak = peakOf(sound);
    for (const border of [0, sound.length / 2, sound.length]) {
      const around = sound.slice(Math.max(0, border - 12), border + 12);
      expect(peakOf(around)).toBeLessThan(0.25 * peak);
    }
    for (let at = 1; at < sound.length; at++) {
      // A sine at 784 Hz moves by a fifth of its height from one sample to the next.
      expect(Math.abs((sound[at] as number) - (sound[at - 1] as number))).toBeLessThan(0.25 * peak);
    }
  });

  it('is the same for every text, and has no word in it', () => {
    expect(soundOf({}, 'A long sentence about the weather.')).toEqual(soundOf({}, 'no'));
    earcon()
      .synthesize('no')
      .subscribe(({ saysNothing }) => expect(saysNothing).toBe(true));
  });

  it('is at every rate the same length and the same level', () => {
    for (const sampleRateHz of [8000, 22_050, 48_000, 192_000]) {
      const sound = soundOf({ sampleRateHz });
      expect(sound.length / sampleRateHz).toBeCloseTo(0.28, 3);
      expect(20 * Math.log10(peakOf(sound))).toBeCloseTo(-18, 3);
    }
  });

  it('names its notes as its voice, so that a cache tells them apart', () => {
    const voices = [{}, { notesHz: [440] }, { noteMs: 50 }, { levelDb: -30 }].map((of) => earcon(of).voice);
    expect(new Set(voices).size).toBe(voices.length);
  });

  it('refuses options out of range, all at once', () => {
    expect(() => earcon({ notesHz: [], noteMs: 0, levelDb: 3 })).toThrow(
      /OPTION_INVALID.*notesHz must.*noteMs must.*levelDb must/,
    );
    expect(() => earcon({ notesHz: [440, Number.NaN] })).toThrow(/notesHz must/);
  });
});
