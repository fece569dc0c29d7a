import type { Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { FallbackReport } from './fallback-report.js';

/** A frame of speech, or of what sounds in its place. @public */
export interface SpokenFrame extends AudioFrame {
  /** Set where there are no words in it, as in an earcon: whoever hears it has heard nothing of the text. @defaultValue false */
  readonly saysNothing?: true;
}

/** Text in, speech out. @public */
export interface Synthesizer {
  /** Layout of every frame that `synthesize` emits. */
  readonly format: PcmFormat;
  /** Names the engine, for the key of a cache, such as `kokoro-82m-q8` or `espeak-ng-1.51`. */
  readonly engine: string;
  /** Names the voice. */
  readonly voice: string;
  /** Speaking rate; 1 is the voice's own. */
  readonly speed: number;
  /** Who speaks, of a synthesizer that is several. Hot; never errors. */
  readonly reports$?: Observable<FallbackReport>;
  /**
   * Speak a text.
   *
   * @remarks
   * Cold. Order: frames are contiguous in `timestampMs`, which starts at 0 for each subscription.
   * Cancellation: nothing is emitted after unsubscription, even if inference finishes later.
   *
   * Errors with `SpeechError` `SYNTHESIS_FAILED`; not retryable where it is the text that cannot be said.
   */
  synthesize(text: string): Observable<SpokenFrame>;
}
