import type { MonoTypeOperatorFunction } from 'rxjs';
import { type AudioFrame, audioFrame, sameFormat } from '../audio/audio-frame.js';
import { createHighPass, type HighPass, type HighPassOptions } from '../audio/high-pass.js';
import { AudioFormatError } from '../errors.js';
import { mapFrames } from './map-frames.js';

/**
 * Removes rumble: mains hum, wind, footsteps, the drone of machines. Mono.
 *
 * @remarks
 * Order: one frame out for each in, same timestamps.
 * Timing: no block latency; the filter's phase shift is below 2 ms in the speech band.
 * @param options - `cutoffHz`, 80 by default; 200 suits sites with machines.
 *
 * Errors with `AudioFormatError` `AUDIO_FORMAT_UNSUPPORTED` for a frame that is not mono.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function filterHighPass(options: Partial<HighPassOptions> = {}): MonoTypeOperatorFunction<AudioFrame> {
  createHighPass(16_000, options);
  return mapFrames(() => {
    let filter: HighPass | undefined;
    let last: AudioFrame | undefined;
    return {
      next(frame) {
        if (frame.format.channels !== 1) {
          throw new AudioFormatError(
            'AUDIO_FORMAT_UNSUPPORTED',
            `the high-pass filter takes mono, not ${frame.format.channels} channels; put convertTo() before it`,
          );
        }
        if (!filter || (last && !sameFormat(last.format, frame.format))) {
          filter = createHighPass(frame.format.sampleRateHz, options);
        }
        last = frame;
        return [audioFrame(frame.format, filter.process(frame.samples), frame.timestampMs)];
      },
    };
  });
}
