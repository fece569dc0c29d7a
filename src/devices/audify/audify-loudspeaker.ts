import type { SchedulerLike } from 'rxjs';
import { type StreamedLoudspeaker, streamedLoudspeaker } from '../../core/hardware/streamed-loudspeaker.js';
import {
  defaultStreamedLoudspeakerOptions,
  type StreamedLoudspeakerOptions,
} from '../../core/hardware/streamed-loudspeaker-options.js';
import { numberIn, resolveOptions } from '../../core/options.js';
import { createAudioHost } from './audio-host.js';
import {
  type AudifyDeviceOptions,
  acrossOptions,
  apiOf,
  defaultAudifyDeviceOptions,
  deviceChecks,
  requireScheduler,
} from './device-options.js';
import { hostedPlayoutDriver } from './hosted-drivers.js';
import { loadAudify } from './load-audify.js';
import { playoutDriver } from './playout-driver.js';
import { labelOf, type StreamSettings } from './stream-settings.js';

/** How a loudspeaker over the native library behaves. @public */
export interface AudifyLoudspeakerOptions extends AudifyDeviceOptions, StreamedLoudspeakerOptions {
  /**
   * What lies between the queue of the library and the loudspeaker on Pulse, where RtAudio does not tell; more where a server is seen to take
   * more at the start. Units: ms. Range: 0..2000.
   * @defaultValue 20: the two buffers of 10 ms that are asked for; against the recorded monitor of a PulseAudio sink the position is then within 5 ms
   */
  readonly pulseLatencyMs: number;
}

/** @public */
export const defaultAudifyLoudspeakerOptions = {
  ...defaultStreamedLoudspeakerOptions,
  ...defaultAudifyDeviceOptions,
  pulseLatencyMs: 20,
} as const satisfies AudifyLoudspeakerOptions;

/** What a loudspeaker cannot be without. @public */
export interface AudifyLoudspeakerParts {
  /** The pipeline's clock: `monotonicScheduler()` of earshot/devices/clock. */
  readonly scheduler: SchedulerLike;
}

/**
 * A loudspeaker over the native library audify: CoreAudio, WASAPI, PulseAudio or ALSA.
 *
 * @remarks
 * Mono is heard on both channels of a stereo device. A hard flush closes the stream and opens it again. A soft one takes back
 * what the library did not get yet: all but the `leadMs`, which are more than 40 where the way is longer (50 on Pulse, 70 on ALSA).
 *
 * `openSink` errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_LOST`, `DEVICE_BACKEND` (all of them may pass),
 * `DEVICE_FORMAT_UNSUPPORTED`; and with `PEER_MISSING` when audify is not installed, has no binary, or one that does not fit this machine.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function audifyLoudspeaker(
  options: AudifyLoudspeakerParts & Partial<AudifyLoudspeakerOptions>,
): StreamedLoudspeaker {
  const { scheduler, ...given } = options;
  requireScheduler('audifyLoudspeaker', scheduler);
  const { api, device, format, bufferMs, lowLatency, hosted, env, lingerMs, pulseLatencyMs, ...streamed } =
    resolveOptions<AudifyLoudspeakerOptions>(
      'audifyLoudspeaker',
      defaultAudifyLoudspeakerOptions,
      given,
      { ...deviceChecks, pulseLatencyMs: numberIn(0, 2000, 'ms') },
      acrossOptions,
    );
  const settings: StreamSettings = {
    direction: 'playout',
    api: apiOf(api),
    device,
    format,
    channel: 'mix',
    bufferMs,
    lowLatency,
    pulseLatencyMs,
  };
  const driver = hosted
    ? hostedPlayoutDriver(
        settings,
        createAudioHost({ label: labelOf(settings), env, scheduler, lingerMs }),
        scheduler,
      )
    : playoutDriver(settings, { load: loadAudify, scheduler });
  return streamedLoudspeaker({ driver, format, scheduler, ...streamed });
}
