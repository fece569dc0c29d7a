import type { Observable, OperatorFunction } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';

/** A frame and how likely it is to hold speech. @public */
export interface ScoredFrame {
  readonly frame: AudioFrame;
  /** Probability of speech. Range: 0..1. */
  readonly speechProbability: number;
  /**
   * True when the detector fell so far behind that it repeated its last probability for this frame instead of
   * running. A counted fact: the pipeline reports it.
   */
  readonly skipped: boolean;
}

/** Scores speech; decides nothing. @public */
export interface VoiceActivityDetector {
  /** The only layout that `scoreSpeech` takes. */
  readonly format: PcmFormat;
  /** Samples per channel that each input frame must hold. */
  readonly windowSamples: number;
  /**
   * Score each frame.
   *
   * @remarks
   * Order: one output for each input, in order. Model state lives inside the subscription.
   * Cancellation: nothing is emitted after unsubscription, even if inference finishes later.
   * Completion: after the last input was scored.
   * @param reset$ - clears the model's memory, for use between utterances. Takes effect with the next frame.
   *
   * Errors with `ModelError` `MODEL_INFERENCE_FAILED`.
   */
  scoreSpeech(reset$?: Observable<unknown>): OperatorFunction<AudioFrame, ScoredFrame>;
}
