/** Samples on each side of the place that is read. */
export const reach = 12;
const taps = 2 * reach;
/** Places between two samples that are told apart: the error of 1/1024 sample is 56 dB below a tone at half the Nyquist frequency. */
const phases = 512;
let table: Float64Array | undefined;

/**
 * The signal at a place between two samples of a ring.
 *
 * @param index - the sample before the place; `index - reach + 1` to `index + reach` are read.
 * @param fraction - how far after it. Range: 0..1, 1 excluded.
 */
export function readBetween(ring: Float32Array, index: number, fraction: number): number {
  table ??= interpolationTable();
  const row = Math.round(fraction * phases) * taps;
  const { length } = ring;
  let at = (((index - reach + 1) % length) + length) % length;
  let sum = 0;
  for (let tap = 0; tap < taps; tap++) {
    sum += (ring[at] as number) * (table[row + tap] as number);
    if (++at === length) at = 0;
  }
  return sum;
}

/** One row of coefficients for each place, the last being the next sample itself; each row sums to 1. */
function interpolationTable(): Float64Array {
  const rows = new Float64Array((phases + 1) * taps);
  for (let phase = 0; phase <= phases; phase++) {
    const row = rows.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - reach + 1 - phase / phases;
      const value = sinc(distance) * blackman(distance / reach);
      row[tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < taps; tap++) row[tap] = (row[tap] as number) / sum;
  }
  return rows;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Blackman's window, from -1 to 1. */
function blackman(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}
