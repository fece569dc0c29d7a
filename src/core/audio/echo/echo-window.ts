import type { EchoPathFilter } from './echo-path-filter.js';
import type { RealFft } from './real-fft.js';

/** Keeps the filter's window where the echo is. */
export interface EchoWindow {
  /** From the reference to the strongest part of the echo. Units: samples; 0 until it is known. */
  readonly delaySamples: number;
  /** Look at the path and move the window if there is more than enough room before it, or too little. */
  refresh(): void;
}

/** A partition belongs to the echo if it has this share of the strongest one's power. */
const audibleShare = 0.01;
/** Blocks of room that are left before the echo, for a path that becomes shorter. */
const roomBlocks = 1;
/** A move costs what little the window's edges had learnt, so it must be worth it. */
const leastMove = 3;

/**
 * @remarks
 * Sound in a device and in the air may be on its way for 250 ms. A window that begins at zero would spend most of its length on
 * nothing, and be too short for the room: with 230 ms and a reverberation of half a second, a fixed window of 384 ms left 9 % of
 * an echo-only minute that sounded like speech, one of 320 ms that moves left nothing.
 */
export function createEchoWindow(fft: RealFft, filter: EchoPathFilter, partitions: number): EchoWindow {
  const blockSamples = fft.size / 2;
  const powers = new Float64Array(partitions);
  const response = new Float64Array(fft.size);
  let delaySamples = 0;

  return {
    get delaySamples() {
      return delaySamples;
    },
    refresh() {
      let strongest = 0;
      for (let p = 0; p < partitions; p++) {
        powers[p] = filter.partitionPower(p);
        if ((powers[p] as number) > (powers[strongest] as number)) strongest = p;
      }
      const audible = audibleShare * (powers[strongest] as number);
      if (audible === 0) return;
      filter.readResponse(strongest, response);
      let peak = 0;
      for (let i = 1; i < blockSamples; i++) {
        if (Math.abs(response[i] as number) > Math.abs(response[peak] as number)) peak = i;
      }
      delaySamples = (filter.offsetBlocks + strongest) * blockSamples + peak;
      let first = 0;
      while ((powers[first] as number) < audible) first++;
      if (first - roomBlocks >= leastMove) filter.slide(first - roomBlocks);
      else if (first === 0 && filter.offsetBlocks > 0) filter.slide(-roomBlocks);
    },
  };
}
