import type { PolyphaseTable } from './polyphase-table.js';

/**
 * Compute `count` outputs in a row.
 *
 * @remarks
 * Every output is one sum over its taps in ascending order with one accumulator, whichever loop computes it. The result
 * therefore does not depend, to the last bit, on how the input was cut into pieces.
 *
 * Four outputs are computed side by side, because one accumulator alone waits for its own additions. Where there are
 * enough outputs, the four share a phase, so that one coefficient serves four products; that was measured to double the
 * speed of a plain unrolled loop. All arrays have one element type each, so the engine compiles each loop once.
 *
 * @param base - index in `history` of the first input that the first output reads.
 * @param phase - phase of the first output.
 */
export function computeOutputs(
  table: PolyphaseTable,
  history: Float64Array,
  base: number,
  phase: number,
  output: Float32Array,
  outputStart: number,
  count: number,
): void {
  const { upFactor, downFactor } = table;
  const group = 4 * upFactor;
  const grouped = count - (count % group);
  if (grouped > 0) {
    const sharePhase = downFactor === 1 ? sharePhaseOfNeighbours : sharePhaseOfStrides;
    sharePhase(table, history, base, phase, output, outputStart, grouped);
  }
  // After a whole group the phase is the same again, and the input has advanced by whole samples.
  const groupedInputs = (grouped / upFactor) * downFactor;
  inSuccession(table, history, base + groupedInputs, phase, output, outputStart + grouped, count - grouped);
}

/** Same phase, neighbouring inputs (raising by a whole factor): four inputs stay in registers and move along. */
function sharePhaseOfNeighbours(
  table: PolyphaseTable,
  history: Float64Array,
  base: number,
  phase: number,
  output: Float32Array,
  outputStart: number,
  count: number,
): void {
  const { upFactor, taps, coefficients } = table;
  const end = outputStart + count;
  for (let first = 0; first < upFactor; first++) {
    const position = phase + first;
    const wrapped = position >= upFactor ? 1 : 0;
    const row = (position - wrapped * upFactor) * taps;
    const rowEnd = row + taps;
    let input = base + wrapped;
    for (let out = outputStart + first; out < end; out += 4 * upFactor) {
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      let at = input;
      let x0 = history[at] as number;
      let x1 = history[at + 1] as number;
      let x2 = history[at + 2] as number;
      at += 3;
      for (let c = row; c < rowEnd; c += 4, at += 4) {
        let weight = coefficients[c] as number;
        const x3 = history[at] as number;
        sum0 += weight * x0;
        sum1 += weight * x1;
        sum2 += weight * x2;
        sum3 += weight * x3;
        weight = coefficients[c + 1] as number;
        x0 = history[at + 1] as number;
        sum0 += weight * x1;
        sum1 += weight * x2;
        sum2 += weight * x3;
        sum3 += weight * x0;
        weight = coefficients[c + 2] as number;
        x1 = history[at + 2] as number;
        sum0 += weight * x2;
        sum1 += weight * x3;
        sum2 += weight * x0;
        sum3 += weight * x1;
        weight = coefficients[c + 3] as number;
        x2 = history[at + 3] as number;
        sum0 += weight * x3;
        sum1 += weight * x0;
        sum2 += weight * x1;
        sum3 += weight * x2;
      }
      output[out] = sum0;
      output[out + upFactor] = sum1;
      output[out + 2 * upFactor] = sum2;
      output[out + 3 * upFactor] = sum3;
      input += 4;
    }
  }
}

/** Same phase, inputs `downFactor` apart. */
function sharePhaseOfStrides(
  table: PolyphaseTable,
  history: Float64Array,
  base: number,
  phase: number,
  output: Float32Array,
  outputStart: number,
  count: number,
): void {
  const { upFactor, downFactor, taps, coefficients } = table;
  const end = outputStart + count;
  const stride2 = 2 * downFactor;
  const stride3 = 3 * downFactor;
  for (let first = 0; first < upFactor; first++) {
    const position = phase + first * downFactor;
    const row = (position % upFactor) * taps;
    const rowEnd = row + taps;
    let input = base + Math.floor(position / upFactor);
    for (let out = outputStart + first; out < end; out += 4 * upFactor) {
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let c = row, at = input; c < rowEnd; c += 2, at += 2) {
        let weight = coefficients[c] as number;
        sum0 += weight * (history[at] as number);
        sum1 += weight * (history[at + downFactor] as number);
        sum2 += weight * (history[at + stride2] as number);
        sum3 += weight * (history[at + stride3] as number);
        weight = coefficients[c + 1] as number;
        sum0 += weight * (history[at + 1] as number);
        sum1 += weight * (history[at + 1 + downFactor] as number);
        sum2 += weight * (history[at + 1 + stride2] as number);
        sum3 += weight * (history[at + 1 + stride3] as number);
      }
      output[out] = sum0;
      output[out + upFactor] = sum1;
      output[out + 2 * upFactor] = sum2;
      output[out + 3 * upFactor] = sum3;
      input += 4 * downFactor;
    }
  }
}

/** Outputs in their own order, each with its own phase: what is left over when there are too few to share one. */
function inSuccession(
  table: PolyphaseTable,
  history: Float64Array,
  base: number,
  phase: number,
  output: Float32Array,
  outputStart: number,
  count: number,
): void {
  const { upFactor, downFactor, taps, coefficients } = table;
  const end = outputStart + count;
  let position = phase;
  let out = outputStart;
  for (; out + 3 < end; out += 4, position += 4 * downFactor) {
    const position1 = position + downFactor;
    const position2 = position1 + downFactor;
    const position3 = position2 + downFactor;
    const row0 = (position % upFactor) * taps;
    const row1 = (position1 % upFactor) * taps;
    const row2 = (position2 % upFactor) * taps;
    const row3 = (position3 % upFactor) * taps;
    const input0 = base + Math.floor(position / upFactor);
    const input1 = base + Math.floor(position1 / upFactor);
    const input2 = base + Math.floor(position2 / upFactor);
    const input3 = base + Math.floor(position3 / upFactor);
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let tap = 0; tap < taps; tap++) {
      sum0 += (coefficients[row0 + tap] as number) * (history[input0 + tap] as number);
      sum1 += (coefficients[row1 + tap] as number) * (history[input1 + tap] as number);
      sum2 += (coefficients[row2 + tap] as number) * (history[input2 + tap] as number);
      sum3 += (coefficients[row3 + tap] as number) * (history[input3 + tap] as number);
    }
    output[out] = sum0;
    output[out + 1] = sum1;
    output[out + 2] = sum2;
    output[out + 3] = sum3;
  }
  for (; out < end; out++, position += downFactor) {
    const row = (position % upFactor) * taps;
    const input = base + Math.floor(position / upFactor);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++)
      sum += (coefficients[row + tap] as number) * (history[input + tap] as number);
    output[out] = sum;
  }
}
