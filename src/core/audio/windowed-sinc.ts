/** A low-pass filter as a sinc under a Kaiser window, to be sampled at any distance from its middle. */
export interface WindowedSinc {
  /** Inputs that one output is made of. Even. */
  readonly taps: number;
  /** End of what passes, as a fraction of the input's Nyquist frequency. Range: 0..1.1. */
  readonly cutoff: number;
  /** What the window is designed for, in dB. */
  readonly attenuationDb: number;
}

/**
 * How many taps a Kaiser window needs, by Kaiser's estimate.
 *
 * @param transition - width of the transition band, as a fraction of the input rate.
 * @returns a multiple of 4, which is what the kernels unroll by.
 */
export function kaiserTaps(attenuationDb: number, transition: number): number {
  const exactTaps = (attenuationDb - 7.95) / (14.36 * transition);
  return 4 * Math.ceil((exactTaps + 1) / 4);
}

/**
 * Sample the filter for an output that lies `phase` input samples after input `i`.
 *
 * @remarks
 * The row spans the inputs `i - taps / 2 + 1` to `i + taps / 2`, in this order, so it is centred on the output's true
 * instant and no group delay is left. It passes DC with gain 1 exactly; otherwise a constant would come out as a tone.
 * @param phase - Range: 0..1, both included.
 */
export function writeWindowedSinc(
  row: Float64Array,
  start: number,
  { taps, cutoff, attenuationDb }: WindowedSinc,
  phase: number,
): void {
  const half = taps / 2;
  const beta = kaiserBeta(attenuationDb);
  const windowScale = 1 / besselI0(beta);
  let sum = 0;
  for (let tap = 0; tap < taps; tap++) {
    const distance = half - 1 - tap + phase;
    const relative = distance / half;
    const inside = 1 - relative * relative;
    const window = inside > 0 ? besselI0(beta * Math.sqrt(inside)) * windowScale : 0;
    const value = sinc(cutoff * distance) * window;
    row[start + tap] = value;
    sum += value;
  }
  for (let tap = 0; tap < taps; tap++) row[start + tap] = (row[start + tap] as number) / sum;
}

/** Kaiser's formula for attenuations above 50 dB, the only ones used here. */
function kaiserBeta(attenuationDb: number): number {
  return 0.1102 * (attenuationDb - 8.7);
}

/** The modified Bessel function of order zero, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

function sinc(x: number): number {
  return Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
