import { map } from 'rxjs';
import { rmsDb } from '../core/audio/levels.js';
import { AudioFormatError } from '../core/errors.js';
import { numberIn, resolveOptions } from '../core/options.js';
import type { VoiceActivityDetector } from '../core/ports/voice-activity-detector.js';

/** What is taken for loud. @public */
export interface LevelDetectorOptions {
  /** Level that scores 0.5. Units: dB below full scale, root mean square. Range: -100..0. @defaultValue -40 */
  readonly thresholdDb: number;
}

/** @public */
export const defaultLevelDetectorOptions = { thresholdDb: -40 } as const satisfies LevelDetectorOptions;

/** Level above the threshold that scores 1, and below it that scores 0. Units: dB. */
const spanDb = 10;

/**
 * A detector that takes anything loud for speech. For tests that speak in tones and must not wait for a model.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function levelDetector(options: Partial<LevelDetectorOptions> = {}): VoiceActivityDetector {
  const { thresholdDb } = resolveOptions<LevelDetectorOptions>(
    'levelDetector',
    defaultLevelDetectorOptions,
    options,
    {
      thresholdDb: numberIn(-100, 0, 'dB'),
    },
  );
  const format = { sampleRateHz: 16_000, channels: 1 };
  const windowSamples = 512;
  return {
    format,
    windowSamples,
    scoreSpeech: () =>
      map((frame) => {
        if (frame.samples.length !== windowSamples || frame.format.sampleRateHz !== format.sampleRateHz) {
          throw new AudioFormatError(
            'AUDIO_FORMAT_UNSUPPORTED',
            `the level detector takes ${windowSamples} samples at 16000 Hz, not ${frame.samples.length} at ${frame.format.sampleRateHz} Hz; put convertTo() and reframe() before it`,
          );
        }
        const above = (rmsDb(frame.samples) - thresholdDb) / spanDb;
        return { frame, speechProbability: Math.min(1, Math.max(0, 0.5 + above / 2)), skipped: false };
      }),
  };
}
