import type { ObservableInput } from 'rxjs';
import type { Synthesizer } from '../ports/synthesizer.js';

/** A voice that may have to be closed. @public */
export interface ClosableSynthesizer extends Synthesizer {
  close?(): unknown;
}

/** One way to speak. @public */
export interface VoiceRung {
  /** What events call it, such as `kokoro`. */
  readonly name: string;
  /**
   * Make the voice ready, as `() => loadEspeakNg()` does. Called when it is needed, and again some time after a failure that is retryable.
   * The ladder closes what it emits.
   */
  open(): ObservableInput<ClosableSynthesizer>;
}
