import { Observable } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';
import { releaseBeforeEnd } from '../pacing/release-before-end.js';
import type { AudioSink, Loudspeaker } from '../ports/audio-sink.js';
import type { DeviceReport } from '../ports/device-report.js';
import { sinkOpenAlready } from './playout-errors.js';
import { createPlayoutReports } from './playout-reports.js';
import { createPlayoutTimeline } from './playout-timeline.js';
import { requireParts } from './require-parts.js';
import {
  resolveLoudspeakerOptions,
  type StreamedLoudspeakerOptions,
  type StreamedLoudspeakerParts,
} from './streamed-loudspeaker-options.js';
import { createStreamedSink, type StreamedSink } from './streamed-sink.js';
import type { Timeline } from './timeline.js';

/** A loudspeaker that tells about itself, and whose pace others can keep to. @public */
export interface StreamedLoudspeaker extends Loudspeaker {
  /** The layout of its sinks. */
  readonly format: PcmFormat;
  /**
   * The pace of the device. While a stream runs undisturbed its distance to the time line of `rendered$` is constant; what sets that
   * anew, an xrun or a new opening, does not move this one.
   */
  readonly timeline: Timeline;
  readonly reports$: Observable<DeviceReport>;
}

/**
 * A loudspeaker over whatever moves its samples.
 *
 * @remarks
 * Timing: a sink is emitted when the device is audible, some 100 ms after that begins. The device is kept supplied with audio or
 * silence, so its time line has no gaps; what is written after silence is heard `leadMs` later.
 *
 * Order: `rendered$` goes on while a hard flush opens the stream anew, and while the loudspeaker sleeps, with silence. Its
 * `timestampMs` jump only where the device's clock was set anew, with the fact `clock-reset`: after an xrun, or where audio that was
 * written right after a hard flush turned out to be audible earlier or later than expected.
 *
 * One sink at a time; another one gets `DEVICE_BUSY`. Cancellation: unsubscribing closes the sink and releases the device at once;
 * it can be opened again in the same breath.
 *
 * Errors with what the driver errors with, and: `DEVICE_BUSY` when the device is not audible within `openTimeoutMs`;
 * `DEVICE_FORMAT_UNSUPPORTED` for a layout that cannot be converted; `DEVICE_LOST` once it was open, when it stands still, runs ahead of
 * time or cannot be opened again; `DEVICE_BACKEND` for a driver that breaks its rules.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function streamedLoudspeaker(
  options: StreamedLoudspeakerParts & Partial<StreamedLoudspeakerOptions>,
): StreamedLoudspeaker {
  const { driver, format, scheduler, ...rest } = options;
  requireParts('streamed loudspeaker', 'playout', driver, scheduler);
  const settings = resolveLoudspeakerOptions(format, rest);
  const reports = createPlayoutReports();
  const timeline = createPlayoutTimeline();
  let isOpen = false;
  let driftPpm = 0;

  const opening$ = new Observable<AudioSink>((subscriber) => {
    const remember = (): void => {
      driftPpm = opening.driftPpm ?? driftPpm;
    };
    const opening: StreamedSink = createStreamedSink({
      driver,
      format,
      scheduler,
      settings,
      timeline,
      reports,
      driftPpm,
      started: (sink) => subscriber.next(sink),
      failed: (error) => {
        remember();
        subscriber.error(error);
      },
    });
    subscriber.add(() => {
      remember();
      opening.sink.close();
    });
    opening.start();
  });

  return {
    format,
    timeline: { at: timeline.at },
    reports$: reports.reports$,
    openSink: () =>
      new Observable((subscriber) => {
        if (isOpen) {
          subscriber.error(sinkOpenAlready(driver.label));
          return;
        }
        isOpen = true;
        const release = (): void => {
          isOpen = false;
        };
        opening$.pipe(releaseBeforeEnd(release)).subscribe(subscriber);
      }),
  };
}
