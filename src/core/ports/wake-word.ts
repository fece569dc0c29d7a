import type { Observable, OperatorFunction } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';

/** A wake word that was heard. @public */
export interface WakeWordHeard {
  /** Which of the words, as the model names it. */
  readonly word: string;
  /** How sure the model is. Range: 0..1. */
  readonly score: number;
  /** When the word began, as far as the model can tell. Units: ms, on the clock of the frames. */
  readonly startMs: number;
  /** When it ended. What is captured from here on is what the person wants. Units: ms. */
  readonly endMs: number;
}

/** Hears one word or a few of them, and nothing else. @public */
export interface WakeWord {
  /** The only layout that `listen` takes. */
  readonly format: PcmFormat;
  /** Samples per channel that each input frame must hold. */
  readonly windowSamples: number;
  /**
   * Listen for the words.
   *
   * @remarks
   * Order: one output for each time a word was said, in order; a word that goes on being likely is told once.
   * Timing: told with the frame in which the word ended, or as soon after as the model is sure.
   * Model state lives inside the subscription.
   * Cancellation: nothing is emitted after unsubscription, even if inference finishes later.
   * Completion: after the last input was judged.
   * @param reset$ - forgets what was heard so far. Takes effect with the next frame.
   *
   * Errors with `ModelError` `MODEL_INFERENCE_FAILED`, and with `AudioFormatError` `AUDIO_FORMAT_UNSUPPORTED` for a frame of another layout.
   */
  listen(reset$?: Observable<unknown>): OperatorFunction<AudioFrame, WakeWordHeard>;
}
