import { defer, ignoreElements, merge, type Observable, of, tap } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { AudioSink, Loudspeaker } from '../ports/audio-sink.js';
import type { DeviceAccess } from './device-access.js';
import { type PacedSink, pacedSink } from './paced-sink.js';
import { releaseBeforeEnd } from './release-before-end.js';
import type { TimeBase } from './time-base.js';

/** Where a paced loudspeaker puts what it renders. */
export interface RenderTarget {
  /** @param firstSample - index of the frame's first sample, counted from the origin of the time base. */
  render(frame: AudioFrame, firstSample: number): void;
  close(): void;
}

/** What a paced loudspeaker is made of. */
export interface PacedLoudspeakerOptions {
  readonly format: PcmFormat;
  readonly timeBase: TimeBase;
  readonly maxQueuedMs: number;
  readonly access: DeviceAccess;
  /** Called at each opening. What it or its result throws ends the opening. */
  readonly openTarget: () => RenderTarget;
}

/** Counted facts of a loudspeaker, over all its openings. @public */
export interface PlayoutFacts {
  /** Gaps inside a stream, see `PacedSink`. */
  readonly underruns: number;
  /** What was not taken because the queue was full. Units: milliseconds of audio. */
  readonly droppedMs: number;
}

/** A loudspeaker over paced sinks, one for each opening, all on one time line. */
export function pacedLoudspeaker(options: PacedLoudspeakerOptions): Loudspeaker & PlayoutFacts {
  const { format, timeBase, maxQueuedMs, access, openTarget } = options;
  const past = { underruns: 0, droppedMs: 0 };
  let sink: PacedSink | undefined;

  function openOnce(lost$: Observable<unknown>): Observable<AudioSink> {
    return defer(() => {
      const target = openTarget();
      const opened = pacedSink({ format, timeBase, maxQueuedMs, lost$ });
      sink = opened;
      // The record comes first, so that it is there when anybody else hears of a frame.
      const recorded$ = opened.rendered$.pipe(
        tap((frame) => target.render(frame, timeBase.indexOf(frame))),
        ignoreElements(),
      );
      const release = (): void => {
        opened.close();
        past.underruns += opened.underruns;
        past.droppedMs += opened.droppedMs;
        sink = undefined;
        target.close();
      };
      return merge(recorded$, of(opened)).pipe(releaseBeforeEnd(release));
    });
  }

  return {
    openSink: () => access.open(openOnce),
    get underruns() {
      return past.underruns + (sink?.underruns ?? 0);
    },
    get droppedMs() {
      return past.droppedMs + (sink?.droppedMs ?? 0);
    },
  };
}
