import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import {
  type AudioFrame,
  audioFrame,
  endMs,
  type PcmFormat,
  sameFormat,
} from '../../core/audio/audio-frame.js';
import { AudioFormatError, ModelError } from '../../core/errors.js';
import { toInt16 } from './int16.js';
import type { NativeApm } from './native-apm.js';
import { createReferenceLine, type ReferenceCounters } from './reference-line.js';
import { reasonOf } from './rtc-ffi-bindings.js';

/** What one subscription needs. */
export interface CancelEchoSetup {
  readonly format: PcmFormat;
  /** A fresh module, or the reason why there can be none. */
  readonly openApm: () => NativeApm;
  readonly closeApm: (apm: NativeApm) => void;
  /** Undefined for a module that cancels no echo. */
  readonly reference$: Observable<AudioFrame> | undefined;
  readonly referenceLeadMs: number;
  readonly maxReferenceWaitMs: number;
  /** By how much the module's output lags behind its input. */
  readonly innerDelaySamples: number;
  readonly counters: ReferenceCounters & { heldFrames: number };
}

/** A frame without samples comes out like any other, so it waits for those before it; this many are no accident. */
const maxOwedEmpty = 1000;

/**
 * Send frames of any size through a module that takes 10 ms at a time.
 *
 * @remarks
 * Order: near frames are worked on one after the other; a reference frame that comes may set free those that waited for it.
 * The output is the same for the same frames in the same order.
 * Bound: at most `maxReferenceWaitMs`, the inner delay and one frame are held, and 30 ms; and 1000 frames without samples.
 */
export function cancelEchoWith(setup: CancelEchoSetup): MonoTypeOperatorFunction<AudioFrame> {
  const { format, reference$, referenceLeadMs, maxReferenceWaitMs, innerDelaySamples, counters } = setup;
  const perMs = format.sampleRateHz / 1000;

  return (frames$) =>
    new Observable<AudioFrame>((subscriber) => {
      let apm: NativeApm;
      try {
        apm = setup.openApm();
      } catch (error) {
        subscriber.error(error);
        return;
      }
      subscriber.add(() => setup.closeApm(apm));
      const block = apm.captureSamples;
      const reference = createReferenceLine(format.sampleRateHz, counters);

      /** Frames not all of whose samples went in; of the first, `taken` did. */
      const waiting: AudioFrame[] = [];
      let taken = 0;
      /** Samples that came and did not go in. */
      let waitingSamples = 0;
      let latestMs = 0;
      let latestSamples = 0;
      /** Frames that went in, or will, and did not come out; of the first, `mended` samples did. */
      const owed: AudioFrame[] = [];
      let cleaned = new Float32Array(0);
      let mended = 0;
      /** Those of `owed` without samples. */
      let owedEmpty = 0;
      let toSkip = innerDelaySamples;
      let advancing = false;
      let completed = false;
      /** The last frame that was seen to wait. */
      let counted: AudioFrame | undefined;

      /** The reference is not there, and is still worth waiting for. */
      const mustWait = (first: AudioFrame, fromMs: number): boolean => {
        const knownMs = reference.knownUntilMs();
        if (knownMs === undefined || reference.covers(fromMs, block.length)) return false;
        if (latestMs + referenceLeadMs - knownMs > maxReferenceWaitMs) return false;
        // Whatever the timestamps say, no more is held than was promised.
        if (waitingSamples > maxReferenceWaitMs * perMs + latestSamples) return false;
        if (counted !== first) counters.heldFrames++;
        counted = first;
        return true;
      };

      const fillBlock = (): void => {
        let filled = 0;
        while (filled < block.length) {
          const first = waiting[0];
          if (first === undefined) {
            block.fill(0, filled);
            break;
          }
          const { samples } = first;
          const end = Math.min(samples.length, taken + block.length - filled);
          waitingSamples -= end - taken;
          while (taken < end) block[filled++] = toInt16(samples[taken++] as number, counters);
          if (taken === samples.length) {
            waiting.shift();
            taken = 0;
          }
        }
      };

      const takeOut = (): void => {
        let at = Math.min(toSkip, block.length);
        toSkip -= at;
        for (;;) {
          const first = owed[0];
          if (first === undefined) return;
          const { length } = first.samples;
          if (mended === 0) cleaned = new Float32Array(length);
          while (mended < length && at < block.length) cleaned[mended++] = (block[at++] as number) / 32_768;
          if (mended < length) return;
          owed.shift();
          if (length === 0) owedEmpty--;
          mended = 0;
          subscriber.next(audioFrame(format, cleaned, first.timestampMs));
        }
      };

      const work = (fromMs: number): void => {
        if (reference$ !== undefined) {
          reference.read(fromMs, apm.renderSamples);
          apm.render();
        }
        fillBlock();
        apm.capture();
        takeOut();
      };

      /** Work as far as it goes without waiting. */
      const advance = (): void => {
        if (advancing) return;
        advancing = true;
        try {
          while (!subscriber.closed && (waitingSamples >= block.length || (completed && owed.length > 0))) {
            const first = waiting[0];
            const fromMs = (first ? first.timestampMs + taken / perMs : latestMs) + referenceLeadMs;
            if (first && !completed && mustWait(first, fromMs)) break;
            work(fromMs);
          }
        } catch (cause) {
          subscriber.error(failed(cause));
        } finally {
          advancing = false;
        }
        if (completed) subscriber.complete();
      };

      if (reference$ !== undefined) {
        const end = () => {
          reference.end();
          advance();
        };
        subscriber.add(
          reference$.subscribe({
            next: (frame) => {
              try {
                reference.push(stamped(frame));
              } catch (error) {
                subscriber.error(error);
                return;
              }
              advance();
            },
            error: (error: unknown) => subscriber.error(error),
            complete: end,
          }),
        );
        if (subscriber.closed) return;
      }
      subscriber.add(
        frames$.subscribe({
          next: (frame) => {
            if (!sameFormat(frame.format, format)) {
              subscriber.error(unsupported(frame.format, format));
              return;
            }
            if (!Number.isFinite(frame.timestampMs)) {
              subscriber.error(unstamped(frame));
              return;
            }
            if (frame.samples.length > 0) waiting.push(frame);
            else if (++owedEmpty > maxOwedEmpty) {
              subscriber.error(tooManyEmpty());
              return;
            }
            owed.push(frame);
            waitingSamples += frame.samples.length;
            latestMs = endMs(frame);
            latestSamples = frame.samples.length;
            advance();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            completed = true;
            // What is worked on from now on is silence to push the last frames out; none of its reference is missing.
            reference.end();
            advance();
          },
        }),
      );
    });
}

function failed(cause: unknown): unknown {
  if (cause instanceof ModelError) return cause;
  return new ModelError(
    'MODEL_INFERENCE_FAILED',
    `the audio processing module failed (${reasonOf(cause)}); subscribe again, or load it again when it was closed`,
    { cause },
  );
}

function stamped(frame: AudioFrame): AudioFrame {
  if (Number.isFinite(frame.timestampMs)) return frame;
  throw unstamped(frame);
}

/** A frame without a time can be put nowhere, and would take everything that comes after it along. */
function unstamped({ timestampMs }: AudioFrame): AudioFormatError {
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `webrtc-apm aligns frames by timestampMs, but got ${timestampMs}; stamp captured and rendered frames in milliseconds of one clock`,
  );
}

function tooManyEmpty(): AudioFormatError {
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `webrtc-apm got ${maxOwedEmpty} captured frames without samples and not enough with samples to answer them; give frames with samples, or none`,
  );
}

function unsupported(got: PcmFormat, wanted: PcmFormat): AudioFormatError {
  const show = ({ sampleRateHz, channels }: PcmFormat) => `${sampleRateHz} Hz with ${channels} channel(s)`;
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `webrtc-apm takes ${show(wanted)}, but got ${show(got)}; put convertTo in front or set sampleRateHz`,
  );
}
