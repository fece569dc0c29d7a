import { Observable, Subject } from 'rxjs';
import { AudioFormatError } from '../../errors.js';
import type { EchoCanceller } from '../../ports/echo-canceller.js';
import type { EchoDiagnosis } from '../../ports/echo-diagnosis.js';
import { type AudioFrame, type PcmFormat, sameFormat } from '../audio-frame.js';
import { createEchoSession } from './echo-session.js';
import { type LinearEchoCancellerOptions, resolveLinearEchoCancellerOptions } from './linear-echo-options.js';

/** An echo canceller that says how sure it is. @public */
export interface LinearEchoCanceller extends EchoCanceller {
  /**
   * One diagnosis for each frame, just before the frame itself.
   *
   * @remarks
   * Hot; nothing is computed while nobody listens. With several subscriptions at once it tells about all of them, in the order of their
   * frames. It never completes and never errors.
   */
  readonly diagnosis$: Observable<EchoDiagnosis>;
}

const format: PcmFormat = { sampleRateHz: 16_000, channels: 1 };

/**
 * An echo canceller that leaves the person who speaks whole: made for what a speech detector listens to.
 *
 * @remarks
 * It subtracts what it can predict from the reference, and then suppresses, bin by bin, the little echo that it knows to be left. It removes
 * no noise and changes no level. For what people listen to, a canceller that also suppresses more may be nicer.
 *
 * Shape: near end mono 16 kHz, frames of any size; 10 ms are the natural one. Reference of any layout.
 *
 * Timing: a frame comes out 10 ms of audio later (20 ms at most for frames of other sizes), and later still by up to
 * `maxReferenceWaitMs` while the reference is behind; the samples and time stamps are those of the input. All of it is
 * counted in audio: no timer runs, so the last frames of a stream that stalls come when it goes on or completes. 10 ms
 * cost about 110 microseconds on a 2-core x86 machine, and half more each where several run in one program.
 *
 * Reference: aligned by its time stamps, which must be on the clock of the near end's, right to some milliseconds. What is missing counts as
 * silence. A clock that runs differently (up to 300 ppm) is measured from the echo and the reference resampled. The
 * echo must begin within `tailMs` of its sound at first; a distance that changes by less than 8 ms from frame to frame is jitter and
 * is averaged.
 *
 * Start: for the first second of sound from the loudspeaker only what cannot be echo passes. An abrupt change is found after 0.1 to 0.5 s of sound
 * from the loudspeaker. Where the echo has only moved, by up to 55 ms, it is found at its new place 0.1 s later and everything goes on; a path
 * that is another one is learnt as at the start; what comes in addition is learnt while the rest goes on. `diagnosis$` tells.
 *
 * Order: one output for each input. Deterministic: the same input gives the same output, to the bit.
 * Range: a sample that is no number counts as 0, one beyond -8..8 as that. Ownership: input frames are read, never written; they are let go of when their output is emitted. Memory: 1.1 MB for each subscription, bounded.
 * Cancellation: unsubscribing lets go of both streams; an error of either is passed on.
 *
 * Errors with `AudioFormatError` `AUDIO_FORMAT_UNSUPPORTED` for a near-end frame of another layout, and for a frame on either side without
 * a time or with half a sample frame, and when 1000 near-end frames without samples wait for one with samples; with `OptionError` `OPTION_INVALID` for a reference whose layout is out of range.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function linearEchoCanceller(options: Partial<LinearEchoCancellerOptions> = {}): LinearEchoCanceller {
  const resolved = resolveLinearEchoCancellerOptions(options);
  const diagnosis$ = new Subject<EchoDiagnosis>();

  return {
    format,
    diagnosis$: diagnosis$.asObservable(),
    cancelEcho: (reference$) => (near$) =>
      new Observable<AudioFrame>((subscriber) => {
        const session = createEchoSession(resolved, {
          emit: (frame) => subscriber.next(frame),
          wantsDiagnosis: () => diagnosis$.observed,
          tell: (diagnosis) => diagnosis$.next(diagnosis),
          complete: () => subscriber.complete(),
        });
        const error = (thrown: unknown) => subscriber.error(thrown);
        /** A frame that cannot be used ends the stream with its error; thrown into rxjs it would end the program. */
        const taking = (take: (frame: AudioFrame) => void) => (frame: AudioFrame) => {
          try {
            take(checked(frame));
          } catch (thrown) {
            error(thrown);
          }
        };
        subscriber.add(
          reference$.subscribe({ next: taking(session.render), error, complete: session.endReference }),
        );
        if (subscriber.closed) return;
        subscriber.add(
          near$.subscribe({
            next: taking((frame) => {
              if (!sameFormat(frame.format, format)) throw unsupported(frame.format);
              session.capture(frame);
            }),
            error,
            complete: session.end,
          }),
        );
      }),
  };
}

/** A frame without a time can be put nowhere, and would move everything that comes after it. */
function checked(frame: AudioFrame): AudioFrame {
  if (Number.isFinite(frame.timestampMs)) return frame;
  throw new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `the echo canceller aligns frames by timestampMs, but got ${frame.timestampMs}; stamp captured and rendered frames in milliseconds of one clock`,
  );
}

function unsupported({ sampleRateHz, channels }: PcmFormat): AudioFormatError {
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `the echo canceller takes 16000 Hz mono, but got ${sampleRateHz} Hz with ${channels} channel(s); put convertTo(canceller.format) before it`,
  );
}
