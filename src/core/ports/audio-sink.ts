import type { Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';

/** How much of what was written has been heard. Comes from the device, never from a wall clock. @public */
export interface PlayoutPosition {
  /**
   * Written audio that has left the loudspeaker since it was opened. Units: milliseconds of audio. Never decreases.
   * Silence that the device inserted on its own does not count; audio discarded by `flush` does not count.
   */
  readonly heardMs: number;
  /** Written audio not yet heard. Units: milliseconds. */
  readonly queuedMs: number;
}

/** An open loudspeaker. @public */
export interface AudioSink {
  /** The only layout that `write` takes. */
  readonly format: PcmFormat;
  /**
   * Append to the queue. Never blocks.
   *
   * @throws DeviceError `DEVICE_CLOSED` after `close`, `DEVICE_FORMAT_UNSUPPORTED` for another layout.
   */
  write(frame: AudioFrame): void;
  /**
   * Discard what is queued, now.
   *
   * @returns the position at the cut. `heardMs` counts what was handed to the hardware and can no longer be recalled
   * (at most one period); `queuedMs` is 0. Whoever writes again continues exactly there.
   */
  flush(): PlayoutPosition;
  /** Emits the position once and completes when everything written before the call was heard or flushed. Cold. */
  drain(): Observable<PlayoutPosition>;
  /** Where playout is right now. */
  position(): PlayoutPosition;
  /**
   * Exactly what the loudspeaker got, one frame a period, silence included: the echo canceller's reference signal.
   *
   * @remarks
   * Hot. `timestampMs` is when the frame's first sample leaves the loudspeaker. Completes on `close`.
   * Errors with `DEVICE_LOST` when the device vanishes.
   */
  readonly rendered$: Observable<AudioFrame>;
  /** Release the device; what is queued is discarded. Idempotent. */
  close(): void;
}

/** Somewhere audio goes to. @public */
export interface Loudspeaker {
  /**
   * Open the device.
   *
   * @remarks
   * Cold: subscribing opens, emits one `AudioSink` and stays alive; unsubscribing closes that sink.
   *
   * Errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_PERMISSION_DENIED`,
   * `DEVICE_FORMAT_UNSUPPORTED`, `DEVICE_LOST` (vanished while open), `DEVICE_BACKEND`.
   */
  openSink(): Observable<AudioSink>;
}
