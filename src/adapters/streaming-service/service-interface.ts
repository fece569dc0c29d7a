import type { Observable } from 'rxjs';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import type { Upstream } from '../../core/ports/upstream.js';
import type { ServiceEvent } from './service-event.js';

/** What a service answered to a request that is only acknowledged. @public */
export interface Acknowledgement {
  readonly success: boolean;
  readonly message: string;
}

/** Tokens of a model that were used on this side. @public */
export interface Usage {
  readonly sessionId: string;
  /** Where they were used, such as `local-llm`. */
  readonly source: string;
  /** Range: 0..2147483647. */
  readonly inputTokens: number;
  /** Range: 0..2147483647. */
  readonly outputTokens: number;
  readonly model: string;
}

/** How a service is asked to speak; servers seen so far ignore both. @public */
export interface VoiceChoice {
  readonly voice?: string;
  readonly language?: string;
}

/** The backend `streaming.StreamingService`, whole. @public */
export interface StreamingService extends Upstream {
  /**
   * What happens beneath the port, for logs and metrics.
   *
   * @remarks
   * Hot; completes on `close`. An exception of a subscriber is not the adapter's: rxjs reports it asynchronously.
   * Audio is copied into `audio-received` only while somebody is subscribed.
   */
  readonly events$: Observable<ServiceEvent>;
  /**
   * Let the service speak a text, or its own greeting, by GenerateWelcomeAudio.
   *
   * @remarks
   * Cold. Order: frames are contiguous in `timestampMs`, which starts at 0 for each subscription.
   * Timing: bounded by `firstMessageMs`, `betweenMessagesMs` and `deadlineMs`.
   * Cancellation: unsubscribing cancels the call at once and nothing is emitted any more.
   *
   * Errors with `UpstreamError`, also after audio, or `AudioFormatError` for what is no PCM.
   * @param text - what to say; the service's own greeting when absent.
   */
  greet(text?: string): Observable<AudioFrame>;
  /** The same call as a `Synthesizer`. Its layout is 48 kHz, mono; audio of another one is converted. */
  synthesizer(choice?: VoiceChoice): Synthesizer;
  /**
   * Stop everything the service does for this device, by InterruptSession.
   *
   * @remarks
   * Cold, emits once. A service of this contract then answers no question of this device for 5 s; one that is asked
   * meanwhile is asked again when that block is over. To stop one answer cancel its turn instead.
   * Timing: bounded by `firstMessageMs`.
   *
   * Errors with `UpstreamError`.
   */
  interruptSession(): Observable<Acknowledgement>;
  /**
   * Tell the service of tokens used on this side, by ReportUsage.
   *
   * @remarks
   * Cold, emits once. Timing: bounded by `firstMessageMs`.
   *
   * Errors with `UpstreamError`, and `OptionError` `OPTION_INVALID` for a count that is no whole number.
   */
  reportUsage(usage: Usage): Observable<Acknowledgement>;
  /**
   * Cancel every call and close every connection. Idempotent. Whatever is under way, and whatever is begun afterwards,
   * ends with `UpstreamError` `UPSTREAM_ABORTED`.
   */
  close(): void;
}
