import type { Observable } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';

/** One running output stream of a device. @public */
export interface PlayoutStream {
  /** The layout that the device takes, which may be another one than was asked for. */
  readonly format: PcmFormat;
  /** What has to be queued ahead of what is audible, so that it never runs dry. Units: ms. */
  readonly leadMs: number;
  /**
   * Of what was handed over, so much is still heard when the stream is ended: what nobody can fetch back in time. Units: ms; what it is in
   * the middle.
   * @defaultValue 0
   */
  readonly tailMs?: number;
  /**
   * Append interleaved samples. Never blocks.
   *
   * @remarks
   * Range: [-1, 1], clipped already. Ownership: they pass to the stream.
   */
  write(samples: Float32Array): void;
  /**
   * Take back, without a gap, what has not gone to where nobody can fetch it from.
   *
   * @returns how many sample frames of what was written last were taken back; 0 where the driver keeps none.
   */
  recall(): number;
}

/** What a driver tells of an open output stream. @public */
export type PlayoutDriverReport =
  /** First of all, once. Audio may be written from here on. */
  | { readonly type: 'opened'; readonly stream: PlayoutStream }
  /**
   * Of what was written since the opening, this many sample frames had left the loudspeaker at `atMs`.
   *
   * Timing: at least every 100 ms while the stream runs. `atMs` is on the scheduler's clock.
   * Range: may be low by up to a period, never high by more than 5 ms. The silence that a device inserts on its own does not count.
   */
  | { readonly type: 'position'; readonly atMs: number; readonly playedFrames: number }
  /** The device ran dry and said so. */
  | { readonly type: 'xrun'; readonly detail: string };

/** Moves samples to one output device. There is one for each way to reach the hardware. @public */
export interface PlayoutDriver {
  /** What it is called in messages, such as `the loudspeaker "alsa_output.usb-Jabra"`. */
  readonly label: string;
  /**
   * Open the device.
   *
   * @remarks
   * Cold; never completes. Cancellation: unsubscribing silences the device at once (it does not wait for what is queued) and
   * releases it; it can be opened again in the same breath.
   *
   * Errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_PERMISSION_DENIED`, `DEVICE_FORMAT_UNSUPPORTED`,
   * `DEVICE_BACKEND`, or `DEVICE_LOST` once it was open (gone, suspended, moved to another device by the server).
   */
  open(): Observable<PlayoutDriverReport>;
}
