import type { MonoTypeOperatorFunction } from 'rxjs';
import { type AudioFrame, audioFrame, endMs, type PcmFormat, sameFormat } from '../audio/audio-frame.js';
import { fromMono, toMono } from '../audio/mix.js';
import { createSampleRateConverter, type SampleRateConverter } from '../audio/sample-rate-converter.js';
import { integerIn, resolveOptions } from '../options.js';
import { mapFrames } from './map-frames.js';

/** Two frames further apart than this are not contiguous. Units: ms. */
const discontinuityMs = 0.5;

/**
 * Converts audio to another layout: rate by our polyphase converter, channels by mixing down to mono or duplicating.
 *
 * @remarks
 * Timing: output sample n is at the instant of input time n / rate, and follows the time stamps of a clock that is a little fast or slow;
 * emission lags by the converter's constant latency (4.5 ms at 48 to 16 kHz). When the source completes, or jumps in time, or changes its layout, the tail comes out.
 * Frames that already have the layout pass untouched.
 * @param format - layout to convert to. Range: 4000..384000 Hz, 1..32 channels.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function convertTo(format: PcmFormat): MonoTypeOperatorFunction<AudioFrame> {
  resolveOptions(
    'convertTo',
    format,
    {},
    { sampleRateHz: integerIn(4000, 384_000, 'Hz'), channels: integerIn(1, 32) },
  );
  return mapFrames(() => createFrameConverter(format));
}

/** The same as a step: `push` a frame, get frames; `end` gives the tail and makes it ready for the next stretch. */
export function createFrameConverter(format: PcmFormat): {
  next(frame: AudioFrame): readonly AudioFrame[];
  end(): readonly AudioFrame[];
} {
  let run:
    | {
        readonly from: PcmFormat;
        readonly converter: SampleRateConverter;
        readonly startMs: number;
        /** Sample frames in and out. */
        taken: number;
        made: number;
        /** How much later than by its rate the input is: its clock runs slow. Units: ms. */
        lateMs: number;
      }
    | undefined;
  let expectedMs = 0;

  const emit = (mono: Float32Array): readonly AudioFrame[] => {
    if (!run || mono.length === 0) return [];
    const timestampMs = run.startMs + run.lateMs + (run.made * 1000) / format.sampleRateHz;
    run.made += mono.length;
    return [audioFrame(format, format.channels === 1 ? mono : fromMono(mono, format.channels), timestampMs)];
  };
  const end = (): readonly AudioFrame[] => {
    const tail = run ? emit(run.converter.end()) : [];
    run = undefined;
    return tail;
  };

  return {
    next(frame) {
      const jumped = Math.abs(frame.timestampMs - expectedMs) > discontinuityMs;
      const before = run && (jumped || !sameFormat(run.from, frame.format)) ? end() : [];
      expectedMs = endMs(frame);
      if (sameFormat(frame.format, format)) return [...before, frame];
      const { sampleRateHz, channels } = frame.format;
      run ??= {
        from: frame.format,
        converter: createSampleRateConverter(sampleRateHz, format.sampleRateHz),
        startMs: frame.timestampMs,
        taken: 0,
        made: 0,
        lateMs: 0,
      };
      run.lateMs = frame.timestampMs - run.startMs - (run.taken * 1000) / sampleRateHz;
      run.taken += frame.samplesPerChannel;
      return [
        ...before,
        ...emit(run.converter.push(channels === 1 ? frame.samples : toMono(frame.samples, channels))),
      ];
    },
    end,
  };
}
