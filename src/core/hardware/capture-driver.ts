import type { Observable } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';

/** What a driver tells of an open input stream. @public */
export type CaptureDriverReport =
  /** First of all, once. The layout may be another one than was asked for. */
  | { readonly type: 'opened'; readonly format: PcmFormat }
  /**
   * The next samples, interleaved, however many there are: whole sample frames, not always the same number.
   *
   * Order: as captured. Timing: `atMs`, on the scheduler's clock, is when they arrived; the last of them was captured
   * before that. Ownership: an array of its own, copied out of whatever the driver reads into.
   */
  | { readonly type: 'block'; readonly samples: Float32Array; readonly atMs: number }
  /** The device said that it had lost samples. How many is seen from the clock. */
  | { readonly type: 'xrun'; readonly detail: string };

/** Moves samples from one input device. There is one for each way to reach the hardware. @public */
export interface CaptureDriver {
  /** What it is called in messages, such as `the microphone "alsa_input.usb-Jabra"`. */
  readonly label: string;
  /**
   * Open the device.
   *
   * @remarks
   * Cold; never completes. Cancellation: unsubscribing releases it; it can be opened again in the same breath.
   *
   * Errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_PERMISSION_DENIED`, `DEVICE_FORMAT_UNSUPPORTED`,
   * `DEVICE_BACKEND`, or `DEVICE_LOST` once it was open (gone, suspended, moved to another device by the server).
   */
  open(): Observable<CaptureDriverReport>;
}
