import type { Timeline } from './timeline.js';

/** Keeps what a converter puts out in step with a time line, by its ratio. */
export interface DriftLock {
  /**
   * Look at both and correct.
   *
   * @param nowMs - on the scheduler's clock; never decreases.
   * @param outputMs - how much has been put out by then, at the nominal output rate, if the converter took no time.
   * @returns the ratio to convert at from now on. Units: parts per million above nominal; 0 until there was need for it.
   */
  steer(nowMs: number, outputMs: number): number;
  /** The output has stepped against time by a known amount, which is not to be corrected: go on from there. */
  rebase(nowMs: number, outputMs: number): void;
}

/**
 * Below this the converter stays off: two streams of the same device, or of devices that happen to agree, are passed through
 * untouched. Units: ms. Far below what an echo canceller notices (it looks at tens of ms), above what jitter moves two clocks by.
 */
const engageMs = 0.25;
/**
 * The loop's bandwidth. Units: radians a second. As that of the clocks whose difference it sees: a step of 200 ppm is off by
 * step / (bandwidth * e) = 0.74 ms at most.
 */
const bandwidth = 0.1;
/** The finest listeners notice a change of pitch of 0.1 to 0.2 %; this is below 0.05 %. */
const maxPpm = 480;
/** How fast the pitch may change. Units: ppm a second. It reaches 200 ppm in four seconds, which is nothing to hear either. */
const maxPpmPerSecond = 50;
/** After a longer pause, such as a stall, correct as if it had been this long. Units: ms. */
const longestStepMs = 1000;

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** A second-order (PI) loop over the difference between a stream and a time line. */
export function createDriftLock(timeline: Timeline): DriftLock {
  /** What the time line shows above the output when the two are in step. Units: ms. */
  let offsetMs: number | undefined;
  let lastMs = 0;
  let lastErrorMs = 0;
  let isEngaged = false;
  let driftPpm = 0;
  let ppm = 0;

  return {
    steer(nowMs, outputMs) {
      const aheadMs = timeline.at(nowMs) - outputMs;
      offsetMs ??= aheadMs;
      const errorMs = aheadMs - offsetMs;
      const seconds = Math.min(nowMs - lastMs, longestStepMs) / 1000;
      lastErrorMs = errorMs;
      lastMs = nowMs;
      isEngaged ||= Math.abs(errorMs) > engageMs;
      if (!isEngaged) return 0;
      driftPpm = clamp(driftPpm + bandwidth ** 2 * seconds * errorMs * 1e3, maxPpm);
      const wanted = clamp(driftPpm + 2 * bandwidth * errorMs * 1e3, maxPpm);
      ppm += clamp(wanted - ppm, maxPpmPerSecond * seconds);
      return ppm;
    },
    rebase(nowMs, outputMs) {
      if (offsetMs !== undefined) offsetMs = timeline.at(nowMs) - outputMs - lastErrorMs;
    },
  };
}
