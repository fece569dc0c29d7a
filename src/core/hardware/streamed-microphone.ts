import { Observable, Subject, Subscription, takeWhile } from 'rxjs';
import { type AudioFrame, endMs } from '../audio/audio-frame.js';
import { releaseBeforeEnd } from '../pacing/release-before-end.js';
import type { AudioSource } from '../ports/audio-source.js';
import type { DeviceReport } from '../ports/device-report.js';
import { openAlready } from './capture-errors.js';
import { openCapture } from './open-capture.js';
import { requireParts } from './require-parts.js';
import {
  resolveMicrophoneOptions,
  type StreamedMicrophoneOptions,
  type StreamedMicrophoneParts,
} from './streamed-microphone-options.js';

/** A microphone that tells about itself. @public */
export interface StreamedMicrophone extends AudioSource {
  readonly reports$: Observable<DeviceReport>;
}

/**
 * A microphone over whatever moves its samples.
 *
 * @remarks
 * Shape: frames of one channel in the promised format, of equal length, whatever layout and block size the device has; looked at
 * anew at each opening.
 *
 * Timing: a frame is stamped with when its first sample was captured, as nearly as can be seen from outside: all stamps are late
 * by the least time that the device takes to deliver. They are smooth, and no frame ends later than now. The first frame
 * comes some 60 ms after the first block, once it is seen when the stream began; no audio is lost to that.
 *
 * Order: frames are contiguous. Where samples were lost, which is seen within 1.5 s (at once where the driver says so), the stamps
 * jump by what is missing, with the fact `capture-xrun`. They never run back: audio that comes although it was given up has no
 * place and is left out, with the fact `clock-reset`. A process that stood still and gets everything late loses nothing.
 *
 * One listener at a time; another one gets `DEVICE_BUSY`. Cancellation: unsubscribing releases the device at once; it can be
 * opened again in the same breath.
 *
 * Errors with what the driver errors with, and: `DEVICE_LOST` when nothing comes any more, or too much; `DEVICE_BUSY` when
 * nothing ever came; `DEVICE_FORMAT_UNSUPPORTED` for a channel that the device does not have; `DEVICE_BACKEND` for a driver that breaks
 * its rules. Silence is no loss, however long: a microphone may be muted.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function streamedMicrophone(
  options: StreamedMicrophoneParts & Partial<StreamedMicrophoneOptions>,
): StreamedMicrophone {
  const { driver, format, scheduler, timeline, ...rest } = options;
  requireParts('streamed microphone', 'capture', driver, scheduler);
  const settings = resolveMicrophoneOptions(format, rest);
  const reports$ = new Subject<DeviceReport>();
  let isOpen = false;
  /** Where the frames of all openings have come to: the next opening does not go back behind it. */
  let lastEndMs = Number.NEGATIVE_INFINITY;

  function capture(): Observable<AudioFrame> {
    return new Observable((subscriber) => {
      if (isOpen) {
        subscriber.error(openAlready(driver.label));
        return;
      }
      isOpen = true;
      const opening = new Subscription();
      new Observable<AudioFrame>((frames) => {
        const capturing = openCapture({
          label: driver.label,
          format,
          scheduler,
          timeline,
          settings,
          notBeforeMs: Math.max(scheduler.now(), lastEndMs),
          emit: (frame) => {
            lastEndMs = endMs(frame);
            frames.next(frame);
          },
          fail: (error) => frames.error(error),
          tell: (report) => reports$.next(report),
        });
        opening.add(capturing.subscription);
        // A driver may deliver, and be given up, before subscribing to it returns.
        opening.add(
          driver
            .open()
            .pipe(takeWhile(() => !opening.closed))
            .subscribe(capturing.observer),
        );
      })
        .pipe(
          releaseBeforeEnd(() => {
            opening.unsubscribe();
            isOpen = false;
          }),
        )
        .subscribe(subscriber);
    });
  }

  return { format, capture, reports$: reports$.asObservable() };
}
