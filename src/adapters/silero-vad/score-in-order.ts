import { asyncScheduler, Observable, type OperatorFunction, type Subscription } from 'rxjs';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import { ModelError } from '../../core/errors.js';
import type { ScoredFrame } from '../../core/ports/voice-activity-detector.js';
import { reasonOf } from './onnx-runtime.js';
import type { SileroModel } from './silero-model.js';

interface HeldWindow {
  readonly frame: AudioFrame;
  /** The model must forget what came before this window. */
  readonly reset: boolean;
  skipped: boolean;
}

/** What one subscription of the detector needs. */
export interface ScoringSetup {
  /** A fresh model, or the reason why there can be none. */
  readonly createModel: () => SileroModel;
  /** @throws for a frame that the model cannot take. */
  readonly assertFrame: (frame: AudioFrame) => void;
  readonly reset$: Observable<unknown>;
  /** Windows that may wait to be scored. Range: 1 or more. */
  readonly maxWaiting: number;
  /** How long one inference may take before the detector errors, in milliseconds. */
  readonly maxInferenceMs: number;
}

/**
 * Score windows one after the other, although inference answers later.
 *
 * @remarks
 * Bound: when more than `maxWaiting` windows wait, the oldest is passed on unscored in its place. An inference
 * so slow that as many again were passed over is given up: its window leaves unscored too, and its answer only carries
 * the model's state on. So at most twice `maxWaiting` windows are ever held.
 */
export function scoreInOrder(setup: ScoringSetup): OperatorFunction<AudioFrame, ScoredFrame> {
  return (source$) =>
    new Observable<ScoredFrame>((subscriber) => {
      const model = setup.createModel();
      const held: HeldWindow[] = [];
      let running: HeldWindow | undefined;
      let inferring = false;
      let emitting = false;
      let waiting = 0;
      let resetNextFrame = false;
      let resetNextRun = false;
      let lastProbability = 0;
      let completed = false;
      let watchdog: Subscription | undefined;

      const emit = ({ frame, skipped }: HeldWindow) =>
        subscriber.next({ frame, speechProbability: lastProbability, skipped });

      const watch = () => {
        watchdog?.unsubscribe();
        watchdog = asyncScheduler.schedule(() => {
          const what = `the model gave no answer within ${setup.maxInferenceMs} ms`;
          subscriber.error(
            new ModelError('MODEL_INFERENCE_FAILED', `${what}; load it again`, { retryable: true }),
          );
        }, setup.maxInferenceMs);
      };
      subscriber.add(() => watchdog?.unsubscribe());

      const infer = (window: HeldWindow) => {
        running = window;
        inferring = true;
        const reset = resetNextRun;
        resetNextRun = false;
        model.score(window.frame.samples, reset).then(
          (probability) => {
            inferring = false;
            watchdog?.unsubscribe();
            if (subscriber.closed) return;
            if (!Number.isFinite(probability)) {
              subscriber.error(notFinite(window.frame));
              return;
            }
            if (running === window) {
              running = undefined;
              lastProbability = probability;
              emit(window);
            }
            advance();
          },
          (cause: unknown) => subscriber.error(inferenceFailed(cause)),
        );
        watch();
      };

      /** Pass on and score from the front, as far as it goes without waiting. */
      const advance = () => {
        if (emitting) return;
        emitting = true;
        while (running === undefined && !subscriber.closed) {
          const window = held[0];
          if (window === undefined || (!window.skipped && inferring)) break;
          held.shift();
          resetNextRun ||= window.reset;
          if (window.skipped) {
            model.skip(window.frame.samples);
            emit(window);
          } else {
            waiting--;
            infer(window);
          }
        }
        emitting = false;
        if (completed && held.length === 0 && running === undefined) subscriber.complete();
      };

      const passOverOldest = () => {
        const oldest = held.find((window) => !window.skipped);
        if (oldest === undefined) return;
        oldest.skipped = true;
        waiting--;
      };

      const giveUpInference = () => {
        if (running === undefined) return;
        const window = running;
        running = undefined;
        window.skipped = true;
        emit(window);
      };

      subscriber.add(
        setup.reset$.subscribe({
          next: () => {
            resetNextFrame = true;
          },
          error: (error: unknown) => subscriber.error(error),
        }),
      );
      subscriber.add(
        source$.subscribe({
          next: (frame) => {
            try {
              setup.assertFrame(frame);
            } catch (error) {
              subscriber.error(error);
              return;
            }
            held.push({ frame, reset: resetNextFrame, skipped: false });
            resetNextFrame = false;
            waiting++;
            advance();
            if (waiting > setup.maxWaiting) passOverOldest();
            if (held.length >= 2 * setup.maxWaiting) giveUpInference();
            advance();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            completed = true;
            advance();
          },
        }),
      );
    });
}

function notFinite(frame: AudioFrame): ModelError {
  return new ModelError(
    'MODEL_INFERENCE_FAILED',
    `the model answered with no number for the frame at ${frame.timestampMs} ms; load it again`,
    { retryable: true },
  );
}

function inferenceFailed(cause: unknown): unknown {
  if (cause instanceof ModelError) return cause;
  return new ModelError('MODEL_INFERENCE_FAILED', `the model failed (${reasonOf(cause)}); load it again`, {
    cause,
    retryable: true,
  });
}
