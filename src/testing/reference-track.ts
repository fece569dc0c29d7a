import { type AudioFrame, type PcmFormat, sameFormat } from '../core/audio/audio-frame.js';
import { toMono } from '../core/audio/mix.js';
import { createSampleRateConverter, type SampleRateConverter } from '../core/audio/sample-rate-converter.js';

/** The far end, mono at the near end's rate, to be read by time. */
export interface ReferenceTrack {
  push(frame: AudioFrame): void;
  /** `count` samples from `fromMs` on; what is not known, or not any more, is 0. */
  read(fromMs: number, count: number): Float32Array;
}

/** Beyond this distance two timestamps are a gap and not rounding. */
const gapMs = 1;
/** How much older than the echo's delay the oldest sample may be; devices deliver at most some periods at once. */
const slackMs = 1000;

/** Remembers `delayMs` and a second more. */
export function referenceTrack(sampleRateHz: number, delayMs: number): ReferenceTrack {
  const ring = new Float32Array(Math.ceil(((delayMs + slackMs) * sampleRateHz) / 1000));
  let originMs: number | undefined;
  let written = 0;
  let expectedMs = 0;
  let converter: SampleRateConverter | undefined;
  let format: PcmFormat | undefined;

  const indexOf = (timeMs: number) => Math.round(((timeMs - (originMs ?? timeMs)) * sampleRateHz) / 1000);
  const append = (sample: number) => {
    ring[written % ring.length] = sample;
    written++;
  };

  /** Begin anew at `frame`, with silence in between; what came later than it does now is overwritten. */
  const anchor = (frame: AudioFrame) => {
    originMs ??= frame.timestampMs;
    const target = Math.max(0, indexOf(frame.timestampMs));
    if (target - written > ring.length) {
      ring.fill(0);
      written = target;
    }
    while (written < target) append(0);
    written = target;
    format = frame.format;
    converter = createSampleRateConverter(frame.format.sampleRateHz, sampleRateHz);
  };

  return {
    push(frame) {
      const continuous =
        format !== undefined &&
        sameFormat(format, frame.format) &&
        Math.abs(frame.timestampMs - expectedMs) <= gapMs;
      if (!continuous) anchor(frame);
      expectedMs = frame.timestampMs + (frame.samplesPerChannel * 1000) / frame.format.sampleRateHz;
      const mono = toMono(frame.samples, frame.format.channels);
      for (const sample of converter?.push(mono) ?? []) append(sample);
    },
    read(fromMs, count) {
      const from = indexOf(fromMs);
      return Float32Array.from({ length: count }, (_, offset) => {
        const index = from + offset;
        const known =
          originMs !== undefined && index >= 0 && index < written && index >= written - ring.length;
        return known ? (ring[index % ring.length] as number) : 0;
      });
    },
  };
}
