/**
 * White noise as a function of the sample's index: the same index always gives the same value, whatever was asked before.
 *
 * @remarks
 * Range: uniform in [-1, 1). @param seed - another seed gives another noise.
 */
export function noiseAt(seed: number, index: number): number {
  // A 32-bit integer mix in the manner of the murmur3 finaliser; the low and the high half of the index both enter.
  let bits =
    (seed ^ Math.imul(index | 0, 0x9e3779b1) ^ Math.imul(Math.floor(index / 2 ** 32) | 0, 0x85ebca6b)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  bits ^= bits >>> 16;
  return bits / 2 ** 31;
}

/** Peak of uniform noise whose root mean square is at this level below full scale; -Infinity is silence. */
export function noisePeak(rmsDb: number): number {
  // The root mean square of a uniform distribution is its peak divided by the square root of 3.
  return Math.sqrt(3) * 10 ** (rmsDb / 20);
}
