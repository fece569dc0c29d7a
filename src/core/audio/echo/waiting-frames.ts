import { AudioFormatError } from '../../errors.js';
import type { AudioFrame } from '../audio-frame.js';

/** Frames that have come and not been answered yet, as frames and as one run of samples. */
export interface WaitingFrames {
  /** The one that came first. */
  readonly oldest: AudioFrame | undefined;
  /** Samples that `read` has not given yet. */
  readonly unreadSamples: number;
  /**
   * Add the newest.
   *
   * @throws AudioFormatError `AUDIO_FORMAT_UNSUPPORTED` when too many wait that have no samples: what bounds the others is their samples.
   */
  push(frame: AudioFrame): void;
  /** Fill `target` with the samples behind the last ones read; with silence behind the last frame. */
  read(target: Float64Array): void;
  /** Forget the oldest frame. */
  drop(): void;
}

/** A frame without samples is answered like any other, so it waits; this many are no accident. */
const maxEmpty = 1000;

/** What no converter gives: 18 dB above full scale. */
const loudest = 8;

/** A sample that cannot spoil a filter for ever: not a number is silence, and too large is large. */
export function tame(sample: number): number {
  return Number.isFinite(sample) ? Math.max(-loudest, Math.min(loudest, sample)) : 0;
}

/** Samples are read out of the frames themselves: nothing is copied or allocated for a frame. */
export function createWaitingFrames(): WaitingFrames {
  const frames: AudioFrame[] = [];
  /** The frame that is read next, and where in it. */
  let reading = 0;
  let offset = 0;
  let unreadSamples = 0;
  let empty = 0;

  return {
    get oldest() {
      return frames[0];
    },
    get unreadSamples() {
      return unreadSamples;
    },
    push(frame) {
      if (frame.samples.length === 0) {
        if (empty === maxEmpty) throw tooManyEmpty();
        empty++;
      }
      frames.push(frame);
      unreadSamples += frame.samples.length;
    },
    read(target) {
      let written = 0;
      for (let frame = frames[reading]; frame && written < target.length; frame = frames[reading]) {
        const { samples } = frame;
        while (offset < samples.length && written < target.length) {
          target[written++] = tame(samples[offset++] as number);
        }
        if (offset < samples.length) break;
        reading++;
        offset = 0;
      }
      unreadSamples -= written;
      target.fill(0, written);
    },
    drop() {
      const dropped = frames.shift();
      if (dropped === undefined) return;
      if (dropped.samples.length === 0) empty--;
      if (reading > 0) {
        reading--;
        return;
      }
      unreadSamples -= dropped.samples.length - offset;
      offset = 0;
    },
  };
}

function tooManyEmpty(): AudioFormatError {
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `the echo canceller got ${maxEmpty} captured frames without samples and not enough with samples to answer them; give frames with samples, or none`,
  );
}
