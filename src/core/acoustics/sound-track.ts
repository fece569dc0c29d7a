import { type AudioFrame, type PcmFormat, sameFormat } from '../audio/audio-frame.js';
import { toMono } from '../audio/mix.js';
import { createSampleRateConverter, type SampleRateConverter } from '../audio/sample-rate-converter.js';

/** Everything is looked at at this rate: what the cancellers and detectors of speech work at. Units: Hz. */
export const trackRateHz = 16_000;
/** Samples in a millisecond. */
export const perMs = trackRateHz / 1000;

/** A recording that can be asked when a sample was, and which one was at a time. Mono, 16 kHz. */
export interface SoundTrack {
  /** Samples so far. */
  readonly length: number;
  /** Audio that did not fit any more. Units: ms. */
  readonly droppedMs: number;
  push(frame: AudioFrame): void;
  /** Nothing comes any more. */
  end(): void;
  /** When a sample was, by the time stamps; fractions of indices included. */
  msAt(index: number): number;
  /** Which sample was at a time; fractions included. */
  indexAt(ms: number): number;
  /** How many gaps of the time stamps end between two times. */
  gapsBetween(fromMs: number, toMs: number): number;
  /** Number of the stretch without a gap that a sample is in. */
  runAt(index: number): number;
  /** A copy of `count` samples; silence where there are none. */
  read(from: number, count: number): Float64Array;
  /** Share of the samples between two times that are at full scale. Range: 0..1. */
  clippedShare(fromMs: number, toMs: number): number;
}

/** A time stamp that is off by more than this is a gap: devices stamp to some milliseconds, and lose whole periods of 10 ms. */
const jitterMs = 8;
/** What a converter of 16 bits makes of the greatest number is just below this. */
const fullScale = 0.999;

interface Mark {
  /** Where the first sample of the frame is on the track; fractions, because frames need not be whole there. */
  readonly index: number;
  readonly ms: number;
  readonly clipped: number;
  readonly samples: number;
}

/**
 * A recording of stamped frames, of any layout.
 *
 * @remarks
 * Samples are kept as they were counted, and not moved to where their time stamps say: so the pace of a device's clock is in the
 * indices, and the time stamps tell the delay. Bound: `maxMs`; what comes beyond is counted.
 */
export function createSoundTrack(maxMs: number): SoundTrack {
  const most = Math.ceil(maxMs * perMs);
  let samples = new Float32Array(Math.min(most, 2 ** 16));
  let length = 0;
  let droppedSamples = 0;
  const marks: Mark[] = [];
  const runStarts: number[] = [];
  let run: { readonly format: PcmFormat; readonly converter: SampleRateConverter } | undefined;
  let taken = 0;
  let expectedMs = 0;

  const append = (more: Float32Array): void => {
    const count = Math.min(more.length, most - length);
    droppedSamples += more.length - count;
    if (length + count > samples.length) {
      const larger = new Float32Array(Math.min(most, Math.max(length + count, 2 * samples.length)));
      larger.set(samples.subarray(0, length));
      samples = larger;
    }
    samples.set(more.subarray(0, count), length);
    length += count;
  };

  const begin = (format: PcmFormat): NonNullable<typeof run> => {
    if (run) append(run.converter.end());
    runStarts.push(length);
    taken = 0;
    return { format, converter: createSampleRateConverter(format.sampleRateHz, trackRateHz) };
  };

  /** The last mark for which `value` is not above `limit`; the first one before it. */
  const markBefore = (limit: number, value: (mark: Mark) => number): Mark | undefined => {
    let low = 0;
    let high = marks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (value(marks[middle] as Mark) <= limit) low = middle;
      else high = middle;
    }
    return marks[low];
  };

  return {
    get length() {
      return length;
    },
    get droppedMs() {
      return droppedSamples / perMs;
    },
    push({ format, samples: interleaved, timestampMs }) {
      const isGap = Math.abs(timestampMs - expectedMs) > jitterMs;
      if (!run || isGap || !sameFormat(run.format, format)) run = begin(format);
      const mono = toMono(interleaved, format.channels);
      let clipped = 0;
      for (const sample of interleaved) if (Math.abs(sample) >= fullScale) clipped++;
      const index = (runStarts.at(-1) ?? 0) + (taken * trackRateHz) / format.sampleRateHz;
      if (index < most) marks.push({ index, ms: timestampMs, clipped, samples: interleaved.length });
      taken += mono.length;
      expectedMs = timestampMs + (mono.length * 1000) / format.sampleRateHz;
      append(run.converter.push(mono));
    },
    end() {
      if (run) append(run.converter.end());
      run = undefined;
    },
    msAt(index) {
      const mark = markBefore(index, (one) => one.index);
      return mark ? mark.ms + (index - mark.index) / perMs : Number.NaN;
    },
    indexAt(ms) {
      const mark = markBefore(ms, (one) => one.ms);
      return mark ? mark.index + (ms - mark.ms) * perMs : Number.NaN;
    },
    gapsBetween(fromMs, toMs) {
      const starts = runStarts.slice(1).map((index) => markBefore(index, (mark) => mark.index)?.ms ?? 0);
      return starts.filter((ms) => ms > fromMs && ms <= toMs).length;
    },
    runAt: (index) => runStarts.findLastIndex((start) => start <= index),
    read(from, count) {
      const block = new Float64Array(count);
      const first = Math.max(0, -from);
      const last = Math.min(count, length - from);
      for (let i = first; i < last; i++) block[i] = samples[from + i] as number;
      return block;
    },
    clippedShare(fromMs, toMs) {
      let clipped = 0;
      let all = 0;
      for (const mark of marks) {
        if (mark.ms < fromMs || mark.ms >= toMs) continue;
        clipped += mark.clipped;
        all += mark.samples;
      }
      return all === 0 ? 0 : clipped / all;
    },
  };
}
