import type { SchedulerLike } from 'rxjs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { type StreamedLoudspeaker, streamedLoudspeaker } from '../../core/hardware/streamed-loudspeaker.js';
import {
  defaultStreamedLoudspeakerOptions,
  type StreamedLoudspeakerOptions,
} from '../../core/hardware/streamed-loudspeaker-options.js';
import { nonEmptyString, numberIn, oneOf, resolveOptions } from '../../core/options.js';
import { alsaPlayoutDriver } from './alsa-playout.js';
import { driverTimeoutMs, environmentCheck } from './checks.js';
import type { ProcessApi } from './device-errors.js';
import type { Environment } from './program.js';
import { pulsePlayoutDriver } from './pulse-playout.js';

/** How a loudspeaker is reached through a program of the system. @public */
export interface ProcessLoudspeakerOptions extends StreamedLoudspeakerOptions {
  /**
   * Which one, by a name that stays the same: the name of a Pulse sink, any name that ALSA knows (`plughw:CARD=Device,DEV=0`, `dmix:...`, one of
   * `~/.asoundrc`), or `default`, which is looked up anew at each opening.
   * @defaultValue 'default'
   */
  readonly device: string;
  /** The only layout that sinks take; the hardware may run at another rate. @defaultValue 48 kHz mono, what sound cards run at */
  readonly format: PcmFormat;
  /** What a Pulse server holds. Units: ms. Range: 5..500. @defaultValue 20: without a gap on a 2-core x86 machine */
  readonly pulseLatencyMs: number;
  /** How much an ALSA device takes at once. Units: ms. Range: 2..100. @defaultValue 10 */
  readonly alsaPeriodMs: number;
  /** What an ALSA device holds. Units: ms. Range: 10..500, two periods at least. @defaultValue 40: four periods, as most programs use */
  readonly alsaBufferMs: number;
  /** Environment of the programs, beside the one of this process, such as `PULSE_SERVER`. @defaultValue {} */
  readonly env: Environment;
}

/** @public */
export const defaultProcessLoudspeakerOptions = {
  ...defaultStreamedLoudspeakerOptions,
  device: 'default',
  format: { sampleRateHz: 48_000, channels: 1 },
  pulseLatencyMs: 20,
  alsaPeriodMs: 10,
  alsaBufferMs: 40,
  env: {},
} as const satisfies ProcessLoudspeakerOptions;

/** What a loudspeaker cannot be without. @public */
export interface ProcessLoudspeakerParts {
  /** `pulse`: `pacat`, for PulseAudio and PipeWire. `alsa`: `aplay`. */
  readonly api: ProcessApi;
  /** The pipeline's clock: `monotonicScheduler()` of earshot/devices/clock. */
  readonly scheduler: SchedulerLike;
}

/**
 * Late timers of this process and the 4096 bytes that `pacat` reads ahead are to be made up for by what waits in the pipe. Units: ms. Without a gap on
 * a 2-core x86 machine that records at the same time.
 */
const reserveMs = 20;

/**
 * A loudspeaker of this machine, through `pacat` or `aplay`.
 *
 * @remarks
 * Linux, with pulseaudio-utils 16 or newer, or alsa-utils, installed. Nothing is opened before somebody subscribes.
 *
 * The device runs at its own rate, with ALSA at the one next to that of `format`, and is converted to here.
 *
 * Timing: the position comes from what the server says was played, or from what the device's buffer took; it was within 10 ms of what a
 * recording of the loudspeaker's monitor held. A hard flush kills the program: silent within 5 ms, audible again within 10 (PulseAudio) to
 * 30 (PipeWire). Cancellation: the same, and the program is gone.
 *
 * When this process is killed, what waits in the pipe (`leadMs`) is still heard; then the program ends by itself.
 *
 * `openSink` errors with `DeviceError`: `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, `DEVICE_LOST`, `DEVICE_BACKEND` (all of them may pass; the last
 * also for a program that is not installed, which does not), `DEVICE_PERMISSION_DENIED`, `DEVICE_FORMAT_UNSUPPORTED`.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function processLoudspeaker(
  options: ProcessLoudspeakerParts & Partial<ProcessLoudspeakerOptions>,
): StreamedLoudspeaker {
  const { api, scheduler, ...given } = options;
  resolveOptions('processLoudspeaker', { api }, {}, { api: oneOf('pulse', 'alsa') });
  const { device, format, pulseLatencyMs, alsaPeriodMs, alsaBufferMs, env, ...streamed } =
    resolveOptions<ProcessLoudspeakerOptions>(
      'processLoudspeaker',
      defaultProcessLoudspeakerOptions,
      given,
      {
        device: nonEmptyString,
        pulseLatencyMs: numberIn(5, 500, 'ms'),
        alsaPeriodMs: numberIn(2, 100, 'ms'),
        alsaBufferMs: numberIn(10, 500, 'ms'),
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
  const driver =
    api === 'pulse'
      ? pulsePlayoutDriver({ ...common, channels: format.channels, latencyMs: pulseLatencyMs, reserveMs })
      : alsaPlayoutDriver({
          ...common,
          format,
          periodMs: alsaPeriodMs,
          bufferMs: alsaBufferMs,
          hasOwnChannels: false,
        });
  return streamedLoudspeaker({ ...streamed, driver, format, scheduler });
}
