/** Complex numbers in two flat arrays. */
export interface ComplexArray {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

export function complexArray(length: number): ComplexArray {
  return { real: new Float64Array(length), imaginary: new Float64Array(length) };
}

/**
 * Spectra of several blocks or partitions, bin by bin: all numbers of the first bin, then all of the second. What is summed over
 * partitions then stays in registers, which is worth a third of the time of the whole filter.
 */
export interface BinMajorSpectra extends ComplexArray {
  /** Numbers of each bin. */
  readonly columns: number;
}

export function binMajorSpectra(bins: number, columns: number): BinMajorSpectra {
  return { ...complexArray(bins * columns), columns };
}

/** Keeps the variance of a weight that is zero from becoming so small that it never moves again. */
const leastPower = 1e-10;

/**
 * The echo that a path makes of the past, and how uncertain it is.
 *
 * @param past - a ring of reference spectra; `newest` is the column that meets the first partition, older ones follow it.
 * @param weights - the path, a column for each partition; `variance` lies beside it.
 */
export function predictEcho(
  past: BinMajorSpectra,
  newest: number,
  weights: BinMajorSpectra,
  variance: Float64Array,
  echo: ComplexArray,
  uncertainty: Float64Array,
): void {
  const { real: pastReal, imaginary: pastImaginary, columns: kept } = past;
  const { real: weightReal, imaginary: weightImaginary, columns: partitions } = weights;
  const bins = uncertainty.length;
  for (let k = 0; k < bins; k++) {
    const end = (k + 1) * kept;
    const lastWeight = (k + 1) * partitions;
    let echoReal = 0;
    let echoImaginary = 0;
    let uncertain = 0;
    for (let w = k * partitions, x = k * kept + newest; w < lastWeight; w++) {
      const xr = pastReal[x] as number;
      const xi = pastImaginary[x] as number;
      const wr = weightReal[w] as number;
      const wi = weightImaginary[w] as number;
      echoReal += xr * wr - xi * wi;
      echoImaginary += xr * wi + xi * wr;
      uncertain += (xr * xr + xi * xi) * (variance[w] as number);
      if (++x === end) x -= kept;
    }
    echo.real[k] = echoReal;
    echo.imaginary[k] = echoImaginary;
    uncertainty[k] = uncertain;
  }
}

/**
 * Move the path towards what the residual says, and update how well it is known.
 *
 * @param residual - spectrum of what the estimated echo left over.
 * @param innovation - for each bin one over the power that the residual was expected to have.
 * @param memory - how much of what is known stays true for one more block. Range: 0..1.
 */
export function updatePath(
  past: BinMajorSpectra,
  newest: number,
  weights: BinMajorSpectra,
  variance: Float64Array,
  residual: ComplexArray,
  innovation: Float64Array,
  memory: number,
): void {
  const { real: pastReal, imaginary: pastImaginary, columns: kept } = past;
  const { real: weightReal, imaginary: weightImaginary, columns: partitions } = weights;
  const renewal = 1 - memory;
  const bins = innovation.length;
  for (let k = 0; k < bins; k++) {
    const end = (k + 1) * kept;
    const lastWeight = (k + 1) * partitions;
    const er = residual.real[k] as number;
    const ei = residual.imaginary[k] as number;
    const expected = innovation[k] as number;
    for (let w = k * partitions, x = k * kept + newest; w < lastWeight; w++) {
      const xr = pastReal[x] as number;
      const xi = pastImaginary[x] as number;
      const known = variance[w] as number;
      const gain = known * expected;
      const wr = (weightReal[w] as number) + gain * (xr * er + xi * ei);
      const wi = (weightImaginary[w] as number) + gain * (xr * ei - xi * er);
      weightReal[w] = wr;
      weightImaginary[w] = wi;
      // Half, because only half of the block that the spectra are made of is new.
      const learnt = 1 - 0.5 * gain * (xr * xr + xi * xi);
      variance[w] = memory * learnt * known + renewal * (wr * wr + wi * wi + leastPower);
      if (++x === end) x -= kept;
    }
  }
}

/** Copy one column into a spectrum. */
export function readColumn(
  { real, imaginary, columns }: BinMajorSpectra,
  column: number,
  target: ComplexArray,
): void {
  for (let k = 0, at = column; k < target.real.length; k++, at += columns) {
    target.real[k] = real[at] as number;
    target.imaginary[k] = imaginary[at] as number;
  }
}

/** Copy a spectrum into one column. */
export function writeColumn(
  { real, imaginary, columns }: BinMajorSpectra,
  column: number,
  source: ComplexArray,
): void {
  for (let k = 0, at = column; k < source.real.length; k++, at += columns) {
    real[at] = source.real[k] as number;
    imaginary[at] = source.imaginary[k] as number;
  }
}

/** Move the columns towards the first by `count` (towards the last if negative); `filler` comes in. */
export function shiftColumns(values: Float64Array, columns: number, count: number, filler: number): void {
  for (let from = 0; from < values.length; from += columns) {
    const end = from + columns;
    if (count >= 0) {
      values.copyWithin(from, from + count, end);
      values.fill(filler, Math.max(from, end - count), end);
    } else {
      values.copyWithin(from - count, from, end + count);
      values.fill(filler, from, from - count);
    }
  }
}
