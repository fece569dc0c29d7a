import { createRealFft } from '../audio/echo/real-fft.js';
import type { EchoPeak } from './echo-peaks.js';
import { tailMs } from './echo-response.js';
import { chirpMs, wakeChirps } from './measuring-signal.js';
import { perMs, type SoundTrack } from './sound-track.js';

const windowMs = 10;
/** What is quieter than it should be by more than this is missing. Ratio of power: 10 dB. */
const missing = 0.1;
/** Windows where the echo should be above the noise by this much tell something. Ratio of power. */
const telling = 4;
/** So many windows are looked at together, and so many of them have to be there. */
const together = { windows: 10, present: 8 } as const;
const passageMs = wakeChirps * chirpMs;
const fftSize = 40_960;

/**
 * How much of the first passage was not heard, though it was rendered.
 *
 * @param index - where on the rendered track the passage begins.
 * @param peak - the echo of a chirp that was heard later.
 * @param noise - mean square of what is captured without an echo.
 * @returns undefined where noise hides it; the whole passage where nothing of it was heard. Units: ms, in steps of 10.
 */
export function wakeLossMs(
  index: number,
  { response, lag }: EchoPeak,
  noise: number,
  rendered: SoundTrack,
  captured: SoundTrack,
): number | undefined {
  const window = windowMs * perMs;
  const lead = 4 * perMs;
  const first = Math.max(0, Math.round(lag - response.firstLag) - lead);
  const path = response.response.subarray(first, first + lead + tailMs * perMs);
  const expected = convolve(rendered.read(index, passageMs * perMs), path);
  const start = Math.round(captured.indexAt(rendered.msAt(index)) + response.firstLag + first);
  const heard = captured.read(start, passageMs * perMs);

  const windows: { readonly ms: number; readonly isPresent: boolean }[] = [];
  // The path begins a little before the sound.
  for (let at = lead; at + window <= heard.length; at += window) {
    const should = meanSquare(expected, at, at + window);
    if (should < telling * noise || should === 0) continue;
    const isPresent = meanSquare(heard, at, at + window) - noise > missing * should;
    windows.push({ ms: (at - lead) / perMs, isPresent });
  }
  if (windows.length < passageMs / windowMs / 2) return undefined;
  const begins = windows.findIndex(({ isPresent }, i) => {
    const next = windows.slice(i, i + together.windows);
    const present = next.filter((one) => one.isPresent).length;
    return isPresent && present >= Math.min(next.length, together.present);
  });
  if (begins < 0) return passageMs;
  // Between the last that is known to be missing and the first that is there, nothing is known to be missing.
  const lost = begins === 0 ? 0 : (windows[begins - 1]?.ms ?? 0) + windowMs;
  // One window is the precision of time stamps.
  return lost <= windowMs ? 0 : lost;
}

function convolve(signal: Float64Array, path: Float64Array): Float64Array {
  const fft = createRealFft(fftSize);
  const spectra = [signal, path].map((samples) => {
    const padded = new Float64Array(fftSize);
    padded.set(samples);
    const spectrum = { real: new Float64Array(fft.bins), imaginary: new Float64Array(fft.bins) };
    fft.forward(padded, spectrum.real, spectrum.imaginary);
    return spectrum;
  });
  const [a, b] = spectra as [(typeof spectra)[number], (typeof spectra)[number]];
  for (let k = 0; k < fft.bins; k++) {
    const real = a.real[k] as number;
    const imaginary = a.imaginary[k] as number;
    a.real[k] = real * (b.real[k] as number) - imaginary * (b.imaginary[k] as number);
    a.imaginary[k] = real * (b.imaginary[k] as number) + imaginary * (b.real[k] as number);
  }
  const output = new Float64Array(fftSize);
  fft.inverse(a.real, a.imaginary, output);
  return output;
}

export function meanSquare(samples: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (samples[i] as number) ** 2;
  return sum / (to - from);
}
