import {
  catchError,
  connect,
  defer,
  EMPTY,
  type MonoTypeOperatorFunction,
  type Observable,
  type OperatorFunction,
  retry,
  takeWhile,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import type { AudioFrame } from '../audio/audio-frame.js';
import type { Opinion } from '../detection/join-opinions.js';
import { isVoiceError, ModelError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import { filterHighPass } from '../operators/filter-high-pass.js';
import { reframe } from '../operators/reframe.js';
import type { EchoCanceller } from '../ports/echo-canceller.js';
import type { VoiceActivityDetector } from '../ports/voice-activity-detector.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';

/** One way from the microphone to a probability of speech. */
export interface SignalPath {
  readonly canceller: EchoCanceller | undefined;
  readonly cancellerName: 'echo-canceller' | 'upstream-echo-canceller';
  readonly detectorName: 'detector' | 'upstream-detector';
  /** It has failed: nothing comes of it, or not at the moment. */
  isDown: boolean;
}

export interface SignalPathInput {
  readonly path: SignalPath;
  /** Whether nothing is left that could go on without this path. */
  readonly isLast: () => boolean;
  readonly detector: VoiceActivityDetector;
  readonly score: OperatorFunction<AudioFrame, Opinion>;
  readonly reference$: Observable<AudioFrame>;
  readonly settings: PipelineSettings;
  readonly tell: (event: UnstampedEvent) => void;
}

/**
 * From what was captured to scored windows, through one canceller and one detector.
 *
 * @remarks
 * Errors: the last path goes on with what was captured when its canceller fails, and errors when its detector does. A path
 * that is not the last says which part of it failed and ends; after a failure that may pass it begins again, `maxReopenDelayMs` later.
 * The source must not error.
 * Timing: a canceller that is silent for `captureStallMs` has failed, and a detector after twice that.
 */
export function scoreAlong(input: SignalPathInput): OperatorFunction<AudioFrame, Opinion> {
  const { path, isLast, detector, score, settings, tell } = input;
  const { scheduler, patience } = settings;
  let hasCancellerFailed = false;

  const degraded = (part: SignalPath['cancellerName'] | SignalPath['detectorName'], error: unknown) =>
    tell({ type: 'degraded', part, error });
  const within = <T>(maxMs: number, silent: (maxMs: number) => string): MonoTypeOperatorFunction<T> =>
    timeout({
      each: maxMs,
      scheduler,
      with: () =>
        throwError(() => new ModelError('MODEL_INFERENCE_FAILED', silent(maxMs), { retryable: true })),
    });

  const clean = (captured$: Observable<AudioFrame>): Observable<AudioFrame> => {
    const { canceller, cancellerName } = path;
    if (!canceller) return captured$;
    return captured$.pipe(
      convertTo(canceller.format),
      connect((near$) =>
        defer(() => near$.pipe(canceller.cancelEcho(input.reference$))).pipe(
          within(
            patience.captureStallMs,
            (ms) => `the ${cancellerName} gave nothing for ${ms} ms; the loop goes on without it`,
          ),
          catchError((error: unknown) => {
            degraded(cancellerName, error);
            hasCancellerFailed = true;
            // What was captured is worse than the other signal, should that come back.
            return isLast() ? near$.pipe(takeWhile(isLast)) : throwError(() => error);
          }),
        ),
      ),
    );
  };

  return (captured$) =>
    defer(() => {
      hasCancellerFailed = false;
      return clean(captured$).pipe(
        convertTo(detector.format),
        filterHighPass(settings.highPass),
        reframe(detector.windowSamples),
        score,
        within(
          2 * patience.captureStallMs,
          (ms) => `the ${path.detectorName} scored nothing for ${ms} ms; it will be started again`,
        ),
      );
    }).pipe(
      tap(() => {
        path.isDown = false;
      }),
      retry({
        delay: (error) => {
          if (isLast()) return throwError(() => error);
          path.isDown = true;
          if (!hasCancellerFailed) degraded(path.detectorName, error);
          return isVoiceError(error) && error.retryable ? timer(patience.maxReopenDelayMs, scheduler) : EMPTY;
        },
      }),
      tap({
        complete: () => {
          path.isDown = true;
        },
      }),
    );
}
