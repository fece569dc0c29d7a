import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';

/** Removes the loudspeaker from the microphone. @public */
export interface EchoCanceller {
  /** Layout of the near-end frames it takes and returns. The reference may have any layout. */
  readonly format: PcmFormat;
  /**
   * Clean the near-end signal.
   *
   * @remarks
   * Order: one output per input, same layout, same timestamps. Completes with its source.
   * A failure must not end the loop: the pipeline goes on with the raw signal and says so in an event.
   * @param reference$ - far-end audio exactly as rendered (`AudioSink.rendered$`), silence included.
   */
  cancelEcho(reference$: Observable<AudioFrame>): MonoTypeOperatorFunction<AudioFrame>;
}
