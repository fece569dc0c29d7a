import { countedAudio, countedPeriod } from './counted-audio.js';

/** Finds where the numbers of counted audio begin anew, in sound that came a long way. */
export interface EdgeFinder {
  /** Samples that were so quiet that nothing can have been playing, once it had begun. */
  readonly silentSamples: number;
  /** @returns where each edge lies, from the first of these samples on; fractions included, and negative where it lies before. */
  push(samples: Float32Array): readonly number[];
}

/**
 * @param gain - how loud counted audio of take 0 comes.
 */
export function createEdgeFinder(gain: number): EdgeFinder {
  const period = countedAudio(0, countedPeriod, 0);
  const low = gain * (period[0] as number);
  const high = gain * (period[countedPeriod - 1] as number);
  const middle = (low + high) / 2;
  let last = 0;
  let hasBegun = false;
  let silentSamples = 0;
  return {
    get silentSamples() {
      return silentSamples;
    },
    push(samples) {
      const edges: number[] = [];
      for (const [i, sample] of samples.entries()) {
        if (last > middle && sample <= middle) {
          edges.push(i - 1 + (last - middle) / (last - sample));
          hasBegun = true;
        }
        if (hasBegun && sample < low / 2) silentSamples += 1;
        last = sample;
      }
      return edges;
    },
  };
}
