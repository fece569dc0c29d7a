import { numberIn, resolveOptions } from '../options.js';
import { type AudioFrame, durationMs } from './audio-frame.js';

/** The most recent frames of a stream, up to a bound. @public */
export interface FrameRing {
  /** Audio held. Range: 0..capacity. Units: milliseconds. */
  readonly heldMs: number;
  /** Audio that was dropped because the ring was full, since it was made. Units: milliseconds. */
  readonly droppedMs: number;
  /**
   * Add the newest frame; the oldest frames are dropped, whole, until everything fits. A frame that is longer than the
   * ring is dropped itself.
   */
  push(frame: AudioFrame): void;
  /** Take everything, oldest first, and leave the ring empty. */
  drain(): AudioFrame[];
  /** Forget everything; this does not count as dropped. */
  clear(): void;
}

/** Frame lengths such as 1024 / 44100 s are no exact numbers of milliseconds; sums of them may miss by this much. */
const toleranceMs = 1e-6;

/**
 * Remember the last so many milliseconds of audio, for example what was said before speech was noticed.
 *
 * @param capacityMs - the most audio to hold. Range: 0..600000.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function createFrameRing(capacityMs: number): FrameRing {
  resolveOptions('frame ring', { capacityMs }, {}, { capacityMs: numberIn(0, 600_000, 'ms') });
  let frames: AudioFrame[] = [];
  /** Frames before this index are gone; the array is compacted when they are the larger part of it. */
  let oldest = 0;
  let heldMs = 0;
  let droppedMs = 0;

  const clear = (): void => {
    frames = [];
    oldest = 0;
    heldMs = 0;
  };

  return {
    get heldMs() {
      return heldMs;
    },
    get droppedMs() {
      return droppedMs;
    },
    push(frame) {
      frames.push(frame);
      heldMs += durationMs(frame);
      while (heldMs > capacityMs + toleranceMs) {
        const dropped = durationMs(frames[oldest] as AudioFrame);
        oldest++;
        heldMs -= dropped;
        droppedMs += dropped;
        if (oldest === frames.length) clear();
      }
      if (oldest > 16 && oldest * 2 > frames.length) {
        frames = frames.slice(oldest);
        oldest = 0;
      }
    },
    drain() {
      const held = frames.slice(oldest);
      clear();
      return held;
    },
    clear,
  };
}
