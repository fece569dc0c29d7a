/** A spectrum of `bins` complex numbers for each of several partitions, one after the other in two flat arrays. */
export interface PartitionedSpectra {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** Keeps the variance of a weight that is zero from becoming so small that it never moves again. */
const leastPower = 1e-10;

/** Room for `partitions` spectra of `bins`. */
export function partitionedSpectra(partitions: number, bins: number): PartitionedSpectra {
  return {
    real: new Float64Array(partitions * bins),
    imaginary: new Float64Array(partitions * bins),
  };
}

/**
 * What one partition adds to the estimated echo, and to the uncertainty about it.
 *
 * @param past - reference spectra; this partition's begins at index `from`.
 * @param weights - the echo path; this partition's begins at index `at`, as does its `variance`.
 */
export function predictPartition(
  past: PartitionedSpectra,
  from: number,
  weights: PartitionedSpectra,
  variance: Float64Array,
  at: number,
  bins: number,
  echo: PartitionedSpectra,
  uncertainty: Float64Array,
): void {
  const { real: pastReal, imaginary: pastImaginary } = past;
  const { real: weightReal, imaginary: weightImaginary } = weights;
  const { real: echoReal, imaginary: echoImaginary } = echo;
  for (let k = 0, x = from, w = at; k < bins; k++, x++, w++) {
    const xr = pastReal[x] as number;
    const xi = pastImaginary[x] as number;
    const wr = weightReal[w] as number;
    const wi = weightImaginary[w] as number;
    echoReal[k] = (echoReal[k] as number) + xr * wr - xi * wi;
    echoImaginary[k] = (echoImaginary[k] as number) + xr * wi + xi * wr;
    uncertainty[k] = (uncertainty[k] as number) + (xr * xr + xi * xi) * (variance[w] as number);
  }
}

/**
 * Move one partition of the echo path towards what the residual says, and update how well it is known.
 *
 * @param residual - spectrum of what the estimated echo left over.
 * @param innovation - for each bin one over the power that the residual was expected to have.
 * @param memory - how much of what is known stays true for one more block. Range: 0..1.
 */
export function updatePartition(
  past: PartitionedSpectra,
  from: number,
  weights: PartitionedSpectra,
  variance: Float64Array,
  at: number,
  bins: number,
  residual: PartitionedSpectra,
  innovation: Float64Array,
  memory: number,
): void {
  const { real: pastReal, imaginary: pastImaginary } = past;
  const { real: weightReal, imaginary: weightImaginary } = weights;
  const { real: residualReal, imaginary: residualImaginary } = residual;
  const renewal = 1 - memory;
  for (let k = 0, x = from, w = at; k < bins; k++, x++, w++) {
    const xr = pastReal[x] as number;
    const xi = pastImaginary[x] as number;
    const er = residualReal[k] as number;
    const ei = residualImaginary[k] as number;
    const known = variance[w] as number;
    const gain = known * (innovation[k] as number);
    const wr = (weightReal[w] as number) + gain * (xr * er + xi * ei);
    const wi = (weightImaginary[w] as number) + gain * (xr * ei - xi * er);
    weightReal[w] = wr;
    weightImaginary[w] = wi;
    // Half, because only half of the block that the spectra are made of is new.
    const learnt = 1 - 0.5 * gain * (xr * xr + xi * xi);
    variance[w] = memory * learnt * known + renewal * (wr * wr + wi * wi + leastPower);
  }
}

/** Copy the spectrum at index `at` into `target`; by hand, because a view for each call would be garbage. */
export function readPartition(spectra: PartitionedSpectra, at: number, target: PartitionedSpectra): void {
  for (let k = 0; k < target.real.length; k++) {
    target.real[k] = spectra.real[at + k] as number;
    target.imaginary[k] = spectra.imaginary[at + k] as number;
  }
}

/** Move everything towards the begin by `count` numbers (towards the end if negative); `filler` comes in. */
export function shiftPartitions(values: Float64Array, count: number, filler: number): void {
  if (count >= 0) {
    values.copyWithin(0, count);
    values.fill(filler, Math.max(0, values.length - count));
  } else {
    values.copyWithin(-count, 0);
    values.fill(filler, 0, -count);
  }
}
