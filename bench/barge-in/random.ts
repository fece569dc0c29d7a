/** A stream of numbers in [0, 1) that depends on nothing but the seed. */
export type Random = () => number;

/** 32 bits of state, each output a hash of a counter: more than enough for placing things and making noise. */
export function createRandom(seed: number): Random {
  let counter = Math.imul(seed, 0x9e3779b1) | 0;
  return () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 15), counter | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number from the normal distribution. */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** One of the items. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

/** The items in another order. */
export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
}

/** Pink noise (3 dB less for each octave) of this level. */
export function pinkNoise(length: number, rmsDb: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const samples = new Float32Array(length);
  // Three low-passes of white noise and the noise itself: within 0.5 dB of 1/f from 40 Hz to 8 kHz (Paul Kellet's coefficients).
  let low = 0;
  let middle = 0;
  let high = 0;
  let power = 0;
  for (let i = 0; i < length; i++) {
    const white = gaussian(random);
    low = 0.99765 * low + 0.099046 * white;
    middle = 0.963 * middle + 0.2965164 * white;
    high = 0.57 * high + 1.0526913 * white;
    const sample = low + middle + high + 0.1848 * white;
    samples[i] = sample;
    power += sample * sample;
  }
  const gain = 10 ** (rmsDb / 20) / Math.sqrt(power / Math.max(1, length));
  for (let i = 0; i < length; i++) samples[i] = (samples[i] as number) * gain;
  return samples;
}
