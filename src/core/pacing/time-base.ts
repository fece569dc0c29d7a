import { Observable, type SchedulerLike, Subscription } from 'rxjs';
import type { AudioFrame } from '../audio/audio-frame.js';
import { OptionError } from '../errors.js';
import { integerIn, resolveOptions } from '../options.js';

/** Called once for every period; `startMs` is on the scheduler's clock. @public */
export type OnPeriod = (period: number, startMs: number) => void;

/**
 * The grid of time that the devices of one machine share: period k covers
 * `[originMs + k * periodMs, originMs + (k + 1) * periodMs)`.
 *
 * @remarks
 * Units: milliseconds on the scheduler's clock, unless a name says samples.
 * A source and a sink on one time base have the same first instant and never drift apart.
 * @public
 */
export interface TimeBase {
  readonly scheduler: SchedulerLike;
  /** When period 0 begins. */
  readonly originMs: number;
  readonly periodMs: number;
  now(): number;
  startOfPeriodMs(period: number): number;
  /** The first period that begins at `ms` or later. */
  periodFrom(ms: number): number;
  /**
   * Sample frames from the origin to the start of a period at this rate, rounded down. Where a period holds no whole
   * number of samples (110.25 at 11025 Hz), periods differ by one and none is lost: integer arithmetic throughout.
   */
  firstSampleOf(period: number, sampleRateHz: number): number;
  /** When the sample frame with this index begins; index 0 is at the origin. */
  sampleMs(index: number, sampleRateHz: number): number;
  /** Index of the sample frame that is under way at `ms`. */
  sampleAt(ms: number, sampleRateHz: number): number;
  /** Index of the first sample frame of a frame that a device of this time base emitted. */
  indexOf(frame: AudioFrame): number;
  /**
   * Call back at the start of every period from now on, beginning with the first that starts now or later.
   *
   * @remarks
   * Order: periods come one by one, none is skipped. Timing: due times are absolute, so delays do not add up; when the
   * scheduler comes late, all periods that are due are called at once.
   * Cancellation: unsubscribing, also from inside the callback, ends it at once.
   */
  schedulePeriods(onPeriod: OnPeriod): Subscription;
  /** Emits once, when `ms` has come or at once when it has passed, then completes. Never early. Cold. */
  at(ms: number): Observable<void>;
}

/**
 * Instants closer than this are the same. A microsecond: what clocks resolve, a twentieth of a sample at 48 kHz, and
 * above the rounding of doubles that count milliseconds since 1970.
 */
export const sameInstantMs = 1e-3;

/**
 * Begin a time base now.
 *
 * @param scheduler - real (`monotonicScheduler` of earshot/devices/clock) or virtual.
 * @param periodMs - how much a device captures or renders at once. Whole milliseconds, 1..100; 10 is what sound servers
 * and WebRTC's audio processing use.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function createTimeBase(scheduler: SchedulerLike, periodMs = 10): TimeBase {
  resolveOptions('createTimeBase', { periodMs: 10 }, { periodMs }, { periodMs: integerIn(1, 100, 'ms') });
  if (typeof scheduler?.now !== 'function' || typeof scheduler.schedule !== 'function') {
    throw new OptionError(
      'OPTION_INVALID',
      'createTimeBase: scheduler must be an rxjs scheduler; pass monotonicScheduler() or the scheduler of a virtual clock',
    );
  }
  const originMs = scheduler.now();
  const startOfPeriodMs = (period: number): number => originMs + period * periodMs;
  const periodFrom = (ms: number): number =>
    Math.max(0, Math.ceil((ms - sameInstantMs - originMs) / periodMs));

  function schedulePeriods(onPeriod: OnPeriod): Subscription {
    let next = periodFrom(scheduler.now());
    let timer = Subscription.EMPTY;
    let stopped = false;

    function callDuePeriods(): void {
      // One look at the clock: a callback slower than a period would otherwise keep the loop for itself for ever.
      const now = scheduler.now();
      // Timers of Node may fire up to a millisecond early; then nothing is due yet and the rest is waited for.
      while (!stopped && startOfPeriodMs(next) <= now + sameInstantMs) {
        const period = next;
        next += 1;
        onPeriod(period, startOfPeriodMs(period));
      }
      if (!stopped) arm();
    }

    function arm(): void {
      timer = scheduler.schedule(callDuePeriods, Math.max(0, startOfPeriodMs(next) - scheduler.now()));
    }

    arm();
    return new Subscription(() => {
      stopped = true;
      timer.unsubscribe();
    });
  }

  const at = (ms: number): Observable<void> =>
    new Observable((subscriber) => {
      let timer = Subscription.EMPTY;
      const look = (): void => {
        const waitMs = ms - scheduler.now();
        if (waitMs > sameInstantMs) {
          timer = scheduler.schedule(look, waitMs);
        } else {
          subscriber.next();
          subscriber.complete();
        }
      };
      look();
      return () => timer.unsubscribe();
    });

  return {
    scheduler,
    originMs,
    periodMs,
    now: () => scheduler.now(),
    startOfPeriodMs,
    periodFrom,
    firstSampleOf: (period, sampleRateHz) => Math.floor((period * periodMs * sampleRateHz) / 1000),
    sampleMs: (index, sampleRateHz) => originMs + (index * 1000) / sampleRateHz,
    sampleAt: (ms, sampleRateHz) => Math.floor(((ms + sameInstantMs - originMs) * sampleRateHz) / 1000),
    indexOf: (frame) => Math.round(((frame.timestampMs - originMs) * frame.format.sampleRateHz) / 1000),
    schedulePeriods,
    at,
  };
}
