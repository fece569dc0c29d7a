import { type ChirpResponse, earliestMs, latestMs, tailMs } from './echo-response.js';
import { perMs } from './sound-track.js';

/** Where the echo of one chirp has its greatest part. */
export interface EchoPeak {
  readonly response: ChirpResponse;
  /** From the chirp to the peak, by the time stamps. Units: samples, fractions included. */
  readonly lag: number;
}

/** What all chirps of one measurement show together. */
export interface SharedEcho {
  /** Units: samples. */
  readonly lag: number;
  /** One for each chirp that shows the echo by itself. */
  readonly peaks: readonly EchoPeak[];
  /** Lags of other echoes that are nearly as strong. Units: samples. */
  readonly others: readonly number[];
  /** Power of the response, summed over the chirps, lag by lag from `earliestMs` on; and of noise in it. */
  readonly power: Float64Array;
  readonly noise: number;
}

/** Time stamps of one device move by so much from chirp to chirp. Units: ms. */
const jitterMs = 8;
/** A peak of one chirp alone, above its own noise. Ratio of power: 9 dB, which noise exceeds in one lag of 3000. */
const clearPower = 8;
/** What is less below the strongest is another echo. Ratio of power: 9 dB. */
const nearlyAsStrong = 0.125;
/** Reflections of a room that are this near belong to it. Units: ms. */
const sameEchoMs = 25;

/** An echo rises from this stretch before it by so much; the traces of a chirp of the other direction lie all around. Units: ms; ratio of power. */
const before = { fromMs: 45, toMs: 5, rise: 8 } as const;

/** Undefined when there is none that half of the chirps agree on. */
export function findSharedEcho(responses: readonly ChirpResponse[]): SharedEcho | undefined {
  if (responses.length === 0) return undefined;
  const count = (latestMs - earliestMs) * perMs;
  const power = new Float64Array(count + tailMs * perMs);
  let noise = 0;
  for (const response of responses) {
    const shift = Math.round(earliestMs * perMs - response.firstLag);
    for (let i = 0; i < power.length; i++) power[i] = (power[i] as number) + (response.power[i + shift] ?? 0);
    noise += response.noise;
  }
  const best = strongest(power, 0, power.length);
  // Where the strongest is too late, what comes before it are its traces.
  if (best >= count || !((power[best] as number) > noise * exceptional(responses.length))) return undefined;
  if ((power[best] as number) < before.rise * meanBefore(power, best)) return undefined;
  const lag = best + earliestMs * perMs;
  const peaks = responses.flatMap((response) => peakNear(response, lag) ?? []);
  if (peaks.length < Math.max(2, responses.length / 2)) return undefined;

  const others: number[] = [];
  const apart = sameEchoMs * perMs;
  const floor = Math.max((power[best] as number) * nearlyAsStrong, noise * exceptional(responses.length));
  for (let i = 1; i < count - 1; i++) {
    if (Math.abs(i - best) < apart || (power[i] as number) < floor) continue;
    const isTop = strongest(power, Math.max(0, i - apart), Math.min(count, i + apart)) === i;
    if (isTop) others.push(i + earliestMs * perMs);
  }
  return { lag, peaks, others, power, noise };
}

/**
 * How many times the mean of noise the sum over `chirps` of it is exceeded by in no more than one measurement of ten
 * thousand, over all lags.
 *
 * @remarks
 * The power of noise is distributed exponentially; the sum over several as a gamma distribution, of whose tail this is an upper bound.
 */
const exceptional = (chirps: number): number => 1 + 18.4 / chirps + 6.1 / Math.sqrt(chirps);

function peakNear(response: ChirpResponse, lag: number): EchoPeak | undefined {
  const { power, noise, firstLag } = response;
  const middle = Math.round(lag - firstLag);
  const reach = jitterMs * perMs;
  const peak = strongest(power, Math.max(1, middle - reach), Math.min(power.length - 1, middle + reach + 1));
  if (!((power[peak] as number) > noise * clearPower)) return undefined;
  return { response, lag: firstLag + peak + vertex(power, peak) };
}

function meanBefore(power: Float64Array, peak: number): number {
  const from = Math.max(0, peak - before.fromMs * perMs);
  const to = Math.max(from, peak - before.toMs * perMs);
  let sum = 0;
  for (let i = from; i < to; i++) sum += power[i] as number;
  return to > from ? sum / (to - from) : 0;
}

function strongest(power: Float64Array, from: number, to: number): number {
  let best = from;
  for (let i = from; i < to; i++) if ((power[i] as number) > (power[best] as number)) best = i;
  return best;
}

/** Where between its neighbours a peak really is, as a parabola through the logarithms has it. Range: -0.5..0.5. */
function vertex(power: Float64Array, peak: number): number {
  const [left, top, right] = [-1, 0, 1].map((by) => Math.log((power[peak + by] ?? 0) + 1e-30)) as [
    number,
    number,
    number,
  ];
  const bend = left - 2 * top + right;
  return bend < 0 ? Math.max(-0.5, Math.min(0.5, (left - right) / (2 * bend))) : 0;
}
