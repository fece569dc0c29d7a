import { createRealFft } from '../audio/echo/real-fft.js';
import { type ChirpDirection, chirp } from './measuring-signal.js';
import { perMs, type SoundTrack, trackRateHz } from './sound-track.js';

/** A chirp that was rendered. */
export interface FoundChirp {
  /** Where it begins. */
  readonly index: number;
  readonly direction: ChirpDirection;
}

/** So much alike are a chirp and what is taken for one; a chirp of the other direction is far below. Range: 0..1. */
const likeness = 0.9;
/** Two chirps are not closer than this. Units: ms. */
const apartMs = 150;
const fftSize = 20_480;
/** What is below is silence. */
const inaudible = 1e-9;

/** Every chirp in what was rendered, in order, whatever its level. */
export function findChirps(rendered: SoundTrack): readonly FoundChirp[] {
  const fft = createRealFft(fftSize);
  const real = new Float64Array(fft.bins);
  const imaginary = new Float64Array(fft.bins);
  const match = new Float64Array(fftSize);
  const templates = (['up', 'down'] as const).map((direction) => {
    const samples = chirp(trackRateHz, direction, -10);
    const padded = new Float64Array(fftSize);
    padded.set(samples);
    const spectrum = { real: new Float64Array(fft.bins), imaginary: new Float64Array(fft.bins) };
    fft.forward(padded, spectrum.real, spectrum.imaginary);
    return { direction, spectrum, length: samples.length, energy: energyOf(samples) };
  });
  const [{ length: chirpSamples } = { length: 0 }] = templates;
  const step = fftSize - chirpSamples;
  const found: (FoundChirp & { readonly alike: number })[] = [];

  const take = (candidate: FoundChirp & { readonly alike: number }): void => {
    const last = found.at(-1);
    if (!last || candidate.index - last.index > apartMs * perMs) found.push(candidate);
    else if (candidate.alike > last.alike) found[found.length - 1] = candidate;
  };

  for (let from = 0; from < rendered.length; from += step) {
    const block = rendered.read(from, fftSize);
    const energies = slidingEnergy(block, chirpSamples);
    if (energies.every((energy) => energy < inaudible)) continue;
    fft.forward(block, real, imaginary);
    const matches = templates.map(({ direction, spectrum, energy }) => {
      const productReal = new Float64Array(fft.bins);
      const productImaginary = new Float64Array(fft.bins);
      for (let k = 0; k < fft.bins; k++) {
        const a = real[k] as number;
        const b = imaginary[k] as number;
        const c = spectrum.real[k] as number;
        const d = spectrum.imaginary[k] as number;
        productReal[k] = a * c + b * d;
        productImaginary[k] = b * c - a * d;
      }
      fft.inverse(productReal, productImaginary, match);
      return { direction, energy, match: match.slice(0, step) };
    });
    for (let i = 0; i < step; i++) {
      for (const { direction, energy, match: of } of matches) {
        const alike = (of[i] as number) / Math.sqrt(energy * Math.max(inaudible, energies[i] as number));
        if (alike > likeness) take({ index: from + i, direction, alike });
      }
    }
  }
  return found.map(({ index, direction }) => ({ index, direction }));
}

function energyOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

/** Energy of every stretch of this length, by where it begins. */
function slidingEnergy(block: Float64Array, length: number): Float64Array {
  const energies = new Float64Array(block.length - length + 1);
  let sum = 0;
  for (let i = 0; i < block.length; i++) {
    sum += (block[i] as number) ** 2;
    if (i >= length) sum -= (block[i - length] as number) ** 2;
    if (i >= length - 1) energies[i - length + 1] = Math.max(0, sum);
  }
  return energies;
}
