import { Observable, Subscription, take } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat } from '../audio/audio-frame.js';
import { DeviceError, isVoiceError } from '../errors.js';
import type { AudioSource } from '../ports/audio-source.js';
import { requirePcmFormat, requireTimeBase } from './checks.js';
import { clipInPlace } from './clip.js';
import { lostError } from './device-errors.js';
import type { TimeBase } from './time-base.js';

/** What a paced source is made of. @public */
export interface PacedSourceOptions {
  readonly format: PcmFormat;
  readonly timeBase: TimeBase;
  /**
   * Called at the end of each period for what was captured in it.
   *
   * @remarks
   * Shape: a new array of `samplesPerChannel * format.channels` interleaved samples; its ownership passes to the source.
   * A shorter one is the last, null means that the one before was the last.
   * @param period - number of the period on the time base.
   */
  readonly nextPeriod: (samplesPerChannel: number, period: number) => Float32Array | null;
  /** Emits when the device vanishes. */
  readonly lost$?: Observable<unknown> | undefined;
}

/**
 * A microphone made of a clock: at the end of each period it emits what was captured in that period.
 *
 * @remarks
 * Timing: capture begins with the first period that starts at or after the subscription. When the scheduler comes late,
 * all frames that are due are emitted at once and none is left out.
 * Range: clipped to [-1, 1]; NaN becomes 0.
 *
 * Errors with `DEVICE_LOST` when `lost$` emits, and with `DEVICE_BACKEND` when `nextPeriod` throws or returns too much.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function pacedSource(options: PacedSourceOptions): AudioSource {
  const { format, timeBase, nextPeriod, lost$ } = options;
  requirePcmFormat('pacedSource', format);
  requireTimeBase('pacedSource', timeBase);
  const rateHz = format.sampleRateHz;

  function capture(): Observable<AudioFrame> {
    return new Observable((subscriber) => {
      const firstPeriod = timeBase.periodFrom(timeBase.now());
      const device = new Subscription();

      function emitPeriod(period: number): void {
        const firstSample = timeBase.firstSampleOf(period, rateHz);
        const samplesPerChannel = timeBase.firstSampleOf(period + 1, rateHz) - firstSample;
        const samples = nextPeriod(samplesPerChannel, period);
        const whole = samplesPerChannel * format.channels;
        if (samples && (samples.length > whole || samples.length % format.channels !== 0)) {
          throw new DeviceError(
            'DEVICE_BACKEND',
            `nextPeriod returned ${samples.length} samples where at most ${whole} fit; return one period of whole sample frames`,
          );
        }
        if (samples && samples.length > 0) {
          clipInPlace(samples);
          subscriber.next(audioFrame(format, samples, timeBase.sampleMs(firstSample, rateHz)));
        }
        if (!samples || samples.length < whole) subscriber.complete();
      }

      // The start of a period is the end of the one before it.
      const onPeriod = (period: number): void => {
        if (period <= firstPeriod) return;
        try {
          emitPeriod(period - 1);
        } catch (error) {
          subscriber.error(isVoiceError(error) ? error : backendError(error));
        }
      };

      device.add(timeBase.schedulePeriods(onPeriod));
      if (lost$) {
        const lose = (cause?: unknown): void => subscriber.error(lostError('the microphone', cause));
        device.add(lost$.pipe(take(1)).subscribe({ next: () => lose(), error: lose }));
      }
      return device;
    });
  }

  return { format, capture };
}

function backendError(cause: unknown): DeviceError {
  return new DeviceError('DEVICE_BACKEND', 'the microphone failed to give its next period; see the cause', {
    cause,
  });
}
