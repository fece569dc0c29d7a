/** What was said so far and was not yet given away. */
export interface UtteranceAudio {
  /** Units: samples. */
  readonly length: number;
  append(samples: Float32Array): void;
  /** A copy of all of it. */
  copy(): Float32Array;
  /**
   * Give away the older part, up to where it is quietest.
   *
   * @param fromSample - not before this.
   * @param toSample - nor after this.
   */
  takeUpToQuiet(fromSample: number, toSample: number): Float32Array;
}

/** What is compared to find the quietest place: 60 ms at 16 kHz, less than the gap between two words. Units: samples. */
const windowSamples = 960;
const stepSamples = 160;

export function createUtteranceAudio(): UtteranceAudio {
  let buffer = new Float32Array(32_000);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(samples) {
      if (length + samples.length > buffer.length) {
        const larger = new Float32Array(Math.max(2 * buffer.length, length + samples.length));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(samples, length);
      length += samples.length;
    },
    copy: () => buffer.slice(0, length),
    takeUpToQuiet(fromSample, toSample) {
      const at = quietest(buffer.subarray(0, Math.min(length, toSample)), fromSample);
      const taken = buffer.slice(0, at);
      buffer.copyWithin(0, at, length);
      length -= at;
      return taken;
    },
  };
}

/** The middle of the quietest window; the last of those that are alike, so that as much as possible is behind it. */
function quietest(samples: Float32Array, from: number): number {
  let best = samples.length;
  let least = Number.POSITIVE_INFINITY;
  for (let start = from; start + windowSamples <= samples.length; start += stepSamples) {
    let energy = 0;
    for (let n = start; n < start + windowSamples; n++) energy += (samples[n] ?? 0) ** 2;
    if (energy <= least) [least, best] = [energy, start + windowSamples / 2];
  }
  return best;
}
