import { createRandom, gaussian } from './random.js';
import { sampleRateHz } from './speech-bounds.js';

/** What people do that is no speech, and should interrupt nobody. */
export type SoundName = 'cough' | 'clap' | 'tap' | 'backchannel';

export const soundNames: readonly SoundName[] = ['cough', 'clap', 'tap', 'backchannel'];

/** Hands: some milliseconds of noise between 800 Hz and 3 kHz, two to four times. */
export function clap(seed: number): Float32Array {
  const random = createRandom(seed);
  const hits = 2 + Math.floor(3 * random());
  const apart = Math.round((0.22 + 0.15 * random()) * sampleRateHz);
  const samples = new Float32Array(hits * apart + sampleRateHz / 4);
  for (let hit = 0; hit < hits; hit++) {
    addRinging(
      samples,
      hit * apart,
      { hz: 1000 + 1200 * random(), decayMs: 6 + 6 * random(), noise: 1 },
      seed + hit,
    );
  }
  return samples;
}

/** A finger or a cup on the table: a dull ring, one to three times. */
export function tap(seed: number): Float32Array {
  const random = createRandom(seed);
  const hits = 1 + Math.floor(3 * random());
  const apart = Math.round((0.15 + 0.2 * random()) * sampleRateHz);
  const samples = new Float32Array(hits * apart + sampleRateHz / 4);
  for (let hit = 0; hit < hits; hit++) {
    addRinging(
      samples,
      hit * apart,
      { hz: 150 + 500 * random(), decayMs: 15 + 25 * random(), noise: 0.2 },
      seed + hit,
    );
  }
  return samples;
}

/** The same cough by other people: shorter and higher, or longer and lower. */
export function coughOf(recording: Float32Array, seed: number): Float32Array {
  const speed = 0.8 + 0.45 * createRandom(seed)();
  return Float32Array.from({ length: Math.floor(recording.length / speed) - 1 }, (_, i) => {
    const at = i * speed;
    const whole = Math.floor(at);
    const part = at - whole;
    return (1 - part) * (recording[whole] ?? 0) + part * (recording[whole + 1] ?? 0);
  });
}

/** A resonance that is struck: two poles, fed by a decaying burst of noise. */
function addRinging(
  samples: Float32Array,
  from: number,
  { hz, decayMs, noise }: { readonly hz: number; readonly decayMs: number; readonly noise: number },
  seed: number,
): void {
  const random = createRandom(seed * 31 + 7);
  const radius = Math.exp(-1000 / (decayMs * sampleRateHz));
  const feedback = 2 * radius * Math.cos((2 * Math.PI * hz) / sampleRateHz);
  let last = 0;
  let before = 0;
  for (let i = from; i < samples.length && i < from + sampleRateHz / 4; i++) {
    const strike = i === from ? 1 : 0;
    const rattle = noise * gaussian(random) * Math.exp((-(i - from) * 1000) / (decayMs * sampleRateHz));
    const sample = strike + rattle + feedback * last - radius * radius * before;
    before = last;
    last = sample;
    samples[i] = (samples[i] as number) + sample;
  }
}
