import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';
import { OptionError } from '../errors.js';
import { nonEmptyString, numberIn, resolveOptions } from '../options.js';
import type { VoiceRung } from './voice-rung.js';

/** @public */
export interface VoiceLadderOptions {
  /** Layout of every frame; what a voice speaks is converted to it. @defaultValue 24 kHz mono, as Kokoro speaks */
  readonly format: PcmFormat;
  /**
   * How long a text waits for a voice that is being opened before one below speaks instead. Units: ms. Range: 0..60_000. Programs open in some 50 ms,
   * WebAssembly in less than a second; a model takes seconds, or minutes when it is downloaded. @defaultValue 1500
   */
  readonly openingGraceMs: number;
  /** The longest an opening may take at all, a download of 325 MB at 5 Mbit/s included. Units: ms. Range: 100..3_600_000. @defaultValue 600_000 */
  readonly openTimeoutMs: number;
  /**
   * How long a text waits for the first sound of a voice while there is one below, not counting what that voice spends on texts before it. Units: ms. Range: 100..600_000. A clause of 3 s at real-time factor 1.1, as
   * published for two ARM cores, takes 3.3 s. @defaultValue 4000
   */
  readonly firstSoundMs: number;
  /** How long a voice that failed is left alone, doubled each time it fails when it is tried again. Units: ms. Range: 100..3_600_000. @defaultValue 10_000 */
  readonly restMs: number;
  /** The longest such rest. Units: ms. Range: 100..86_400_000. @defaultValue 600_000 */
  readonly maxRestMs: number;
  /** Measures all of that. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultVoiceLadderOptions = {
  format: { sampleRateHz: 24_000, channels: 1 },
  openingGraceMs: 1500,
  openTimeoutMs: 600_000,
  firstSoundMs: 4000,
  restMs: 10_000,
  maxRestMs: 600_000,
  scheduler: asyncScheduler,
} as const satisfies VoiceLadderOptions;

/** @throws OptionError `OPTION_INVALID` */
export function resolveVoiceLadderOptions(given: Partial<VoiceLadderOptions>): VoiceLadderOptions {
  return resolveOptions<VoiceLadderOptions>('voiceLadder', defaultVoiceLadderOptions, given, {
    openingGraceMs: numberIn(0, 60_000, 'ms'),
    openTimeoutMs: numberIn(100, 3_600_000, 'ms'),
    firstSoundMs: numberIn(100, 600_000, 'ms'),
    restMs: numberIn(100, 3_600_000, 'ms'),
    maxRestMs: numberIn(100, 86_400_000, 'ms'),
  });
}

/** @throws OptionError `OPTION_INVALID` */
export function checkRungs(rungs: readonly VoiceRung[]): void {
  const names = rungs.map(({ name }) => name);
  const isFit =
    names.every((name) => nonEmptyString(name) === undefined) && new Set(names).size === names.length;
  if (rungs.length >= 1 && rungs.length <= 16 && isFit) return;
  throw new OptionError(
    'OPTION_INVALID',
    `voiceLadder: rungs must be 1 to 16 voices with names of their own, but are ${JSON.stringify(names)}`,
  );
}
