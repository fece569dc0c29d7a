import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { DeviceError, type ErrorCode, isVoiceError, VoiceError } from '../../core/errors.js';
import type { DeviceListing } from '../../core/hardware/device-listing.js';
import type { AudifyApi } from './rt-audio.js';
import type { StreamSettings } from './stream-settings.js';

/** What begins a conversation with the host. Everything with the same `id` belongs to it. */
export type HostTask =
  | { readonly type: 'open'; readonly settings: StreamSettings }
  | { readonly type: 'list'; readonly api: AudifyApi };

/** What this process sends to the host. Taken in the order of sending. */
export type HostRequest =
  | (HostTask & { readonly id: number })
  | { readonly type: 'write'; readonly id: number; readonly samples: Float32Array }
  | { readonly type: 'close'; readonly id: number };

/** What the host answers to a task. Times are on the clock of the machine, see `machineMs`. */
export type HostReply =
  | { readonly type: 'opened'; readonly format: PcmFormat; readonly leadMs: number }
  | { readonly type: 'position'; readonly atMs: number; readonly playedFrames: number }
  | { readonly type: 'block'; readonly atMs: number; readonly samples: Float32Array }
  | { readonly type: 'xrun'; readonly detail: string }
  | { readonly type: 'listed'; readonly listings: readonly DeviceListing[] }
  | { readonly type: 'failed'; readonly error: PlainError }
  /** The last of a conversation: the device is released. */
  | { readonly type: 'closed' };

/** Whatever the host sends. Without an id: it lives. */
export type HostMessage = (HostReply & { readonly id: number }) | { readonly type: 'alive' };

/** An error as it travels. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

/** A clock that all processes of this machine share. Units: ms. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function toPlainError(error: unknown): PlainError {
  if (isVoiceError(error)) {
    const { code, message, retryable } = error;
    return { code, message: message.replace(/^\[\w+\] /, ''), retryable };
  }
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: 'DEVICE_BACKEND',
    message: `the audio host failed (${text}); open it again`,
    retryable: true,
  };
}

export function fromPlainError({ code, message, retryable }: PlainError): VoiceError {
  return code.startsWith('DEVICE_')
    ? new DeviceError(code, message, { retryable })
    : new VoiceError(code, message, { retryable });
}
