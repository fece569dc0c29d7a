import type { EchoPathFilter } from './echo-path-filter.js';

/** Power of the echo that arrives later than the filter's window reaches. */
export interface LateReverberation {
  /** For each bin, of the whole block. */
  readonly power: Float64Array;
  /** Take the next block. */
  step(): void;
  /** Look at the end of the window again; the path changes slowly, so now and then is enough. */
  refresh(): void;
  reset(): void;
}

/** From one block of 10 ms to the next: a reverberation time (60 dB) of half a second. */
const decay = 0.76;

/**
 * What leaves the window goes on as loud as the window's last partitions are and decays from there. It is removed by the
 * suppressor only: nothing about it but its power is known.
 */
export function createLateReverberation(filter: EchoPathFilter, bins: number): LateReverberation {
  const power = new Float64Array(bins);
  const tail = new Float64Array(bins);
  const leaving = new Float64Array(bins);
  return {
    power,
    step() {
      filter.readLeavingPower(leaving);
      for (let k = 0; k < bins; k++) {
        power[k] = decay * ((power[k] as number) + (tail[k] as number) * (leaving[k] as number));
      }
    },
    refresh() {
      filter.readTail(tail);
    },
    reset() {
      tail.fill(0);
      power.fill(0);
    },
  };
}
