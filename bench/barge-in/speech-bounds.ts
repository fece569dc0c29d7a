/** Everything in this bench is mono at this rate. */
export const sampleRateHz = 16_000;
export const samplesPerMs = sampleRateHz / 1000;

/** 20 ms. */
const stepSamples = 20 * samplesPerMs;
/** How far below the loud parts speech begins, as a power: -30 dB. */
const onsetPower = 1e-3;

/** Where speech lies in a recording. Units: samples. */
export interface SpeechBounds {
  readonly onset: number;
  readonly end: number;
}

function stepPowers(samples: Float32Array): number[] {
  const powers: number[] = [];
  for (let at = 0; at + stepSamples <= samples.length; at += stepSamples) {
    let sum = 0;
    for (let i = at; i < at + stepSamples; i++) sum += (samples[i] as number) ** 2;
    powers.push(sum / stepSamples);
  }
  return powers;
}

function loudPower(powers: readonly number[]): number {
  return [...powers].sort((a, b) => a - b)[Math.floor(powers.length * 0.95)] ?? 0;
}

/**
 * Speech begins with the first 20 ms above -30 dB of the 95th percentile of the level, and ends with the last.
 *
 * @returns undefined for silence.
 */
export function findSpeech(samples: Float32Array): SpeechBounds | undefined {
  const powers = stepPowers(samples);
  const limit = loudPower(powers) * onsetPower;
  if (!(limit > 0)) return undefined;
  const isLoud = (power: number) => power > limit;
  return {
    onset: powers.findIndex(isLoud) * stepSamples,
    end: (powers.findLastIndex(isLoud) + 1) * stepSamples,
  };
}

/** Root mean square of the parts within 25 dB of the loud ones: the level of speech without its pauses. 0 for silence. */
export function activeRms(samples: Float32Array): number {
  const powers = stepPowers(samples);
  const limit = loudPower(powers) * 10 ** -2.5;
  const active = powers.filter((power) => power > 0 && power >= limit);
  return Math.sqrt(active.reduce((sum, power) => sum + power, 0) / Math.max(1, active.length));
}

/** What to multiply with to bring speech to this level. */
export function gainTo(rmsDb: number, samples: Float32Array): number {
  const rms = activeRms(samples);
  return rms === 0 ? 0 : 10 ** (rmsDb / 20) / rms;
}
