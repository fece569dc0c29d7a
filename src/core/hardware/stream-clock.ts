/** What the clock of a device did that no drift explains. */
export interface ClockReset {
  /** How far the count was from where it was expected. Units: ms; negative when samples are missing. */
  readonly byMs: number;
}

/**
 * The clock of a device, as it is seen from this machine: how many sample frames have passed at which time.
 *
 * @remarks
 * Units: times are milliseconds on the scheduler's clock, counts are sample frames since the stream began.
 */
export interface StreamClock {
  /**
   * At `atMs`, at least `count` sample frames had passed.
   *
   * @remarks
   * An observation may come late, or count too few, by any amount; it never counts too many. So the best of many is near the truth.
   * @returns what no drift explains, when the clock was set anew because of it.
   */
  observe(count: number, atMs: number): ClockReset | undefined;
  /** Something is known to have happened to the device: trust the next few observations more than what was known. */
  disturb(): void;
  /** How many had passed, fractions included. */
  countAt(ms: number): number;
  /** When the sample frame with this number passes. */
  msAt(count: number): number;
  /** How much faster than nominal the device runs. Units: parts per million. Null before the first five seconds are over. */
  readonly driftPpm: number | null;
}

/** A stream clock that its owner can correct. */
export interface OwnedStreamClock extends StreamClock {
  /** It is known from elsewhere that just now `count` had passed: go on from there, as fast as before. */
  setTo(count: number, ms: number): ClockReset;
  /** Nothing will be observed for a while: from now on go on at the known drift alone. */
  coast(ms: number): void;
}

/** How a stream clock treats what it sees. */
export interface StreamClockOptions {
  /**
   * A count that is ahead by more than this is believed at once, because nothing can come early; less is made up for slowly.
   * Units: ms. Infinity: always slowly, so that the time line has no step.
   */
  readonly believeAheadMs: number;
  /** Missing time above this, in two windows that follow each other, is a loss and the clock is set anew. Units: ms. @defaultValue 20 */
  readonly lossMs?: number;
  /** Observations are judged together over this. Units: ms. @defaultValue 500: longer than the stalls of a busy event loop are usually */
  readonly windowMs?: number;
  /**
   * After a disturbance, missing time above this is a loss and the clock is set anew; less is made up for slowly. Units: ms.
   * @defaultValue 20, as without a disturbance
   */
  readonly disturbedLossMs?: number;
  /**
   * How many short windows a disturbance lasts. One tells what had been lost by then; a device that goes on standing still
   * needs several.
   * @defaultValue 1
   */
  readonly disturbedWindows?: number;
  /** Whether the first observations may be off by so much that it must be made up for faster than a drift is followed. @defaultValue false */
  readonly startsRoughly?: boolean;
  /** What is known of the device's drift from before. Units: parts per million. @defaultValue 0 */
  readonly driftPpm?: number;
}

const defaultWindowMs = 500;
/** A window with fewer observations says too little. */
const minObservations = 5;
/** After a disturbance this much is enough. Units: ms; observations. */
const shortWindowMs = 120;
const minObservationsAfterDisturbance = 2;
/** After a pause without observations, correct as if it had been this long. Units: ms. */
const longestWindowMs = 2000;
/**
 * What all windows of a disturbance together say is off by more than this is set right when it is over. Units: ms. Slewed away at the loop's pace
 * it would look like a drift of some hundred ppm for half a minute. The best of half a second of reports is right to about 1 ms.
 */
const steadyLossMs = 1.5;
/** Missing time that is more than jitter. Units: ms. */
const defaultLossMs = 20;
/**
 * The loop's bandwidth. Units: radians a second. At 0.1 the error after a step of 200 ppm stays below 0.8 ms
 * (step / (bandwidth * e)), and jitter of 1 ms bends the slope by less than 250 ppm.
 */
const bandwidth = 0.1;
/**
 * The same after a rough start, and for how long: until it is within so much, and for the first seconds at least. What is off at the start says nothing
 * of the drift: taken for one it would swing for a minute.
 */
const startBandwidth = 0.5;
const leastStartMs = 5000;
const mostStartMs = 40_000;
const startedWithinMs = 0.5;
/** Crystals are within 100 ppm of nominal, cheap ones within 200; two of them can be twice that apart. */
const maxDriftPpm = 400;
/** A change of pitch of 0.05 % cannot be heard (the finest listeners notice 0.1 to 0.2 %); drift and correction together stay below. */
const maxSlopePpm = 480;
/** Before it is told, a drift must have had the time to settle. Units: ms. */
const settledMs = 5000;

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/**
 * A second-order loop over the least late observation of each window.
 *
 * @param sampleRateHz - the nominal rate.
 */
export function createStreamClock(
  sampleRateHz: number,
  options: StreamClockOptions = { believeAheadMs: Infinity },
): OwnedStreamClock {
  const { believeAheadMs, lossMs = defaultLossMs, windowMs = defaultWindowMs } = options;
  const { disturbedLossMs = lossMs, disturbedWindows = 1 } = options;
  const perMs = sampleRateHz / 1000;
  let anchor: { readonly ms: number; readonly count: number } | undefined;
  let startedMs = 0;
  let isStarting = options.startsRoughly ?? false;
  let driftPpm = clamp(options.driftPpm ?? 0, maxDriftPpm);
  let slopePpm = driftPpm;
  /** How many short windows are still to come. */
  let disturbed = 0;
  /** The least late observation since the disturbance. */
  let leastLate: Observation | undefined;
  /** The window before was too low already. */
  let wasBehind = false;
  let window = emptyWindow(0);

  const framesPerMs = (): number => perMs * (1 + slopePpm * 1e-6);
  const countAt = (ms: number): number => (anchor ? anchor.count + (ms - anchor.ms) * framesPerMs() : 0);
  const msAt = (count: number): number => (anchor ? anchor.ms + (count - anchor.count) / framesPerMs() : 0);

  function setAnew(best: Observation): ClockReset {
    anchor = { ms: best.atMs, count: best.count };
    slopePpm = driftPpm;
    wasBehind = false;
    leastLate = undefined;
    return { byMs: best.errorMs };
  }

  function steer(errorMs: number, elapsedMs: number, atMs: number): void {
    anchor = { ms: atMs, count: countAt(atMs) };
    const error = errorMs * 1e-3;
    const sinceMs = atMs - startedMs;
    isStarting &&= sinceMs < leastStartMs || (Math.abs(errorMs) > startedWithinMs && sinceMs < mostStartMs);
    if (isStarting) {
      slopePpm = clamp(driftPpm + 2 * startBandwidth * error * 1e6, maxSlopePpm);
      return;
    }
    const proportional = 2 * bandwidth * error * 1e6;
    // While the slope is at its limit an error lasts longer than the loop expects: it tells of the phase and not of the drift.
    if (Math.abs(driftPpm + proportional) <= maxSlopePpm) {
      const seconds = Math.min(elapsedMs, longestWindowMs) * 1e-3;
      driftPpm = clamp(driftPpm + bandwidth ** 2 * seconds * error * 1e6, maxDriftPpm);
    }
    slopePpm = clamp(driftPpm + proportional, maxSlopePpm);
  }

  /** Several windows are looked at together, and nothing is made up for meanwhile. */
  function judgeDisturbed(best: Observation): ClockReset | undefined {
    if (best.errorMs < -disturbedLossMs) return setAnew(best);
    if (!leastLate || best.errorMs > leastLate.errorMs) leastLate = best;
    if (disturbed > 0 || Math.abs(leastLate.errorMs) <= steadyLossMs) return undefined;
    const { count, atMs, errorMs } = leastLate;
    // Where it was then, and as fast as before since.
    return setAnew({ count, atMs, errorMs });
  }

  function judge(atMs: number): ClockReset | undefined {
    const { best, startMs } = window;
    window = emptyWindow(atMs);
    if (!best) return undefined;
    const isDisturbed = disturbed > 0;
    disturbed = Math.max(0, disturbed - 1);
    if (isDisturbed && disturbedWindows > 1) return judgeDisturbed(best);
    const isBehind = best.errorMs < -(isDisturbed ? disturbedLossMs : lossMs);
    if (isBehind && (wasBehind || isDisturbed)) return setAnew(best);
    wasBehind = isBehind;
    // One window that is behind may be a stall of this machine; the next one tells.
    if (!isBehind) steer(best.errorMs, atMs - startMs, atMs);
    return undefined;
  }

  return {
    observe(count, atMs) {
      if (!anchor) {
        anchor = { ms: atMs, count };
        startedMs = atMs;
        window = emptyWindow(atMs);
        return undefined;
      }
      const errorMs = (count - countAt(atMs)) / perMs;
      if (errorMs > believeAheadMs) {
        window = emptyWindow(atMs);
        return setAnew({ count, atMs, errorMs });
      }
      window.observations += 1;
      if (!window.best || errorMs >= window.best.errorMs) window.best = { count, atMs, errorMs };
      const [enough, longEnough] =
        disturbed > 0 ? [minObservationsAfterDisturbance, shortWindowMs] : [minObservations, windowMs];
      if (window.observations < enough || atMs - window.startMs < longEnough) return undefined;
      return judge(atMs);
    },
    disturb() {
      disturbed = disturbedWindows;
      leastLate = undefined;
      window = emptyWindow(window.best?.atMs ?? window.startMs);
    },
    setTo(count, ms) {
      const errorMs = anchor ? (count - countAt(ms)) / perMs : 0;
      if (!anchor) startedMs = ms;
      window = emptyWindow(ms);
      return setAnew({ count, atMs: ms, errorMs });
    },
    coast(ms) {
      if (anchor) anchor = { ms, count: countAt(ms) };
      slopePpm = driftPpm;
      window = emptyWindow(ms);
    },
    countAt,
    msAt,
    get driftPpm() {
      const { atMs } = window.best ?? { atMs: window.startMs };
      return anchor && atMs - startedMs >= settledMs ? driftPpm : null;
    },
  };
}

interface Observation {
  readonly count: number;
  readonly atMs: number;
  readonly errorMs: number;
}

interface Window {
  readonly startMs: number;
  observations: number;
  best: Observation | undefined;
}

const emptyWindow = (startMs: number): Window => ({ startMs, observations: 0, best: undefined });
