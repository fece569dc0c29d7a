import { noiseAt, noisePeak } from '../../src/core/pacing/background-noise.js';

/** What lies between a loudspeaker and a microphone. */
export interface SimulatedPath {
  /** Time until the first sound arrives. Units: milliseconds. */
  readonly delayMs: number;
  /** Time in which the reverberation decays by 60 dB. Units: milliseconds. */
  readonly reverberationMs: number;
  /** Power of the direct sound relative to the reverberation. Units: decibels. */
  readonly directDb: number;
  /** Level of the whole path. Units: decibels. */
  readonly gainDb: number;
  /** Other seeds are other rooms. */
  readonly seed: number;
}

const sampleRateHz = 16_000;

/** An impulse response: a direct sound and noise that decays. */
export function pathResponse({
  delayMs,
  reverberationMs,
  directDb,
  gainDb,
  seed,
}: SimulatedPath): Float32Array {
  const delay = Math.round((delayMs * sampleRateHz) / 1000);
  // 45 dB of the decay are enough: what follows is below the noise of any room.
  const length = Math.round((0.75 * reverberationMs * sampleRateHz) / 1000);
  const decay = Math.log(1000) / ((reverberationMs * sampleRateHz) / 1000);
  const firstReflection = 16;
  const tail = Float32Array.from({ length }, (_, i) =>
    i < firstReflection ? 0 : noiseAt(seed, i) * Math.exp(-decay * i),
  );
  let power = 0;
  for (const sample of tail) power += sample * sample;
  const ratio = 10 ** (directDb / 10);
  const gain = 10 ** (gainDb / 20);
  const tailGain = gain / Math.sqrt((1 + ratio) * power);
  const response = new Float32Array(delay + length);
  for (let i = 0; i < length; i++) response[delay + i] = (tail[i] as number) * tailGain;
  response[delay] = gain * Math.sqrt(ratio / (1 + ratio));
  return response;
}

/** What arrives at the microphone: `signal` through a path. As long as `signal`. */
export function through(signal: Float32Array, response: Float32Array): Float32Array {
  const taps: number[] = [];
  for (const [tap, weight] of response.entries()) if (weight !== 0) taps.push(tap);
  const output = new Float64Array(signal.length);
  for (const tap of taps) {
    const weight = response[tap] as number;
    for (let i = tap; i < output.length; i++) {
      output[i] = (output[i] as number) + weight * (signal[i - tap] as number);
    }
  }
  return Float32Array.from(output);
}

/** A loudspeaker that is driven too hard. @param drive - 0 is linear, 4 is badly distorted. */
export function distorted(signal: Float32Array, drive: number): Float32Array {
  return drive === 0 ? signal : signal.map((sample) => Math.tanh(drive * sample) / Math.tanh(drive));
}

/** What a microphone hears whose clock is slower by `ppm` than the one that `signal` was played with. */
export function heardByAnotherClock(signal: Float32Array, ppm: number): Float32Array {
  if (ppm === 0) return signal;
  const reach = 24;
  return signal.map((_, index) => {
    const position = index * (1 + ppm * 1e-6);
    const whole = Math.floor(position);
    let sum = 0;
    for (let i = whole - reach + 1; i <= whole + reach; i++) {
      const distance = position - i;
      const angle = Math.PI * distance;
      const sinc = Math.abs(distance) < 1e-9 ? 1 : Math.sin(angle) / angle;
      sum += (signal[i] ?? 0) * sinc * (0.5 + 0.5 * Math.cos(angle / reach));
    }
    return sum;
  });
}

/** The noise of a room. */
export function roomNoise(length: number, rmsDb: number, seed: number): Float32Array {
  const peak = noisePeak(rmsDb);
  return Float32Array.from({ length }, (_, i) => peak * noiseAt(seed, i));
}

/** Sum of signals, as long as the first one. */
export function mixed(first: Float32Array, ...others: readonly Float32Array[]): Float32Array {
  return first.map((sample, i) => others.reduce((sum, other) => sum + (other[i] ?? 0), sample));
}
