import type { MonoTypeOperatorFunction } from 'rxjs';
import { type AudioFrame, audioFrame, endMs, sameFormat } from '../audio/audio-frame.js';
import { integerIn, resolveOptions } from '../options.js';
import { mapFrames } from './map-frames.js';

/** Two frames further apart than this are not contiguous. Units: ms; half the period of a 1 kHz clock. */
const discontinuityMs = 0.5;

/**
 * Cuts audio into frames of exactly `samplesPerChannel` samples.
 *
 * ```text
 * in   480 480 480 480
 * out      512 512 512   (samples per channel)
 * ```
 *
 * @remarks
 * Order: samples keep their order and none is lost.
 * Timing: a frame is emitted as soon as its last sample is there; its timestamp is that of its first sample.
 * Where the source jumps in time, or ends, the frame under way is filled up with zeros.
 * Bound: holds less than one frame.
 * @param samplesPerChannel - Range: 1..192000.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function reframe(samplesPerChannel: number): MonoTypeOperatorFunction<AudioFrame> {
  resolveOptions('reframe', { samplesPerChannel }, {}, { samplesPerChannel: integerIn(1, 192_000) });
  return mapFrames(() => {
    let held: { readonly first: AudioFrame; readonly samples: Float32Array; filled: number } | undefined;
    let expectedMs: number | undefined;

    const fillUp = (): AudioFrame[] => {
      if (!held || held.filled === 0) return [];
      const { first, samples } = held;
      held = undefined;
      return [audioFrame(first.format, samples, first.timestampMs)];
    };

    return {
      next(frame) {
        const out: AudioFrame[] = [];
        const jumped = expectedMs !== undefined && Math.abs(frame.timestampMs - expectedMs) > discontinuityMs;
        if (held && (jumped || !sameFormat(held.first.format, frame.format))) out.push(...fillUp());
        expectedMs = endMs(frame);

        const { channels, sampleRateHz } = frame.format;
        const length = samplesPerChannel * channels;
        let taken = 0;
        while (taken < frame.samples.length) {
          const startMs = frame.timestampMs + ((taken / channels) * 1000) / sampleRateHz;
          held ??= {
            first: { ...frame, timestampMs: startMs },
            samples: new Float32Array(length),
            filled: 0,
          };
          const take = Math.min(length - held.filled, frame.samples.length - taken);
          held.samples.set(frame.samples.subarray(taken, taken + take), held.filled);
          held.filled += take;
          taken += take;
          if (held.filled === length) out.push(...fillUp());
        }
        return out;
      },
      end: fillUp,
    };
  });
}
