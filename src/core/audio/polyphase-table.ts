import { kaiserTaps, writeWindowedSinc } from './windowed-sinc.js';

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
  const taps = kaiserTaps(shape.attenuationDb, transitionHz / fromHz);
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

/** A windowed sinc, sampled at every phase: phase `p` yields the output that lies `p / upFactor` input samples after an input. */
function designTable(fromHz: number, toHz: number, shape: FilterShape): PolyphaseTable {
  const { upFactor, downFactor, taps } = tableSize(fromHz, toHz, shape);
  const coefficients = new Float64Array(upFactor * taps);
  const cutoff = (((shape.passEdge + shape.stopEdge) / 2) * Math.min(fromHz, toHz)) / fromHz;
  const filter = { taps, cutoff, attenuationDb: shape.attenuationDb };
  for (let phase = 0; phase < upFactor; phase++) {
    writeWindowedSinc(coefficients, phase * taps, filter, phase / upFactor);
  }
  return { upFactor, downFactor, taps, coefficients };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
