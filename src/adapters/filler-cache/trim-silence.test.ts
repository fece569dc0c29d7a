import { describe, expect, it } from 'vitest';
import { trimSilence } from './trim-silence.js';

const rate = 16_000;
const ms = (n: number) => n * 16;
/** A sound between stretches of silence, with a floor of noise under it all. */
function speech(beforeMs: number, soundMs: number, afterMs: number, floor = 0) {
  const samples = Float32Array.from({ length: ms(beforeMs + soundMs + afterMs) }, (_, n) =>
    n % 2 ? floor : -floor,
  );
  for (let n = ms(beforeMs); n < ms(beforeMs + soundMs); n++) samples[n] = 0.5 * Math.sin(n * 0.3);
  return samples;
}

describe('trimSilence', () => {
  it.each([0, 0.0005])(
    'leaves 10 ms before the first sound and 40 ms after the last, over a floor of %d',
    (floor) => {
      const given = speech(300, 400, 250, floor);
      const trimmed = trimSilence(given, rate);
      expect(trimmed.length).toBe(ms(10 + 400 + 40));
      expect(trimmed.slice(ms(10), ms(410))).toEqual(given.slice(ms(300), ms(700)));
    },
  );

  it('keeps a quiet ending and a pause within', () => {
    const given = speech(100, 200, 300);
    for (let n = ms(400); n < ms(450); n++) given[n] = 0.01 * Math.sin(n * 0.3);
    expect(trimSilence(given, rate).length).toBe(ms(10 + 350 + 40));
  });

  it('does not click where it cut', () => {
    const trimmed = trimSilence(speech(300, 400, 250, 0.0005), rate);
    expect(trimmed[0]).toBeCloseTo(0, 8);
    expect(trimmed.at(-1)).toBeCloseTo(0, 8);
  });

  it('leaves alone what has no silence around it, and what is nothing but silence', () => {
    for (const given of [speech(8, 400, 30), speech(0, 100, 0), new Float32Array(800), new Float32Array(0)]) {
      expect(trimSilence(given, rate)).toBe(given);
    }
  });
});
