import type { SchedulerLike } from 'rxjs';
import { type StreamedMicrophone, streamedMicrophone } from '../../core/hardware/streamed-microphone.js';
import {
  defaultStreamedMicrophoneOptions,
  type StreamedMicrophoneOptions,
} from '../../core/hardware/streamed-microphone-options.js';
import type { Timeline } from '../../core/hardware/timeline.js';
import { resolveOptions } from '../../core/options.js';
import { createAudioHost } from './audio-host.js';
import { captureDriver } from './capture-driver.js';
import {
  type AudifyDeviceOptions,
  acrossOptions,
  apiOf,
  defaultAudifyDeviceOptions,
  deviceChecks,
  requireScheduler,
} from './device-options.js';
import { hostedCaptureDriver } from './hosted-drivers.js';
import { loadAudify } from './load-audify.js';
import { labelOf, type StreamSettings } from './stream-settings.js';

/** How a microphone over the native library behaves. @public */
export interface AudifyMicrophoneOptions extends AudifyDeviceOptions, StreamedMicrophoneOptions {}

/** @public */
export const defaultAudifyMicrophoneOptions = {
  ...defaultStreamedMicrophoneOptions,
  ...defaultAudifyDeviceOptions,
} as const satisfies AudifyMicrophoneOptions;

/** What a microphone cannot be without, and what it may keep to. @public */
export interface AudifyMicrophoneParts {
  /** The pipeline's clock: `monotonicScheduler()` of earshot/devices/clock. */
  readonly scheduler: SchedulerLike;
  /** The loudspeaker's pace, which the microphone is to keep. */
  readonly timeline?: Timeline | undefined;
}

/**
 * A microphone over the native library audify: CoreAudio, WASAPI, PulseAudio or ALSA.
 *
 * @remarks
 * Of a device with several channels as many are opened as the wanted one needs. Through a Pulse server only those of a stereo device can be told apart;
 * for one of an array take `api: 'alsa'`, or the backend `process`. Nothing is opened before somebody subscribes.
 *
 * `capture` errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_LOST`, `DEVICE_BACKEND` (all of them may pass),
 * `DEVICE_FORMAT_UNSUPPORTED`; and with `PEER_MISSING` when audify is not installed, has no binary, or one that does not fit this machine.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function audifyMicrophone(
  options: AudifyMicrophoneParts & Partial<AudifyMicrophoneOptions>,
): StreamedMicrophone {
  const { scheduler, timeline, ...given } = options;
  requireScheduler('audifyMicrophone', scheduler);
  const { api, device, format, bufferMs, lowLatency, hosted, env, lingerMs, ...streamed } =
    resolveOptions<AudifyMicrophoneOptions>(
      'audifyMicrophone',
      defaultAudifyMicrophoneOptions,
      given,
      deviceChecks,
      acrossOptions,
    );
  const settings: StreamSettings = {
    direction: 'capture',
    api: apiOf(api),
    device,
    format,
    channel: streamed.channel,
    bufferMs,
    lowLatency,
    pulseLatencyMs: 0,
  };
  const driver = hosted
    ? hostedCaptureDriver(
        settings,
        createAudioHost({ label: labelOf(settings), env, scheduler, lingerMs }),
        scheduler,
      )
    : captureDriver(settings, { load: loadAudify, scheduler });
  return streamedMicrophone({ driver, format, scheduler, timeline, ...streamed });
}
