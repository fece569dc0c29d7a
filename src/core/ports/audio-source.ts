import type { Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { DeviceReport } from './device-report.js';

/** Somewhere audio comes from: a microphone, a file, a script. @public */
export interface AudioSource {
  /** Layout of every frame that `capture` emits. */
  readonly format: PcmFormat;
  /**
   * Capture audio.
   *
   * @remarks
   * Cold: subscribing opens the device, unsubscribing releases it; a second subscription opens it again.
   * Order: frames are contiguous; where samples were lost, `timestampMs` jumps by what is missing.
   * Timing: a frame is emitted when its last sample has been captured, never earlier.
   * Completion: a microphone never completes; a file completes after its last frame.
   *
   * Errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_PERMISSION_DENIED`,
   * `DEVICE_FORMAT_UNSUPPORTED`, `DEVICE_LOST` (unplugged while open), `DEVICE_BACKEND`.
   */
  capture(): Observable<AudioFrame>;
  /** What the device tells about itself. Hot: it tells only while somebody listens, and only while it captures. */
  readonly reports$?: Observable<DeviceReport>;
}
