import type { Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { DeviceReport } from './device-report.js';

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

/**
 * How much a flush takes back.
 *
 * - `hard`: silence at once, whatever it costs. A device may have to be opened again for it, so that what is written next is
 *   heard some 10 to 30 ms later than it could be. For a cut.
 * - `soft`: without a gap. What is out of reach already (see `flush`) is still heard, and what is written next follows it
 *   without a seam. For a change of volume.
 * @public
 */
export type FlushKind = 'hard' | 'soft';

/** An open loudspeaker. @public */
export interface AudioSink {
  /** The only layout that `write` takes. */
  readonly format: PcmFormat;
  /** Whether what is written after a hard flush is heard without a gap. Where it is not, a fade written after the cut would come too late. */
  readonly isSeamless: boolean;
  /**
   * Append to the queue. Never blocks.
   *
   * @throws DeviceError `DEVICE_CLOSED` after `close`, `DEVICE_FORMAT_UNSUPPORTED` for another layout.
   */
  write(frame: AudioFrame): void;
  /**
   * Discard what is queued, now.
   *
   * @param kind - see `FlushKind`.
   * @returns the position at the cut: `queuedMs` is 0, and whoever writes again continues exactly at `heardMs`. After a
   * hard flush that is what was heard, what is under way and out of reach (a period, up to 20 ms of a library) included. After a soft one it lies ahead of what is heard, by what the
   * hardware holds (a period of a clock-driven device, 20 to 70 ms of a sound server), and `position()` gets there in that time.
   * @defaultValue 'hard'
   */
  flush(kind?: FlushKind): PlayoutPosition;
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
   * Cold: subscribing opens, emits one `AudioSink` (at once, or as soon as the hardware runs) and stays alive;
   * unsubscribing closes that sink.
   *
   * Errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_PERMISSION_DENIED`,
   * `DEVICE_FORMAT_UNSUPPORTED`, `DEVICE_LOST` (vanished while open), `DEVICE_BACKEND`.
   */
  openSink(): Observable<AudioSink>;
  /** What the device tells about itself. Hot: it tells only while somebody listens, and only while a sink is open. */
  readonly reports$?: Observable<DeviceReport>;
}
