import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { EchoDiagnosis } from './echo-diagnosis.js';

/** Removes the loudspeaker from the microphone. @public */
export interface EchoCanceller {
  /** Layout of the near-end frames it takes and returns. The reference may have any layout. */
  readonly format: PcmFormat;
  /**
   * What is known of the echo in each cleaned frame, by cancellers that know.
   *
   * @remarks
   * Hot; one for each frame, just before the frame itself and with its timestamp. A canceller may compute nothing while nobody listens.
   * With several subscriptions to cleaned streams at once it tells about all of them. Never completes, never errors.
   */
  readonly diagnosis$?: Observable<EchoDiagnosis>;
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
