import { integerIn, resolveOptions } from '../options.js';

/** Samples in, the same samples out in pieces of another size. @public */
export interface SampleQueue {
  /** Samples held. Range: 0..`maxSamples`. */
  readonly length: number;
  /** Samples that `push` refused because the queue was full, since it was made. */
  readonly droppedSamples: number;
  /** Append samples; what does not fit is refused from the end. Copies. Returns how many were accepted. */
  push(samples: Float32Array): number;
  /** Take the oldest samples: `count` of them, or all if there are fewer, in an array of their own. */
  shift(count: number): Float32Array;
  /** Forget everything; this does not count as dropped. */
  clear(): void;
}

/** Room at the start; grows twofold up to the bound. */
const initialSamples = 1024;

/**
 * A first-in first-out queue of samples, mono or interleaved.
 *
 * @remarks
 * Timing: a sample is copied once in and once out, and at most once more for each doubling.
 * Memory: 4 bytes a sample, never more than `maxSamples`; it is kept until the queue is let go.
 * @param maxSamples - the bound; for interleaved audio a multiple of the channels. Range: 1..268435456 (1 GiB).
 * @throws OptionError `OPTION_INVALID`; `shift` throws it for a count that is no whole number of 0 or more.
 * @public
 */
export function createSampleQueue(maxSamples: number): SampleQueue {
  resolveOptions('sample queue', { maxSamples }, {}, { maxSamples: integerIn(1, 2 ** 28, 'samples') });
  let ring = new Float32Array(Math.min(initialSamples, maxSamples));
  let oldest = 0;
  let length = 0;
  let droppedSamples = 0;

  /** The oldest `count` samples, in order, around the end of the ring if need be. */
  const copyOut = (target: Float32Array, count: number): void => {
    const untilWrap = Math.min(count, ring.length - oldest);
    target.set(ring.subarray(oldest, oldest + untilWrap));
    target.set(ring.subarray(0, count - untilWrap), untilWrap);
  };

  const growTo = (needed: number): void => {
    if (needed <= ring.length) return;
    const larger = new Float32Array(Math.min(maxSamples, Math.max(needed, 2 * ring.length)));
    copyOut(larger, length);
    ring = larger;
    oldest = 0;
  };

  return {
    get length() {
      return length;
    },
    get droppedSamples() {
      return droppedSamples;
    },
    push(samples) {
      const accepted = Math.min(samples.length, maxSamples - length);
      droppedSamples += samples.length - accepted;
      growTo(length + accepted);
      const start = (oldest + length) % ring.length;
      const untilWrap = Math.min(accepted, ring.length - start);
      ring.set(samples.subarray(0, untilWrap), start);
      ring.set(samples.subarray(untilWrap, accepted), 0);
      length += accepted;
      return accepted;
    },
    shift(count) {
      resolveOptions(
        'sample queue',
        { count },
        {},
        { count: integerIn(0, Number.MAX_SAFE_INTEGER, 'samples') },
      );
      const taken = Math.min(count, length);
      const samples = new Float32Array(taken);
      copyOut(samples, taken);
      oldest = (oldest + taken) % ring.length;
      length -= taken;
      return samples;
    },
    clear() {
      oldest = 0;
      length = 0;
    },
  };
}
