import { type AudioFrame, endMs, type PcmFormat, sameFormat } from '../../core/audio/audio-frame.js';
import { toMono } from '../../core/audio/mix.js';
import {
  createSampleRateConverter,
  type SampleRateConverter,
} from '../../core/audio/sample-rate-converter.js';
import { reach, readBetween } from './fractional-reader.js';
import { type ConversionCounters, toInt16 } from './int16.js';

/** What became of the reference. Samples are of the near end's rate. */
export interface ReferenceCounters extends ConversionCounters {
  missingSamples: number;
  lateSamples: number;
  jumps: number;
}

/** The far end, mono at the near end's rate, read along the near end's time. */
export interface ReferenceLine {
  push(frame: AudioFrame): void;
  /** No more will come. */
  end(): void;
  /** Whether all is there that a read at `fromMs` takes. */
  covers(fromMs: number, count: number): boolean;
  /** When the last known sample is over; undefined before the first and after the end, when nothing is to be waited for. */
  knownUntilMs(): number | undefined;
  /** Fill `target` with what was rendered from `fromMs` on; what is not known is silence. */
  read(fromMs: number, target: Int16Array): void;
}

/** How much is remembered, of what comes before its time and of what was read. Units: ms. Sound servers render up to 500 ms ahead. */
const memoryMs = 2000;
/** Timestamps this far from where they were expected are a gap, or another stream. Units: ms. */
const gapMs = 8;
/** The reader follows a smaller deviation slowly and jumps over a larger one. Units: ms. */
const maxDeviationMs = 20;
/** Timestamps of real devices wander by that much without meaning it. Units: ms. */
const ignoredDeviationMs = 0.5;
/** How fast the reader follows: at 1 ms by 100 ppm, hence in about 10 s. Slow enough for the module to adapt along. */
const ppmPerMs = 100;
/** Two cheap crystals are within 400 ppm of each other. */
const maxPpm = 400;
/** Deviations are averaged over as many reads, that is over a second. */
const averagedReads = 100;

/** Frames that follow each other without a gap. */
interface Run {
  readonly format: PcmFormat;
  readonly converter: SampleRateConverter;
  /** Where the first of them begins. */
  readonly startIndex: number;
  /** How many samples they had so far, at their own rate. */
  samples: number;
  /** When the next one should begin. */
  expectedMs: number;
}

/**
 * Remember the far end.
 *
 * @remarks
 * Timing: a read goes on where the one before it ended, and drifts by at most 400 ppm to where the timestamps say it should be:
 * so small errors of timestamps do no harm, and clocks that run apart do not add up.
 * Bound: two seconds; older samples are forgotten.
 */
export function createReferenceLine(sampleRateHz: number, counters: ReferenceCounters): ReferenceLine {
  const perMs = sampleRateHz / 1000;
  const ring = new Float32Array(memoryMs * perMs);
  /** Where the last frame begins. Indices count samples since the line began; there are no negative ones. */
  let anchor: { readonly ms: number; readonly index: number } | undefined;
  let run: Run | undefined;
  let written = 0;
  let ended = false;
  /** Where the next read begins. */
  let cursor: number | undefined;
  let deviationMs = 0;

  const indexAt = (ms: number) => (anchor === undefined ? 0 : anchor.index + (ms - anchor.ms) * perMs);

  function append(samples: Float32Array): void {
    // Of more than fits, the oldest are forgotten at once.
    const kept = samples.subarray(Math.max(0, samples.length - ring.length));
    written += samples.length - kept.length;
    const start = written % ring.length;
    const untilWrap = Math.min(kept.length, ring.length - start);
    ring.set(kept.subarray(0, untilWrap), start);
    ring.set(kept.subarray(untilWrap), 0);
    written += kept.length;
  }

  /** Begin another run of frames, with silence between it and the last one. */
  function beginRun(frame: AudioFrame): Run {
    const { format } = frame;
    const converter = createSampleRateConverter(format.sampleRateHz, sampleRateHz, {
      quality: 'low-latency',
    });
    if (run) append(run.converter.end());
    const index = Math.round(indexAt(frame.timestampMs));
    if (anchor === undefined || index < written - ring.length || index < 0) {
      // The first, or so far back that nothing of what is known lies beside it.
      ring.fill(0);
      written = 0;
      cursor = undefined;
    } else if (index > written + ring.length) {
      ring.fill(0);
      written = index;
    } else {
      if (index > written) {
        counters.missingSamples += Math.max(0, index - Math.max(written, Math.floor(cursor ?? 0)));
        append(new Float32Array(index - written));
      }
      written = index;
    }
    return { format, converter, startIndex: written, samples: 0, expectedMs: frame.timestampMs };
  }

  /** What a read at `fromMs` begins with. */
  function placeOf(fromMs: number): number {
    const wanted = indexAt(fromMs);
    const isNear = cursor !== undefined && Math.abs(wanted - cursor) <= maxDeviationMs * perMs;
    return isNear ? (cursor as number) : Math.round(wanted);
  }

  /** Samples for each sample of the near end. */
  function stepAt(fromMs: number): number {
    deviationMs += ((indexAt(fromMs) - (cursor as number)) / perMs - deviationMs) / averagedReads;
    const beyond = Math.max(0, Math.abs(deviationMs) - ignoredDeviationMs);
    return 1 + Math.sign(deviationMs) * Math.min(maxPpm, beyond * ppmPerMs) * 1e-6;
  }

  const isKnown = (index: number) => index >= 0 && index < written && index >= written - ring.length;

  function sampleAt(place: number): number {
    const index = Math.floor(place);
    if (!isKnown(index)) {
      // Before the first sample nothing was rendered, and after the end nothing is.
      if (index >= 0 && anchor !== undefined && !ended) counters.missingSamples++;
      return 0;
    }
    if (place === index) return ring[index % ring.length] as number;
    // At the edges of what is known the neighbours are not.
    return isKnown(index - reach + 1) && isKnown(index + reach)
      ? readBetween(ring, index, place - index)
      : (ring[index % ring.length] as number);
  }

  return {
    push(frame) {
      const mono = finite(toMono(frame.samples, frame.format.channels), counters);
      const follows =
        run !== undefined &&
        sameFormat(run.format, frame.format) &&
        Math.abs(frame.timestampMs - run.expectedMs) <= gapMs;
      const current = follows ? (run as Run) : beginRun(frame);
      run = current;
      // Where it begins is counted, not computed from its time: samples follow each other whatever the clock says.
      const index = current.startIndex + (current.samples * sampleRateHz) / frame.format.sampleRateHz;
      anchor = { ms: frame.timestampMs, index };
      current.samples += mono.length;
      current.expectedMs = endMs(frame);
      const before = written;
      append(current.converter.push(mono));
      if (cursor !== undefined) {
        counters.lateSamples += Math.max(0, Math.min(written, Math.floor(cursor)) - before);
      }
    },
    end() {
      if (run) append(run.converter.end());
      run = undefined;
      ended = true;
    },
    covers: (fromMs, count) => Math.ceil(placeOf(fromMs)) + count + reach <= written,
    knownUntilMs() {
      if (anchor === undefined || ended) return undefined;
      return anchor.ms + (written - anchor.index) / perMs;
    },
    read(fromMs, target) {
      if (anchor === undefined) {
        target.fill(0);
        return;
      }
      const place = placeOf(fromMs);
      if (place !== cursor) {
        if (cursor !== undefined) counters.jumps++;
        cursor = place;
        deviationMs = 0;
      }
      const step = stepAt(fromMs);
      for (let at = 0; at < target.length; at++) {
        target[at] = toInt16(sampleAt(place + at * step), counters);
      }
      cursor = place + target.length * step;
    },
  };
}

/** The filter of the converter would spread a sample that is no number over its neighbours. */
function finite(samples: Float32Array, counters: ConversionCounters): Float32Array {
  if (samples.every(Number.isFinite)) return samples;
  return samples.map((sample) => {
    if (Number.isFinite(sample)) return sample;
    counters.replacedSamples++;
    return 0;
  });
}
