import { type AudioFrame, audioFrame } from '../../../src/core/audio/audio-frame.js';

/** What can be said in tones: each of these is one. */
export const letters = [..."abcdefghijklmnopqrstuvwxyz '"];

/** What the recognisers of speech take. */
export const listeningFormat = { sampleRateHz: 16_000, channels: 1 } as const;

/** A tone, then a gap of the same length. Units: samples; 80 ms each. */
const toneSamples = 1280;

/** The tone of a letter. 100 Hz apart, so that a window of 40 ms tells them apart without a doubt. */
export const letterHz = (index: number) => 300 + 100 * index;

/**
 * Say a text in tones, at 16 kHz.
 *
 * @param level - peak. @defaultValue 0.5
 */
export function spell(text: string, level = 0.5): Float32Array {
  const samples = new Float32Array(text.length * 2 * toneSamples);
  for (const [position, letter] of [...text].entries()) {
    const index = letters.indexOf(letter);
    if (index < 0) throw new Error(`there is no tone for ${JSON.stringify(letter)}`);
    const step = (2 * Math.PI * letterHz(index)) / listeningFormat.sampleRateHz;
    const from = position * 2 * toneSamples;
    for (let n = 0; n < toneSamples; n++) samples[from + n] = level * Math.sin(step * n);
  }
  return samples;
}

/** The same as frames, such as a microphone gives. */
export function spelledFrames(text: string, frameMs = 20, level = 0.5): readonly AudioFrame[] {
  const samples = spell(text, level);
  const size = (listeningFormat.sampleRateHz * frameMs) / 1000;
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, n) =>
    audioFrame(listeningFormat, samples.slice(n * size, (n + 1) * size), n * frameMs),
  );
}
