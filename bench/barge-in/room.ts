import { createDriftConverter } from '../../src/core/audio/drift-converter.js';
import { createRealFft } from '../../src/core/audio/echo/real-fft.js';
import { createRandom, gaussian } from './random.js';
import { sampleRateHz } from './speech-bounds.js';

/** What lies between a source of sound and the microphone, without the delay. */
export interface Room {
  /** `statistical` is noise that decays, `images` the reflections of a box. */
  readonly model: 'statistical' | 'images';
  /** Time in which the reverberation decays by 60 dB. Units: milliseconds. */
  readonly reverberationMs: number;
  /** Power of the direct sound relative to all that follows. Units: decibels. */
  readonly directDb: number;
  readonly seed: number;
}

const speedOfSound = 343;
const responseSeconds = 0.45;

/** The response of a room, of energy 1; its first sample is the direct sound. */
export function roomResponse({ model, reverberationMs, directDb, seed }: Room): Float64Array {
  const length = Math.round(responseSeconds * sampleRateHz);
  const tail =
    model === 'images'
      ? withReverberation(boxReflections(length, reverberationMs, seed), reverberationMs)
      : decayingNoise(length, reverberationMs, seed);
  let power = 0;
  for (const sample of tail) power += sample * sample;
  const ratio = 10 ** (directDb / 10);
  const gain = Math.sqrt(1 / ((1 + ratio) * power));
  const response = tail.map((sample) => sample * gain);
  response[0] = (response[0] as number) + Math.sqrt(ratio / (1 + ratio));
  return response;
}

/** 1 ms after the direct sound it begins. */
function decayingNoise(length: number, reverberationMs: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const decay = Math.log(1000) / ((reverberationMs / 1000) * sampleRateHz);
  return Float64Array.from({ length }, (_, i) => (i < 16 ? 0 : gaussian(random) * Math.exp(-decay * i)));
}

/** A box of random size with loudspeaker and microphone somewhere in it; walls that absorb what the reverberation asks for (Eyring). */
function boxReflections(length: number, reverberationMs: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const size = [between(3, 6), between(3, 5), between(2.4, 3.2)] as const;
  const source = size.map((side) => side * between(0.3, 0.6));
  const microphone = source.map((place) => place + between(-0.4, 0.4));
  const volume = size[0] * size[1] * size[2];
  const surface = 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2]);
  const reflection = Math.exp((-0.5 * 0.161 * volume) / (surface * (reverberationMs / 1000)));
  const direct = Math.hypot(...source.map((place, axis) => place - (microphone[axis] as number)));
  const reach = direct + responseSeconds * speedOfSound;
  const response = new Float64Array(length);
  // Along one axis: where the images are, and how many walls are between.
  const imagesAlong = (axis: 0 | 1 | 2) => {
    const side = size[axis];
    const images: { readonly offset: number; readonly walls: number }[] = [];
    const most = Math.ceil(reach / (2 * side)) + 1;
    for (let index = -most; index <= most; index++) {
      for (const mirrored of [0, 1]) {
        const place = (mirrored ? -1 : 1) * (source[axis] as number) + 2 * index * side;
        images.push({
          offset: place - (microphone[axis] as number),
          walls: Math.abs(index - mirrored) + Math.abs(index),
        });
      }
    }
    return images;
  };
  const [alongX, alongY, alongZ] = [imagesAlong(0), imagesAlong(1), imagesAlong(2)] as const;
  for (const x of alongX) {
    for (const y of alongY) {
      const flat = x.offset ** 2 + y.offset ** 2;
      if (flat > reach * reach) continue;
      for (const z of alongZ) {
        const walls = x.walls + y.walls + z.walls;
        const distance = Math.sqrt(flat + z.offset ** 2);
        const at = ((distance - direct) / speedOfSound) * sampleRateHz;
        if (walls === 0 || at < 0 || at >= length - 1) continue;
        const whole = Math.floor(at);
        const strength = reflection ** walls / distance;
        response[whole] = (response[whole] as number) + strength * (1 - at + whole);
        response[whole + 1] = (response[whole + 1] as number) + strength * (at - whole);
      }
    }
  }
  return response;
}

/**
 * How long a response takes to decay by 60 dB: three times its way from -5 to -25 dB, as it is measured in rooms.
 *
 * @returns milliseconds.
 */
export function measuredReverberationMs(response: Float64Array): number {
  const left = new Float64Array(response.length);
  let rest = 0;
  for (let i = response.length - 1; i > 0; i--) {
    rest += (response[i] as number) ** 2;
    left[i] = rest;
  }
  const below = (db: number) => left.findIndex((power, i) => i > 0 && power < rest * 10 ** (db / 10));
  return (3 * (below(-25) - below(-5)) * 1000) / sampleRateHz;
}

/** Sound that runs along few walls decays slower than the formula for the whole box says: make up for it. */
function withReverberation(response: Float64Array, reverberationMs: number): Float64Array {
  const perSample = (ms: number) => (Math.log(1000) * 1000) / (ms * sampleRateHz);
  const more = perSample(reverberationMs) - perSample(measuredReverberationMs(response));
  return response.map((sample, i) => sample * Math.exp(-more * i));
}

/** A door opened: the longer reverberation of another room comes in, and what was reflected by the door is weaker. */
export function withDoorOpen(response: Float64Array, room: Room): Float64Array {
  const other = roomResponse({
    model: 'statistical',
    reverberationMs: 1.3 * room.reverberationMs,
    directDb: -30,
    seed: room.seed + 77,
  });
  const first = 80;
  return response.map((sample, i) => (i < first ? sample : 0.6 * sample) + 0.7 * (other[i] as number));
}

/** `signal` through a response, as long as `signal`. */
export function convolve(signal: Float32Array, response: Float64Array): Float32Array {
  const size = 32_768;
  const step = size / 2;
  if (response.length > step)
    throw new Error(`a response of ${response.length} samples is too long; ${step} at most`);
  const fft = createRealFft(size);
  const spectrum = () => ({ real: new Float64Array(fft.bins), imaginary: new Float64Array(fft.bins) });
  const block = new Float64Array(size);
  block.set(response);
  const path = spectrum();
  fft.forward(block, path.real, path.imaginary);
  const part = spectrum();
  const output = new Float64Array(signal.length + size);
  for (let at = 0; at < signal.length; at += step) {
    block.fill(0);
    block.set(signal.subarray(at, at + step));
    fft.forward(block, part.real, part.imaginary);
    for (let bin = 0; bin < fft.bins; bin++) {
      const real = part.real[bin] as number;
      const imaginary = part.imaginary[bin] as number;
      part.real[bin] = real * (path.real[bin] as number) - imaginary * (path.imaginary[bin] as number);
      part.imaginary[bin] = real * (path.imaginary[bin] as number) + imaginary * (path.real[bin] as number);
    }
    fft.inverse(part.real, part.imaginary, block);
    for (let i = 0; i < size; i++) output[at + i] = (output[at + i] as number) + (block[i] as number);
  }
  return Float32Array.from(output.subarray(0, signal.length));
}

/** A loudspeaker that is driven too hard: peaks are squashed. @param drive - 0 is linear; 2 lets half scale come out 2.2 dB below full scale. */
export function driven(signal: Float32Array, drive: number): Float32Array {
  return drive === 0 ? signal : signal.map((sample) => Math.tanh(drive * sample) / Math.tanh(drive));
}

/** What is captured of `signal` when it is played by a clock that runs faster by `ppm`. */
export function playedFaster(signal: Float32Array, ppm: number): Float32Array {
  if (ppm === 0) return signal;
  const converter = createDriftConverter(sampleRateHz, sampleRateHz);
  converter.setPpm((1 / (1 + ppm * 1e-6) - 1) * 1e6);
  return converter.push(signal);
}
