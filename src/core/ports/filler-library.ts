import type { Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';

/**
 * What a filler fits: a turn that asks something, that asks for something to be done, or that only greets; a wait that has become
 * long; or, in the place of an answer, that the service cannot be reached.
 * @public
 */
export type FillerContext = 'question' | 'request' | 'greeting' | 'long-wait' | 'apology';

/** A short piece of speech, rendered ahead, that covers a wait. @public */
export interface FillerClip {
  readonly fillerId: string;
  readonly text: string;
  /** What it fits. One without is for every wait, and for nothing but waits. @defaultValue [] */
  readonly contexts?: readonly FillerContext[];
  /** All of its audio in one frame, in memory, at the rate of the loudspeaker. */
  readonly audio: AudioFrame;
}

/** Where rendered fillers come from. @public */
export interface FillerLibrary {
  /**
   * Load every filler.
   *
   * @remarks
   * Cold. Emits the whole set once, then completes. An empty set means no fillers.
   * A failure must not end the loop: the pipeline goes on without fillers and says so in an event.
   * @param format - layout of the loudspeaker; each clip is converted to it.
   *
   * Errors with `VoiceError` `FILLER_CACHE_INVALID`.
   */
  loadFillers(format: PcmFormat): Observable<readonly FillerClip[]>;
}
