import { createRealFft } from '../audio/echo/real-fft.js';
import type { FoundChirp } from './find-chirps.js';
import { chirpBand, chirpMs } from './measuring-signal.js';
import { perMs, type SoundTrack, trackRateHz } from './sound-track.js';

/** An echo is looked for from so much before its sound, because time stamps are right to some milliseconds only. Units: ms. */
export const earliestMs = -100;
/** And up to so much after it: Bluetooth takes up to 300. Units: ms. */
export const latestMs = 600;
/** What follows the first sound of an echo and belongs to it. Units: ms. */
export const tailMs = 200;

/** Lags at which the response is known: those where an echo may begin, and what follows the last of them. */
const lags = (latestMs - earliestMs + tailMs) * perMs;
const fftSize = 20_480;
/** What little the chirp has near the edges of its band is not divided by. */
const regularization = 1e-3;
/** The band is left out with ramps of this factor in frequency. */
const edge = 1.15;
/** The echo begins a little before its greatest part. Units: ms. */
const leadMs = 4;

/** What came back of one chirp. */
export interface ChirpResponse {
  readonly chirp: FoundChirp;
  /** Where on the captured track lag 0 lies, by the time stamps. */
  readonly origin: number;
  /** Lag of the first of `power`, which may be a fraction. Units: samples. */
  readonly firstLag: number;
  /** Power of the path's response, lag by lag: squares of its envelope. */
  readonly power: Float64Array;
  /** What `power` is where there is no echo. */
  readonly noise: number;
  /** The response itself, for the same lags. */
  readonly response: Float64Array;
}

/** How strong an echo is relative to what was rendered. Ratios of power. */
export interface EchoGain {
  readonly whole: number;
  readonly low: number;
  readonly high: number;
}

/** Sees the path from the loudspeaker to the microphone through one chirp after the other. */
export interface ResponseMeter {
  /** Undefined where the recording does not have it in one piece. */
  measure(chirp: FoundChirp, rendered: SoundTrack, captured: SoundTrack): ChirpResponse | undefined;
  /** Of the echo whose greatest part has this lag in samples, less what noise adds. */
  gainOf(response: ChirpResponse, lag: number): EchoGain;
}

/**
 * @remarks
 * What was captured is divided by what was rendered, in the frequency domain, over the band of the chirp: so neither the level of the
 * chirp nor a volume in between matters.
 */
export function createResponseMeter(): ResponseMeter {
  const fft = createRealFft(fftSize);
  const spectrum = () => ({ real: new Float64Array(fft.bins), imaginary: new Float64Array(fft.bins) });
  const sent = spectrum();
  const got = spectrum();
  const part = spectrum();
  const weight = Float64Array.from({ length: fft.bins }, (_, k) => passBand((k * trackRateHz) / fftSize));
  const middleBin = Math.round((Math.sqrt(chirpBand.fromHz * chirpBand.toHz) * fftSize) / trackRateHz);
  const signal = new Float64Array(fftSize);
  const quarter = new Float64Array(fftSize);
  /** Power of the sound that was rendered; all chirps of one signal have the same. */
  const sentPower = new Float64Array(fft.bins);
  /** Power of what the division makes of a path that changes nothing. */
  const idealPower = new Float64Array(fft.bins);

  const forward = (block: Float64Array, target: { real: Float64Array; imaginary: Float64Array }): void => {
    signal.fill(0);
    signal.set(block);
    fft.forward(signal, target.real, target.imaginary);
  };

  /** Divide `got` by `sent`, into `got`. */
  const divide = (): void => {
    let most = 0;
    for (let k = 0; k < fft.bins; k++) {
      sentPower[k] = (sent.real[k] as number) ** 2 + (sent.imaginary[k] as number) ** 2;
      most = Math.max(most, sentPower[k] as number);
    }
    for (let k = 0; k < fft.bins; k++) {
      const a = got.real[k] as number;
      const b = got.imaginary[k] as number;
      const c = sent.real[k] as number;
      const d = sent.imaginary[k] as number;
      const scale = (weight[k] as number) / ((sentPower[k] as number) + regularization * most);
      idealPower[k] = (scale * (sentPower[k] as number)) ** 2;
      got.real[k] = (a * c + b * d) * scale;
      got.imaginary[k] = (b * c - a * d) * scale;
    }
  };

  /** Power of what lies in a window of the response, as the chirp would hear it. */
  const gainIn = (response: Float64Array, from: number, to: number): EchoGain => {
    forward(response.subarray(Math.max(0, from), Math.max(0, to)), part);
    const sums = { low: 0, high: 0, lowSent: 0, highSent: 0 };
    for (let k = 0; k < fft.bins; k++) {
      const sentHere = sentPower[k] as number;
      const heard = ((part.real[k] as number) ** 2 + (part.imaginary[k] as number) ** 2) * sentHere;
      const ideal = (idealPower[k] as number) * sentHere;
      if (k < middleBin) {
        sums.low += heard;
        sums.lowSent += ideal;
      } else {
        sums.high += heard;
        sums.highSent += ideal;
      }
    }
    return {
      whole: (sums.low + sums.high) / (sums.lowSent + sums.highSent),
      low: sums.low / sums.lowSent,
      high: sums.high / sums.highSent,
    };
  };

  return {
    measure(chirp, rendered, captured) {
      const { index } = chirp;
      const count = chirpMs * perMs;
      const origin = captured.indexAt(rendered.msAt(index));
      const from = Math.floor(origin + earliestMs * perMs);
      const length = lags + count;
      const isWhole = from >= 0 && from + length <= captured.length;
      if (!isWhole || captured.runAt(from) !== captured.runAt(from + length - 1)) return undefined;
      if (rendered.runAt(index) !== rendered.runAt(index + count - 1)) return undefined;
      forward(rendered.read(index, count), sent);
      forward(captured.read(from, length), got);
      divide();
      fft.inverse(got.real, got.imaginary, signal);
      const response = signal.slice(0, lags);
      // A quarter of a turn later, at every frequency: both together make the envelope, whatever the phase of the loudspeaker.
      part.real.set(got.imaginary);
      for (let k = 0; k < fft.bins; k++) part.imaginary[k] = -(got.real[k] as number);
      fft.inverse(part.real, part.imaginary, quarter);
      const power = response.map((sample, i) => sample * sample + (quarter[i] as number) ** 2);
      return { chirp, origin, firstLag: from - origin, power, noise: quietPower(power), response };
    },
    gainOf({ response, power, firstLag }, lag) {
      const peak = Math.round(lag - firstLag);
      const from = peak - leadMs * perMs;
      const length = (leadMs + tailMs) * perMs;
      const echo = gainIn(response, from, from + length);
      const quietFrom = quietestStretch(power, from, length);
      const noise = gainIn(response, quietFrom, quietFrom + length);
      return {
        whole: Math.max(0, echo.whole - noise.whole),
        low: Math.max(0, echo.low - noise.low),
        high: Math.max(0, echo.high - noise.high),
      };
    },
  };
}

/** From 0 to 1, over a ramp at either end. */
function passBand(hz: number): number {
  const { fromHz, toHz } = chirpBand;
  const ramp = (from: number, to: number): number => {
    const share = Math.max(0, Math.min(1, Math.log(hz / from) / Math.log(to / from)));
    return 0.5 - 0.5 * Math.cos(Math.PI * share);
  };
  return hz <= 0 ? 0 : ramp(fromHz, fromHz * edge) * ramp(toHz, toHz / edge);
}

/** What is usual where there is no echo: most of the lags have none. */
function quietPower(power: Float64Array): number {
  const blockSamples = 10 * perMs;
  const means: number[] = [];
  for (let from = 0; from + blockSamples <= power.length; from += blockSamples) {
    let sum = 0;
    for (let i = from; i < from + blockSamples; i++) sum += power[i] as number;
    means.push(sum / blockSamples);
  }
  means.sort((a, b) => a - b);
  return means[Math.floor(means.length / 3)] ?? 0;
}

/** Where a stretch of this length begins that has the least in it, and nothing of the one from `taken` on. */
function quietestStretch(power: Float64Array, taken: number, length: number): number {
  let best = 0;
  let least = Infinity;
  const step = 10 * perMs;
  for (let from = 0; from + length <= power.length; from += step) {
    if (from + length > taken && from < taken + length) continue;
    let sum = 0;
    for (let i = from; i < from + length; i++) sum += power[i] as number;
    if (sum < least) {
      least = sum;
      best = from;
    }
  }
  return best;
}
