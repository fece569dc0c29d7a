import type { SchedulerLike } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';
import { OptionError } from '../errors.js';
import { type Check, integerIn, numberIn, oneOf, resolveOptions } from '../options.js';
import { requirePcmFormat } from '../pacing/checks.js';
import type { CaptureDriver } from './capture-driver.js';
import type { Timeline } from './timeline.js';

/** What a streamed microphone is made of. @public */
export interface StreamedMicrophoneParts {
  /** Moves the samples. */
  readonly driver: CaptureDriver;
  /** Layout of every frame; one channel. The device may run at another rate, it is converted. */
  readonly format: PcmFormat;
  /** The clock that frames are stamped with and that the driver tells its times on. */
  readonly scheduler: SchedulerLike;
  /** The loudspeaker's pace, which the microphone is to keep. */
  readonly timeline?: Timeline | undefined;
}

/** What can be chosen about a streamed microphone. @public */
export interface StreamedMicrophoneOptions {
  /**
   * What is taken of a device with several channels: one, counted from 0, or the mean of all. Microphone arrays that clean up the
   * sound themselves deliver it on one channel, often 0, beside the raw ones.
   * @defaultValue 'mix'
   */
  readonly channel: 'mix' | number;
  /**
   * How long a frame is, rounded to whole samples. Units: ms. Range: 5..100. 10 is what echo cancellers work on.
   * @defaultValue 10
   */
  readonly frameMs: number;
  /**
   * `auto`: with a `timeline`, samples are added or left out evenly, by resampling, so that loudspeaker and microphone of
   * different clocks keep a constant echo delay; nothing is touched while the two agree. `off`: never.
   * @defaultValue 'auto'
   */
  readonly driftCorrection: 'auto' | 'off';
  /**
   * When nothing was delivered for this long, the device is lost. Units: ms. Range: 100..60000. Sound servers suspend a device,
   * or move its stream, without a word; it has to be noticed in half a second.
   * @defaultValue 450
   */
  readonly silentMs: number;
  /**
   * When nothing was delivered for this long after opening, somebody else has the device. Units: ms. Range: 100..60000.
   * A suspended Bluetooth headset takes 1.5 s to wake.
   * @defaultValue 2000
   */
  readonly openTimeoutMs: number;
  /**
   * When more was delivered than time has passed, by this much, the device is lost. Units: ms. Range: 50..10000. Native libraries
   * repeat the last buffer as fast as they can when the sound server dies: 190 000 calls a second were measured.
   * @defaultValue 400
   */
  readonly aheadMs: number;
}

/** @public */
export const defaultStreamedMicrophoneOptions = {
  channel: 'mix',
  frameMs: 10,
  driftCorrection: 'auto',
  silentMs: 450,
  openTimeoutMs: 2000,
  aheadMs: 400,
} as const satisfies StreamedMicrophoneOptions;

const wholeChannel = integerIn(0, 31);
const channel: Check = (value) =>
  value === 'mix' || !wholeChannel(value) ? undefined : 'must be "mix" or a whole number from 0 to 31';

/** @throws OptionError `OPTION_INVALID` */
export function resolveMicrophoneOptions(
  format: PcmFormat,
  options: Partial<StreamedMicrophoneOptions>,
): StreamedMicrophoneOptions {
  const where = 'streamed microphone';
  requirePcmFormat(where, format);
  if (format.channels !== 1) {
    throw new OptionError(
      'OPTION_INVALID',
      `${where}: format.channels must be 1, but is ${format.channels}; choose one of the device's channels, or their mix, with channel`,
    );
  }
  return resolveOptions<StreamedMicrophoneOptions>(where, defaultStreamedMicrophoneOptions, options, {
    channel,
    frameMs: numberIn(5, 100, 'ms'),
    driftCorrection: oneOf('auto', 'off'),
    silentMs: numberIn(100, 60_000, 'ms'),
    openTimeoutMs: numberIn(100, 60_000, 'ms'),
    aheadMs: numberIn(50, 10_000, 'ms'),
  });
}
