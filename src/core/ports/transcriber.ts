import type { Observable, OperatorFunction } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { FallbackReport } from './fallback-report.js';

/** What was said, as far as is known. @public */
export interface Transcript {
  readonly text: string;
  /** False while the recogniser may still change its mind. */
  readonly final: boolean;
  /** What produced it, such as `moonshine-tiny` or `scripted`: a reader must be able to tell a recogniser from a script. */
  readonly engine: string;
}

/** Audio in, text out. @public */
export interface Transcriber {
  /** The only layout that `transcribe` takes. */
  readonly format: PcmFormat;
  /**
   * Whether partial transcripts come while the utterance is being spoken, within a few hundred milliseconds of the words. What
   * needs them early, such as the check of first words at a barge-in, is off without. @defaultValue false
   */
  readonly tellsPartials?: boolean;
  /** Who listens, of a transcriber that is several. Hot; never errors. */
  readonly reports$?: Observable<FallbackReport>;
  /**
   * Transcribe one utterance: the source completes when the utterance is over.
   *
   * @remarks
   * Order: any number of partial transcripts, each replacing the one before, then exactly one final one, then completion.
   * An utterance without words gives a final transcript with an empty text.
   * Cancellation: nothing is emitted after unsubscription.
   *
   * Errors with `SpeechError` `TRANSCRIPTION_FAILED`.
   */
  transcribe(): OperatorFunction<AudioFrame, Transcript>;
}
