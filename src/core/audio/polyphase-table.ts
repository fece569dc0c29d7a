/** What shape of filter a conversion uses. */
export interface FilterShape {
  /** End of the pass band, as a fraction of the lower Nyquist frequency. */
  readonly passEdge: number;
  /** Begin of the stop band, as a fraction of the lower Nyquist frequency. */
  readonly stopEdge: number;
  /** Attenuation that the Kaiser window is designed for, in dB. */
  readonly attenuationDb: number;
}

/** A low-pass filter cut into one short filter per output phase. Immutable. */
export interface PolyphaseTable {
  /** Output samples per period of the rate ratio. */
  readonly upFactor: number;
  /** Input samples per period of the rate ratio. */
  readonly downFactor: number;
  /** Coefficients per phase. A multiple of 4, which is what the kernel unrolls by. */
  readonly taps: number;
  /** `upFactor` filters of `taps` coefficients each, in the order in which the input is read. */
  readonly coefficients: Float64Array;
}

/** The size of a table, known before it is made. */
export interface TableSize {
  readonly upFactor: number;
  readonly downFactor: number;
  readonly taps: number;
  readonly coefficients: number;
}

/**
 * The most coefficients one table may hold: 8 MiB. Every pair of the usual audio rates from 8000 to 384000 Hz fits;
 * a pair with hardly a common factor, such as 44100 to 48001 Hz, would need seven times as much.
 */
export const maxTableCoefficients = 1_048_576;

/** The most coefficients that all remembered tables may hold together: 16 MiB. */
const maxCachedCoefficients = 2 * maxTableCoefficients;

const cache = new Map<string, PolyphaseTable>();

/** How large the table for a pair of rates is. */
export function tableSize(fromHz: number, toHz: number, shape: FilterShape): TableSize {
  const common = greatestCommonDivisor(fromHz, toHz);
  const upFactor = toHz / common;
  const transitionHz = ((shape.stopEdge - shape.passEdge) * Math.min(fromHz, toHz)) / 2;
  // Kaiser's estimate of the length for a given attenuation and transition width.
  const exactTaps = (shape.attenuationDb - 7.95) / ((14.36 * transitionHz) / fromHz);
  const taps = 4 * Math.ceil((exactTaps + 1) / 4);
  return { upFactor, downFactor: fromHz / common, taps, coefficients: upFactor * taps };
}

/**
 * The table for a pair of rates, made once and remembered.
 *
 * @remarks
 * The least recently used tables are forgotten when all together exceed their bound; converters that hold one keep it.
 */
export function polyphaseTable(fromHz: number, toHz: number, shape: FilterShape): PolyphaseTable {
  const key = [fromHz, toHz, shape.passEdge, shape.stopEdge, shape.attenuationDb].join(' ');
  const table = cache.get(key) ?? designTable(fromHz, toHz, shape);
  cache.delete(key);
  cache.set(key, table);
  let total = 0;
  for (const held of cache.values()) total += held.coefficients.length;
  for (const [oldest, held] of cache) {
    if (total <= maxCachedCoefficients) break;
    cache.delete(oldest);
    total -= held.coefficients.length;
  }
  return table;
}

/**
 * A windowed sinc, sampled at every phase.
 *
 * Phase `p` yields the output that lies `p / upFactor` input samples after input `i`. Its filter spans the inputs
 * `i - taps / 2 + 1` to `i + taps / 2`, so it is centred on the output's true instant and no group delay is left.
 */
function designTable(fromHz: number, toHz: number, shape: FilterShape): PolyphaseTable {
  const { upFactor, downFactor, taps } = tableSize(fromHz, toHz, shape);
  const coefficients = new Float64Array(upFactor * taps);
  const half = taps / 2;
  const cutoff = (((shape.passEdge + shape.stopEdge) / 2) * Math.min(fromHz, toHz)) / fromHz;
  const beta = kaiserBeta(shape.attenuationDb);
  const windowScale = 1 / besselI0(beta);
  for (let phase = 0; phase < upFactor; phase++) {
    const start = phase * taps;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = half - 1 - tap + phase / upFactor;
      const relative = distance / half;
      const inside = 1 - relative * relative;
      const window = inside > 0 ? besselI0(beta * Math.sqrt(inside)) * windowScale : 0;
      const value = sinc(cutoff * distance) * window;
      coefficients[start + tap] = value;
      sum += value;
    }
    // Each phase passes DC with gain 1 exactly; otherwise a constant would come out as a tone at the input rate.
    for (let tap = 0; tap < taps; tap++)
      coefficients[start + tap] = (coefficients[start + tap] as number) / sum;
  }
  return { upFactor, downFactor, taps, coefficients };
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

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
