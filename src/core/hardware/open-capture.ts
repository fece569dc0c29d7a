import { type Observer, type SchedulerLike, Subscription } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import { createDriftConverter } from '../audio/drift-converter.js';
import { pickChannel, toMono } from '../audio/mix.js';
import { clipInPlace } from '../pacing/clip.js';
import type { DeviceReport } from '../ports/device-report.js';
import { type CaptureClock, createCaptureClock } from './capture-clock.js';
import type { CaptureDriverReport } from './capture-driver.js';
import {
  driverBroke,
  driverEnded,
  driverFailed,
  fellSilent,
  neverCame,
  ranAhead,
  unfitDevice,
} from './capture-errors.js';
import { type CaptureFramer, createCaptureFramer } from './capture-framer.js';
import { createCaptureReports } from './capture-reports.js';
import { createDriftLock } from './drift-lock.js';
import { createSilenceWatch } from './silence-watch.js';
import type { StreamedMicrophoneOptions } from './streamed-microphone-options.js';
import type { Timeline } from './timeline.js';

/** What one opening of a microphone needs to know, and whom it tells. */
export interface CaptureOpening {
  readonly label: string;
  readonly format: PcmFormat;
  readonly scheduler: SchedulerLike;
  readonly timeline: Timeline | undefined;
  readonly settings: StreamedMicrophoneOptions;
  /** No frame begins before. Units: ms. */
  readonly notBeforeMs: number;
  emit(frame: AudioFrame): void;
  fail(error: unknown): void;
  tell(report: DeviceReport): void;
}

/** One opening under way. */
export interface Capturing {
  /** Takes what the driver tells. */
  readonly observer: Observer<CaptureDriverReport>;
  /** Its timers. Once it is closed nothing is emitted any more. */
  readonly subscription: Subscription;
}

/** What is there once the device has told its layout. */
interface OpenDevice {
  readonly format: PcmFormat;
  readonly clock: CaptureClock;
  readonly framer: CaptureFramer;
}

/** What was delivered at once. */
interface CaptureBlock {
  readonly samples: Float32Array;
  readonly atMs: number;
  /** Sample frames that were delivered in all, this block included. */
  readonly count: number;
}

/** Silence is looked for this often in the time that it takes. */
const ticksPerSilence = 18;
/** A frame that ends this much later than now ends now: times are fractions that were added up. Units: ms. */
const roundingMs = 0.005;
/** The most that is converted at a time, so that a block of seconds does not need a queue for seconds. Units: ms. */
const sliceMs = 500;

/** Take what a driver delivers, watch it, and emit frames. */
export function openCapture(opening: CaptureOpening): Capturing {
  const { label, format, scheduler, timeline, settings, notBeforeMs, emit, tell } = opening;
  const { channel, frameMs, driftCorrection, silentMs, openTimeoutMs, aheadMs } = settings;
  const subscription = new Subscription();
  const openedMs = scheduler.now();
  const tickMs = silentMs / ticksPerSilence;
  const watch = createSilenceWatch(tickMs, openedMs);
  const reports = createCaptureReports(openedMs, tell);
  let device: OpenDevice | undefined;
  /** Sample frames that were delivered. */
  let count = 0;
  let emitting: Subscription | undefined;

  const fail = (error: unknown): void => {
    if (!subscription.closed) opening.fail(error);
  };

  function open(deviceFormat: PcmFormat): void {
    const clock = createCaptureClock(deviceFormat.sampleRateHz, openedMs);
    const framer = createCaptureFramer({
      format,
      frameSamples: Math.round((frameMs * format.sampleRateHz) / 1000),
      converter: createDriftConverter(deviceFormat.sampleRateHz, format.sampleRateHz),
      clock,
      lock: timeline && driftCorrection === 'auto' ? createDriftLock(timeline) : undefined,
    });
    device = { format: deviceFormat, clock, framer };
  }

  function take(
    { clock, framer, format: { channels, sampleRateHz } }: OpenDevice,
    block: CaptureBlock,
  ): void {
    const nowMs = scheduler.now();
    const atMs = Math.min(block.atMs, nowMs);
    const wasSettled = clock.isSettled;
    const reset = clock.observe(block.count, atMs);
    if (clock.aheadMs > aheadMs) {
      fail(ranAhead(label, clock.aheadMs));
      return;
    }
    if (reset) reports.reset(reset, framer.jump(nowMs));
    if (clock.isSettled && !wasSettled) framer.startAt(notBeforeMs);

    const { samples } = block;
    const mono = channel === 'mix' ? toMono(samples, channels) : pickChannel(samples, channels, channel);
    clipInPlace(mono);
    const slice = Math.ceil((sliceMs * sampleRateHz) / 1000);
    for (let from = 0; from < mono.length && !subscription.closed; from += slice) {
      framer.push(mono.length <= slice ? mono : mono.subarray(from, from + slice));
      if (clock.isSettled) emitDue(framer);
    }
    if (!clock.isSettled || subscription.closed) return;
    framer.correct(nowMs);
    reports.arrival(atMs - clock.msAt(block.count));
  }

  /** Emit what is over, and come back for what is complete but ends later than now by the clock. */
  function emitDue(framer: CaptureFramer): void {
    emitting?.unsubscribe();
    emitting = undefined;
    while (!subscription.closed) {
      const nextMs = framer.nextEndMs();
      if (nextMs === undefined) return;
      const waitMs = nextMs - scheduler.now();
      if (waitMs > roundingMs) {
        emitting = scheduler.schedule(() => emitDue(framer), waitMs);
        subscription.add(emitting);
        return;
      }
      emit(framer.shift());
    }
  }

  function tick(nowMs: number): void {
    watch.tick(nowMs);
    const { quietMs } = watch;
    if (count === 0 && quietMs >= openTimeoutMs) fail(neverCame(label, quietMs));
    if (count > 0 && quietMs >= silentMs) fail(fellSilent(label, quietMs));
    if (!device || subscription.closed || !reports.isDue(nowMs)) return;
    reports.measure(nowMs, watch.maxLagMs, device.clock.driftPpm);
    watch.forgetLag();
  }

  subscription.add(
    scheduler.schedule(function () {
      tick(scheduler.now());
      if (!subscription.closed) this.schedule(undefined, tickMs);
    }, tickMs),
  );

  function hear(report: CaptureDriverReport): void {
    if (report.type === 'opened') {
      const problem = device
        ? driverBroke(label, 'said twice that it is open')
        : unfitDevice(label, report.format, channel);
      if (problem) fail(problem);
      else open(report.format);
    } else if (!device) {
      fail(driverBroke(label, 'delivered before it said that it is open'));
    } else if (report.type === 'xrun') {
      // While one is being looked into, the clock is watching already.
      if (reports.overrun(scheduler.now(), report.detail)) device.clock.disturb();
    } else if (report.samples.length % device.format.channels !== 0) {
      const { channels } = device.format;
      fail(
        driverBroke(
          label,
          `delivered ${report.samples.length} samples for ${channels} channels, which is not whole`,
        ),
      );
    } else if (report.samples.length > 0) {
      watch.heard(scheduler.now());
      count += report.samples.length / device.format.channels;
      take(device, { ...report, count });
    }
  }

  return {
    observer: {
      next: hear,
      error: (error) => fail(driverFailed(label, error)),
      complete: () => fail(driverEnded(label)),
    },
    subscription,
  };
}
