import type { SharedEcho } from './echo-peaks.js';
import { earliestMs } from './echo-response.js';
import { perMs } from './sound-track.js';

/** The decay is followed in steps of this. Units: ms. */
const stepMs = 10;
/** And up to where it is lost in noise. Ratio of power. */
const lostInNoise = 2;
/** Units: dB. The usual stretches of a decay that are measured: the longer one where noise lets it be seen. */
const from = -5;
const ends = [-25, -15] as const;

/**
 * In which time sound decays by 60 dB, from the decay between 5 and 25 dB below the whole, or 5 and 15 in noise.
 *
 * @returns undefined where noise hides it. Units: ms.
 */
export function reverberationMs({ power, noise, lag }: SharedEcho): number | undefined {
  const first = lag - earliestMs * perMs;
  const step = stepMs * perMs;
  let end = first + step;
  while (end + step <= power.length && meanOf(power, end, end + step) > lostInNoise * noise) end += step;
  const left = new Float64Array(end - first);
  let sum = 0;
  for (let i = end - 1; i >= first; i--) {
    sum += Math.max(0, (power[i] as number) - noise);
    left[i - first] = sum;
  }
  const below = (db: number): number => left.findIndex((energy) => energy <= sum * 10 ** (db / 10));
  const start = below(from);
  for (const to of ends) {
    const stop = below(to);
    // What is cut off at the end makes a decay seem steeper there.
    const isSeen = start >= 0 && stop >= start && stop + 2 * step < left.length;
    if (isSeen) return ((60 / (from - to)) * (stop - start)) / perMs;
  }
  return undefined;
}

function meanOf(values: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += values[i] as number;
  return sum / (end - start);
}
