import { type AudioFrame, audioFrame, endMs, type PcmFormat } from '../audio/audio-frame.js';
import type { DriftConverter } from '../audio/drift-converter.js';
import { createSampleQueue } from '../audio/sample-queue.js';
import { clipInPlace } from '../pacing/clip.js';
import type { DriftLock } from './drift-lock.js';
import type { StreamClock } from './stream-clock.js';

/** What frames are made with. */
export interface CaptureFramerSetup {
  /** Of the frames; one channel. */
  readonly format: PcmFormat;
  /** How many samples one frame has. */
  readonly frameSamples: number;
  /** From the device's rate to that of the frames. */
  readonly converter: DriftConverter;
  /** Counts what was pushed, at the device's rate. */
  readonly clock: Pick<StreamClock, 'countAt' | 'msAt'>;
  /** What keeps the frames in step with the loudspeaker; none where nothing is to be corrected. */
  readonly lock?: DriftLock | undefined;
}

/** Makes stamped frames of one channel of a device. */
export interface CaptureFramer {
  /** Convert and keep what was captured next: at most half a second at a time, and `shift` what is complete in between. */
  push(mono: Float32Array): void;
  /** Correct the drift by what the clocks show at `nowMs`. */
  correct(nowMs: number): void;
  /**
   * The clock was set anew: the next frame's stamp may jump.
   *
   * @returns how much of what is held, or comes next, has no place behind the last frame and is left out. Units: ms. The time of
   * frames never runs back.
   */
  jump(nowMs: number): number;
  /** Leave out what was captured before this. */
  startAt(ms: number): void;
  /** When the next frame is complete, its last sample being over; undefined while there is none. Units: ms. */
  nextEndMs(): number | undefined;
  /** The next frame; only to be called when there is one. */
  shift(): AudioFrame;
}

/** Four seconds may wait for the clock to settle, half a second is added at a time; more never waits after that. Units: ms. */
const longestQueueMs = 5000;
/** How much longer or shorter than nominal the stamps may make a frame. A clock's slope stays within 0.048 %. */
const maxSlew = 5e-4;

/**
 * Cut one channel into frames, each stamped with when its first sample was captured.
 *
 * @remarks
 * Timing: stamps follow the clock by at most 0.05 %, so that frames are contiguous to well within a sample whatever the clock
 * learns; they jump only after `jump`.
 */
export function createCaptureFramer(setup: CaptureFramerSetup): CaptureFramer {
  const { format, frameSamples, converter, clock, lock } = setup;
  const perMs = format.sampleRateHz / 1000;
  const maxSlewMs = (frameSamples / perMs) * maxSlew;
  const queue = createSampleQueue(Math.ceil(longestQueueMs * perMs) + frameSamples);
  /** Samples to come that are left out. */
  let skip = 0;
  /** Samples that were converted, in all. */
  let converted = 0;
  let lastEndMs: number | undefined;
  let mayJump = false;

  /** When the first sample that is held was captured, or will be the one that comes next. */
  const heldFromMs = (): number =>
    clock.msAt(converter.nextInputPosition - (queue.length - skip) * converter.inputsPerOutput);

  /** What would have been put out by `nowMs` if nothing took time. Units: ms. */
  const outputMs = (nowMs: number): number => {
    const inputs = clock.countAt(nowMs) - converter.nextInputPosition;
    return (converted + inputs / converter.inputsPerOutput) / perMs;
  };

  const leaveOut = (samples: number): void => {
    const held = Math.min(samples, queue.length);
    queue.shift(held);
    skip += samples - held;
  };

  function stampMs(): number {
    const ms = heldFromMs();
    if (lastEndMs === undefined) return ms;
    if (mayJump) return Math.max(ms, lastEndMs);
    return lastEndMs + Math.max(-maxSlewMs, Math.min(maxSlewMs, ms - lastEndMs));
  }

  return {
    push(mono) {
      const samples = converter.push(mono);
      converted += samples.length;
      clipInPlace(samples);
      const skipped = Math.min(skip, samples.length);
      skip -= skipped;
      queue.push(skipped > 0 ? samples.subarray(skipped) : samples);
    },
    correct(nowMs) {
      if (!lock) return;
      converter.setPpm(lock.steer(nowMs, outputMs(nowMs)));
    },
    jump(nowMs) {
      mayJump = true;
      lock?.rebase(nowMs, outputMs(nowMs));
      const backMs = (lastEndMs ?? Number.NEGATIVE_INFINITY) - heldFromMs();
      const samples = Math.max(0, Math.round(backMs * perMs));
      leaveOut(samples);
      return samples / perMs;
    },
    startAt(ms) {
      // What is a thousandth of a sample early is only rounded.
      leaveOut(Math.max(0, Math.ceil((ms - heldFromMs()) * perMs - 1e-3)));
    },
    nextEndMs: () => (queue.length < frameSamples ? undefined : stampMs() + frameSamples / perMs),
    shift() {
      const ms = stampMs();
      const frame = audioFrame(format, queue.shift(frameSamples), ms);
      lastEndMs = endMs(frame);
      mayJump = false;
      return frame;
    },
  };
}
