import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';

/** A recording that begins at the origin of a time base and grows up to a bound. */
export interface MemoryRecording {
  /** Put a frame at its place; what was never put anywhere is silence. */
  add(frame: AudioFrame, firstSample: number): void;
  /** A copy, up to the last sample that was added. */
  samples(): Float32Array;
  readonly unrecordedMs: number;
}

/** An empty recording of at most `maxRecordedMs`. */
export function createMemoryRecording(format: PcmFormat, maxRecordedMs: number): MemoryRecording {
  const { channels, sampleRateHz } = format;
  const capacity = Math.floor((maxRecordedMs * sampleRateHz) / 1000) * channels;
  let store = new Float32Array(Math.min(capacity, sampleRateHz * channels));
  let length = 0;
  let unrecorded = 0;

  function makeRoomFor(end: number): void {
    if (end <= store.length) return;
    const larger = new Float32Array(Math.min(capacity, Math.max(end, store.length * 2)));
    larger.set(store.subarray(0, length));
    store = larger;
  }

  return {
    add(frame, firstSample) {
      const start = firstSample * channels;
      const end = Math.min(start + frame.samples.length, capacity);
      const count = Math.max(0, end - start);
      unrecorded += frame.samples.length - count;
      if (count === 0) return;
      makeRoomFor(end);
      store.set(frame.samples.subarray(0, count), start);
      length = Math.max(length, end);
    },
    samples: () => store.slice(0, length),
    get unrecordedMs() {
      return (unrecorded * 1000) / (channels * sampleRateHz);
    },
  };
}
