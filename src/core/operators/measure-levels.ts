import type { OperatorFunction } from 'rxjs';
import { type AudioFrame, durationMs, endMs } from '../audio/audio-frame.js';
import { peakDb, rmsDb } from '../audio/levels.js';
import { integerIn, resolveOptions } from '../options.js';
import { mapFrames } from './map-frames.js';

/** How loud a stretch of audio was. @public */
export interface Level {
  /** When the stretch ends. Units: ms, on the clock of the frames. */
  readonly endMs: number;
  /** Root mean square. Units: dB relative to full scale; -120 is silence. */
  readonly rmsDb: number;
  /** Largest sample. Units: dB relative to full scale; -120 is silence. */
  readonly peakDb: number;
}

/** How often levels are measured. @public */
export interface LevelOptions {
  /** Length of a stretch. Units: ms. Range: 5..10000. A meter that the eye can follow wants about ten a second. @defaultValue 100 */
  readonly intervalMs: number;
}

/** @public */
export const defaultLevelOptions = { intervalMs: 100 } as const satisfies LevelOptions;

/**
 * Measures how loud audio is, for meters and tests.
 *
 * @remarks
 * Timing: one level for each full stretch of whole frames; a shorter rest at the end is dropped.
 * Bound: holds frames of one stretch.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function measureLevels(options: Partial<LevelOptions> = {}): OperatorFunction<AudioFrame, Level> {
  const { intervalMs } = resolveOptions<LevelOptions>('measureLevels', defaultLevelOptions, options, {
    intervalMs: integerIn(5, 10_000, 'ms'),
  });
  return mapFrames(() => {
    let heldMs = 0;
    let samples = 0;
    let square = 0;
    let peak = -120;
    return {
      next(frame) {
        heldMs += durationMs(frame);
        samples += frame.samples.length;
        square += 10 ** (rmsDb(frame.samples) / 10) * frame.samples.length;
        peak = Math.max(peak, peakDb(frame.samples));
        if (heldMs < intervalMs || samples === 0) return [];
        const level: Level = {
          endMs: endMs(frame),
          rmsDb: Math.max(-120, 10 * Math.log10(square / samples)),
          peakDb: peak,
        };
        heldMs = samples = square = 0;
        peak = -120;
        return [level];
      },
    };
  });
}
