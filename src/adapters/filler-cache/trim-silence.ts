/** Speech begins and ends where a window comes so close to the loudest one. Units: dB. Quiet consonants lie 30 below the loudest vowel. */
const edgeDb = 45;
const windowMs = 5;
/** Kept of what lies before the first sound, and after the last one, which dies away. Units: ms. */
const keptBeforeMs = 10;
const keptAfterMs = 40;
/** Where something was cut off, so that it does not click. Units: ms. */
const fadeMs = 3;

/**
 * Speech without the silence around it: synthesizers put up to some hundred milliseconds of it in front, and a filler is late by them.
 *
 * @returns a copy, or the samples themselves where there is nothing to cut off.
 */
export function trimSilence(samples: Float32Array, sampleRateHz: number): Float32Array {
  const samplesOf = (ms: number) => Math.round((ms * sampleRateHz) / 1000);
  const window = samplesOf(windowMs);
  const powers: number[] = [];
  for (let start = 0; start < samples.length; start += window) {
    const end = Math.min(samples.length, start + window);
    let sum = 0;
    for (let i = start; i < end; i++) sum += (samples[i] as number) ** 2;
    powers.push(sum / (end - start));
  }
  const edge = powers.reduce((max, power) => Math.max(max, power), 0) * 10 ** (-edgeDb / 10);
  const isSound = (power: number) => power > 0 && power >= edge;
  const first = powers.findIndex(isSound);
  if (first < 0) return samples;
  const begin = Math.max(0, first * window - samplesOf(keptBeforeMs));
  const end = Math.min(samples.length, (powers.findLastIndex(isSound) + 1) * window + samplesOf(keptAfterMs));
  if (begin === 0 && end === samples.length) return samples;

  const trimmed = samples.slice(begin, end);
  const fade = Math.min(samplesOf(fadeMs), trimmed.length);
  for (let i = 0; i < fade; i++) {
    if (begin > 0) trimmed[i] = ((trimmed[i] as number) * i) / fade;
    const last = trimmed.length - 1 - i;
    if (end < samples.length) trimmed[last] = ((trimmed[last] as number) * i) / fade;
  }
  return trimmed;
}
