import { kaiserTaps, writeWindowedSinc } from './windowed-sinc.js';

/** One low-pass filter, sampled so finely that what lies between two samples is a straight line. Immutable. */
export interface DriftTable {
  readonly taps: number;
  /** Steps from one input to the next. There is one row more than steps: the last is the first of the next input. */
  readonly steps: number;
  /** `steps + 1` filters of `taps` coefficients each, in the order in which the input is read. */
  readonly coefficients: Float64Array;
}

/**
 * Everything up to 0.9 of the lower Nyquist frequency passes; what lies between 1.0 and 1.1 of it folds back into the
 * highest tenth of the band. The same shape as the low-latency quality of the converter of fixed rates.
 */
const passEdge = 0.9;
const stopEdge = 1.1;
/** What the window is designed for; more would be lost in the 107 dB that the steps leave. Units: dB. */
const attenuationDb = 105;
/**
 * A straight line between neighbours errs by (w / steps)^2 / 8 for a tone of w radians per input. At 0.9 of the Nyquist
 * frequency and 512 steps that is 108 dB below the tone. A filter that passes less needs proportionally fewer.
 */
const stepsAtFullBand = 512;

/** Tables that are kept for the next opening of the same device. One has about 300 kB. */
const maxCachedTables = 4;
const cache = new Map<string, DriftTable>();

/** The table for a pair of nominal rates, made once and remembered. Making one takes some 10 ms. */
export function driftTable(fromHz: number, toHz: number): DriftTable {
  const lower = Math.min(1, toHz / fromHz);
  const key = String(lower);
  const table = cache.get(key) ?? designTable(lower);
  cache.delete(key);
  cache.set(key, table);
  for (const oldest of cache.keys()) {
    if (cache.size <= maxCachedTables) break;
    cache.delete(oldest);
  }
  return table;
}

/** @param lower - the lower rate as a fraction of the input rate. */
function designTable(lower: number): DriftTable {
  const taps = kaiserTaps(attenuationDb, ((stopEdge - passEdge) * lower) / 2);
  const steps = Math.ceil(stepsAtFullBand * lower);
  const coefficients = new Float64Array((steps + 1) * taps);
  const filter = { taps, cutoff: ((passEdge + stopEdge) / 2) * lower, attenuationDb };
  for (let step = 0; step <= steps; step++) {
    writeWindowedSinc(coefficients, step * taps, filter, step / steps);
  }
  return { taps, steps, coefficients };
}

/**
 * How many outputs `held` inputs suffice for.
 *
 * @param start - where the first of them begins to read, fractions included.
 */
export function driftOutputsWithin(
  { taps }: DriftTable,
  held: number,
  start: number,
  inputsPerOutput: number,
): number {
  const end = held - taps + 1;
  let count = Math.max(0, Math.ceil((end - start) / inputsPerOutput));
  // The division may round up; what counts is where the last one reads.
  while (count > 0 && Math.floor(start + (count - 1) * inputsPerOutput) >= end) count--;
  return count;
}

/**
 * Keep of `held` inputs only what the outputs from `start` on will read, at the front.
 *
 * @returns how many were let go of.
 */
export function forgetBefore(start: number, history: Float64Array, held: number): number {
  const used = Math.min(Math.floor(start), held);
  history.copyWithin(0, used, held);
  return used;
}

/**
 * Compute `output.length` outputs in a row.
 *
 * @remarks
 * The two neighbouring filters are applied to the input and their results interpolated, which is the same as applying an
 * interpolated filter and needs no second pass over the coefficients. Two outputs are computed side by side, because one
 * sum alone waits for its own additions.
 *
 * @param start - where in `history` the first output begins to read, fractions included.
 * @param inputsPerOutput - how far the next one lies from it.
 */
export function computeDriftOutputs(
  table: DriftTable,
  history: Float64Array,
  start: number,
  inputsPerOutput: number,
  output: Float32Array,
  from: number,
  to: number,
): void {
  const { taps, steps, coefficients } = table;
  let out = from;
  for (; out + 1 < to; out += 2) {
    const positionA = start + (out - from) * inputsPerOutput;
    const positionB = start + (out + 1 - from) * inputsPerOutput;
    const inputA = Math.floor(positionA);
    const inputB = Math.floor(positionB);
    const phaseA = (positionA - inputA) * steps;
    const phaseB = (positionB - inputB) * steps;
    const stepA = Math.floor(phaseA);
    const stepB = Math.floor(phaseB);
    let a = stepA * taps;
    let b = stepB * taps;
    let a0 = 0;
    let a1 = 0;
    let b0 = 0;
    let b1 = 0;
    for (let atA = inputA, atB = inputB, end = inputA + taps; atA < end; atA++, atB++, a++, b++) {
      const xA = history[atA] as number;
      const xB = history[atB] as number;
      a0 += (coefficients[a] as number) * xA;
      a1 += (coefficients[a + taps] as number) * xA;
      b0 += (coefficients[b] as number) * xB;
      b1 += (coefficients[b + taps] as number) * xB;
    }
    output[out] = a0 + (phaseA - stepA) * (a1 - a0);
    output[out + 1] = b0 + (phaseB - stepB) * (b1 - b0);
  }
  if (out < to) {
    const position = start + (out - from) * inputsPerOutput;
    const input = Math.floor(position);
    const phase = (position - input) * steps;
    const step = Math.floor(phase);
    const row = step * taps;
    let sum0 = 0;
    let sum1 = 0;
    for (let tap = 0; tap < taps; tap++) {
      const x = history[input + tap] as number;
      sum0 += (coefficients[row + tap] as number) * x;
      sum1 += (coefficients[row + taps + tap] as number) * x;
    }
    output[out] = sum0 + (phase - step) * (sum1 - sum0);
  }
}
