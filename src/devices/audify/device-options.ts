import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { OptionError } from '../../core/errors.js';
import { type Check, type Checks, nonEmptyString, numberIn, oneOf } from '../../core/options.js';
import type { AudifyApi } from './rt-audio.js';

/** What can be chosen about a device of the native library, whichever way the samples go. @public */
export interface AudifyDeviceOptions {
  /**
   * The sound system. `auto`: PulseAudio (which PipeWire serves too) on Linux, CoreAudio on macOS, WASAPI on Windows.
   * @defaultValue 'auto'
   */
  readonly api: AudifyApi | 'auto';
  /**
   * Name of the device as `listAudifyDevices` tells it, which stays the same over restarts and replugging: on Pulse the description, on ALSA
   * `hw:CARD=ID,DEV=NUMBER`. `default` is what the sound system says at each opening.
   * @defaultValue 'default'
   */
  readonly device: string;
  /** Layout of the frames; the hardware may run at another rate. @defaultValue 48 kHz mono */
  readonly format: PcmFormat;
  /**
   * Length of a buffer of the library. Units: ms. Range: 5..40. PipeWire likes powers of two: 10.667 there.
   * @defaultValue 10: at 20 what is heard after a soft flush lasts twice as long
   */
  readonly bufferMs: number;
  /**
   * On ALSA two buffers in the driver instead of four: 20 ms earlier heard, and 20 ms less for the thread that fills them.
   * @defaultValue true
   */
  readonly lowLatency: boolean;
  /**
   * Run the library in a child process. In this one, what aborts there ends the program; a sound server that stands still, and a suspended device in the first 200 ms,
   * stop it for as long as that lasts; and it never ends by itself any more once a device was open, only by `process.exit`.
   * @defaultValue true
   */
  readonly hosted: boolean;
  /** Environment of the child process, beside this process's own, such as `PULSE_SERVER`. Only with `hosted`. @defaultValue {} */
  readonly env: Readonly<Record<string, string>>;
  /**
   * How long a device may take from being opened to being heard of, the start of the child process included. Units: ms. Range: 100..60000.
   * @defaultValue 5000: as long as other devices may take, and three times what starting a child takes on a busy machine
   */
  readonly openTimeoutMs: number;
  /**
   * How long the child process stays after the last stream was closed, so that the next one opens within milliseconds. It never keeps the program
   * alive. Units: ms. Range: 0..3600000.
   * @defaultValue 5000: starting one takes 50 to 500 ms, on a small machine more
   */
  readonly lingerMs: number;
}

/** @public */
export const defaultAudifyDeviceOptions = {
  api: 'auto',
  device: 'default',
  format: { sampleRateHz: 48_000, channels: 1 },
  bufferMs: 10,
  lowLatency: true,
  hosted: true,
  env: {},
  openTimeoutMs: 5000,
  lingerMs: 5000,
} as const satisfies AudifyDeviceOptions;

const isEnvironment: Check = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((each) => typeof each === 'string')
    ? undefined
    : 'must be an object of strings';

/** The ranges of all of them. */
export const deviceChecks = {
  api: oneOf('auto', 'pulse', 'alsa', 'core-audio', 'wasapi'),
  device: nonEmptyString,
  bufferMs: numberIn(5, 40, 'ms'),
  lowLatency: oneOf(true, false),
  hosted: oneOf(true, false),
  env: isEnvironment,
  openTimeoutMs: numberIn(100, 60_000, 'ms'),
  lingerMs: numberIn(0, 3_600_000, 'ms'),
} as const satisfies Checks<AudifyDeviceOptions>;

/** What no check of one option sees. */
export function acrossOptions({
  hosted,
  env,
}: Pick<AudifyDeviceOptions, 'hosted' | 'env'>): readonly string[] {
  if (hosted || Object.keys(env).length === 0) return [];
  return [
    'env needs hosted: true, because the sound libraries read the environment of their own process; set process.env before the first opening',
  ];
}

/** @throws OptionError `OPTION_INVALID` for anything but a scheduler. */
export function requireScheduler(where: string, scheduler: unknown): void {
  if (typeof (scheduler as { readonly now?: unknown } | undefined)?.now === 'function') return;
  throw new OptionError(
    'OPTION_INVALID',
    `${where}: scheduler must be a scheduler, but is ${String(scheduler)}; give monotonicScheduler() of earshot/devices/clock`,
  );
}

/** The platform's own. */
export function apiOf(api: AudifyDeviceOptions['api'], platform: string = process.platform): AudifyApi {
  if (api !== 'auto') return api;
  if (platform === 'darwin') return 'core-audio';
  return platform === 'win32' ? 'wasapi' : 'pulse';
}
