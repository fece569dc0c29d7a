import type { SchedulerLike } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';
import { integerIn, numberIn, oneOf, resolveOptions } from '../options.js';
import { requirePcmFormat } from '../pacing/checks.js';
import { defaultMaxQueuedMs } from '../pacing/paced-sink.js';
import type { PlayoutDriver } from './playout-driver.js';
import {
  createWakePolicy,
  defaultWakeOptions,
  type WakeOptions,
  type WakePolicy,
  wakeOptions,
} from './wake-policy.js';

/** What a streamed loudspeaker is made of. @public */
export interface StreamedLoudspeakerParts {
  /** Moves the samples. */
  readonly driver: PlayoutDriver;
  /** The only layout that is taken. The device may run at another rate, or duplicate one channel to several. */
  readonly format: PcmFormat;
  /** The clock that frames are stamped with and that the driver tells its times on. */
  readonly scheduler: SchedulerLike;
}

/** What can be chosen about a streamed loudspeaker. @public */
export interface StreamedLoudspeakerOptions {
  /**
   * Length of a rendered frame, and how often the device is fed. Units: ms. Range: 2..50, whole.
   * @defaultValue 5: half of what sound servers use, so a cut counts little as heard that was not.
   */
  readonly periodMs: number;
  /**
   * Audio kept with the device ahead of what is audible; more where the driver needs more. Units: ms. Range: 5..1000. It is
   * the longest stall of this process that is not heard, and delays what is written after silence.
   * @defaultValue 40: programs of the system ran dry below 20 on a 2-core x86 machine; twice that.
   */
  readonly leadMs: number;
  /** Bound of the queue; what does not fit is not taken, with the fact `playout-dropped`. Units: ms. Range: 100..3600000. @defaultValue 600000, as every loudspeaker */
  readonly maxQueuedMs: number;
  /** How long a device may take from being opened to being audible. Units: ms. Range: 100..60000. A sink that sleeps takes up to 1.5 s. @defaultValue 2000 */
  readonly openTimeoutMs: number;
  /** A device whose position stands still for so long is lost. Units: ms. Range: 150..60000. Positions come every 100 ms. @defaultValue 400 */
  readonly stallMs: number;
  /** A device that is further ahead of time than this is lost: it plays into the void as fast as it can. Units: ms. Range: 50..10000. @defaultValue 400 */
  readonly aheadMs: number;
  /**
   * `hard`: a hard flush stops the stream and opens it again. `soft`: it only takes back what it can; for amplifiers that pop when
   * their clock stops, such as the MAX98357A.
   * @defaultValue 'hard'
   */
  readonly cut: 'hard' | 'soft';
  /** What is done about a loudspeaker that falls asleep. */
  readonly wake: Partial<WakeOptions>;
}

/** @public */
export const defaultStreamedLoudspeakerOptions = {
  periodMs: 5,
  leadMs: 40,
  maxQueuedMs: defaultMaxQueuedMs,
  openTimeoutMs: 2000,
  stallMs: 400,
  aheadMs: 400,
  cut: 'hard',
  wake: defaultWakeOptions,
} as const satisfies StreamedLoudspeakerOptions;

/** Options that hold, with what follows from them. */
export type LoudspeakerSettings = Omit<StreamedLoudspeakerOptions, 'wake'> & { readonly wake: WakePolicy };

/** @throws OptionError `OPTION_INVALID` */
export function resolveLoudspeakerOptions(
  format: PcmFormat,
  options: Partial<StreamedLoudspeakerOptions>,
): LoudspeakerSettings {
  const where = 'streamed loudspeaker';
  requirePcmFormat(where, format);
  const { wake, ...resolved } = resolveOptions<StreamedLoudspeakerOptions>(
    where,
    defaultStreamedLoudspeakerOptions,
    options,
    {
      periodMs: integerIn(2, 50, 'ms'),
      leadMs: numberIn(5, 1000, 'ms'),
      maxQueuedMs: numberIn(100, 3_600_000, 'ms'),
      openTimeoutMs: numberIn(100, 60_000, 'ms'),
      stallMs: numberIn(150, 60_000, 'ms'),
      aheadMs: numberIn(50, 10_000, 'ms'),
      cut: oneOf('hard', 'soft'),
      wake: wakeOptions,
    },
  );
  return { ...resolved, wake: createWakePolicy(wake) };
}
