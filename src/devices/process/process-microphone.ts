import type { Observable, SchedulerLike } from 'rxjs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { streamedMicrophone } from '../../core/hardware/streamed-microphone.js';
import {
  defaultStreamedMicrophoneOptions,
  type StreamedMicrophoneOptions,
} from '../../core/hardware/streamed-microphone-options.js';
import type { Timeline } from '../../core/hardware/timeline.js';
import { nonEmptyString, numberIn, oneOf, resolveOptions } from '../../core/options.js';
import type { AudioSource } from '../../core/ports/audio-source.js';
import type { DeviceReport } from '../../core/ports/device-report.js';
import { alsaCaptureDriver } from './alsa-capture.js';
import { driverTimeoutMs, environmentCheck } from './checks.js';
import type { ProcessApi } from './device-errors.js';
import type { Environment } from './program.js';
import { pulseCaptureDriver } from './pulse-capture.js';

/** How a microphone is reached through a program of the system. @public */
export interface ProcessMicrophoneOptions extends StreamedMicrophoneOptions {
  /**
   * Which one, by a name that stays the same: the name of a Pulse source, any name that ALSA knows (`plughw:CARD=Device,DEV=0`, `dsnoop:...`, one of
   * `~/.asoundrc`), or `default`, which is looked up anew at each opening and never is the monitor of a loudspeaker.
   * @defaultValue 'default'
   */
  readonly device: string;
  /** Layout of the frames; the hardware may run at another rate. @defaultValue 48 kHz mono, what sound cards run at */
  readonly format: PcmFormat;
  /** How much a Pulse server delivers at once. Units: ms. Range: 2..100. @defaultValue 10: measured intervals 5 to 11 ms, a percent of a core */
  readonly pulseLatencyMs: number;
  /** How much an ALSA device delivers at once. Units: ms. Range: 2..100. @defaultValue 10: measured intervals 10 to 11 ms */
  readonly alsaPeriodMs: number;
  /** How much an ALSA device can hold while this machine is busy. Units: ms. Range: 20..2000, two periods at least. @defaultValue 80 */
  readonly alsaBufferMs: number;
  /** Environment of the programs, beside the one of this process, such as `PULSE_SERVER`. @defaultValue {} */
  readonly env: Environment;
}

/** @public */
export const defaultProcessMicrophoneOptions = {
  ...defaultStreamedMicrophoneOptions,
  device: 'default',
  format: { sampleRateHz: 48_000, channels: 1 },
  pulseLatencyMs: 10,
  alsaPeriodMs: 10,
  alsaBufferMs: 80,
  env: {},
} as const satisfies ProcessMicrophoneOptions;

/** What a microphone cannot be without. @public */
export interface ProcessMicrophoneParts {
  /** `pulse`: `parec`, for PulseAudio and PipeWire. `alsa`: `arecord`. */
  readonly api: ProcessApi;
  /** The pipeline's clock: `monotonicScheduler()` of earshot/devices/clock. */
  readonly scheduler: SchedulerLike;
  /** The pace that is to be kept: the loudspeaker's. */
  readonly timeline?: Timeline | undefined;
}

/** A microphone that is a program of the system. @public */
export interface ProcessMicrophone extends AudioSource {
  readonly reports$: Observable<DeviceReport>;
}

/**
 * A microphone of this machine, through `parec` or `arecord`.
 *
 * @remarks
 * Linux, with pulseaudio-utils 16 or newer, or alsa-utils, installed. Nothing is opened before somebody subscribes.
 *
 * Timing: the device runs at its own rate, with ALSA at the one next to that of `format`, and is converted here. Cancellation: unsubscribing kills the program.
 *
 * `capture` errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_LOST`, `DEVICE_BACKEND` (all of them may pass; the last also
 * for a program that is not installed, which does not), `DEVICE_PERMISSION_DENIED`, `DEVICE_FORMAT_UNSUPPORTED`.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function processMicrophone(
  options: ProcessMicrophoneParts & Partial<ProcessMicrophoneOptions>,
): ProcessMicrophone {
  const { api, scheduler, timeline, ...given } = options;
  resolveOptions('processMicrophone', { api }, {}, { api: oneOf('pulse', 'alsa') });
  const { device, format, pulseLatencyMs, alsaPeriodMs, alsaBufferMs, env, ...streamed } =
    resolveOptions<ProcessMicrophoneOptions>(
      'processMicrophone',
      defaultProcessMicrophoneOptions,
      given,
      {
        device: nonEmptyString,
        pulseLatencyMs: numberIn(2, 100, 'ms'),
        alsaPeriodMs: numberIn(2, 100, 'ms'),
        alsaBufferMs: numberIn(20, 2000, 'ms'),
        env: environmentCheck,
      },
      (all) =>
        all.alsaBufferMs < 2 * all.alsaPeriodMs
          ? [
              `alsaBufferMs must be twice alsaPeriodMs (${all.alsaPeriodMs}) at least, but is ${all.alsaBufferMs}`,
            ]
          : [],
    );
  const common = { device, env, scheduler, openTimeoutMs: driverTimeoutMs(streamed.openTimeoutMs) };
  const isMix = streamed.channel === 'mix';
  const driver =
    api === 'pulse'
      ? pulseCaptureDriver({ ...common, channels: isMix ? 'mono' : 'own', latencyMs: pulseLatencyMs })
      : alsaCaptureDriver({
          ...common,
          // One that mixes them, or as many as it has: then this is only what is asked for first.
          format,
          hasOwnChannels: !isMix,
          periodMs: alsaPeriodMs,
          bufferMs: alsaBufferMs,
        });
  return streamedMicrophone({ ...streamed, driver, format, scheduler, timeline });
}
