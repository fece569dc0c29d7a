import { Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { type AudioFrame, audioFrame, endMs, type PcmFormat } from '../audio/audio-frame.js';
import type { AudioSource } from '../ports/audio-source.js';
import type { Mute } from '../ports/floor.js';

/** A muted device that delivers nothing for so long is stood in for. Units: ms. No driver takes longer for a frame (5 to 40 ms). */
const standInAfterMs = 100;
/** Silence is made in frames of this length. Units: ms. */
const silentFrameMs = 20;
/** More silence than this is not made up for; the time stamps then jump. Units: ms. */
const maxOwedMs = 1000;

const silenceOf = (format: PcmFormat, samples: number, timestampMs: number): AudioFrame =>
  audioFrame(format, new Float32Array(samples * format.channels), timestampMs);

/**
 * The microphone as the loop may hear it: silence while it is muted, also when the device then delivers nothing at all.
 *
 * @remarks
 * No sample that was captured while muted is let through: a frame that lies only partly in a mute is silent as a whole.
 * Where the device takes up again in the middle of silence that was made for it, what overlaps is dropped.
 * @param mute$ - never fails.
 * @param leastMs - a mute is heard for at least as long, so that it ends the utterance it falls into and what is said after it is a new one. Units: ms.
 */
export function mutedMicrophone(
  microphone: AudioSource,
  mute$: Mute,
  leastMs: number,
  scheduler: SchedulerLike,
): AudioSource {
  const { format } = microphone;

  const capture = () =>
    new Observable<AudioFrame>((subscriber) => {
      let isMuted = false;
      let mutedSinceMs = Number.NEGATIVE_INFINITY;
      let silentUntilMs = Number.NEGATIVE_INFINITY;
      /** Where the next frame has to begin, once there was one. */
      let nextMs = Number.NEGATIVE_INFINITY;
      let watch: Subscription | undefined;

      const isSilent = (fromMs: number) => isMuted || fromMs < silentUntilMs;
      const emit = (frame: AudioFrame) => {
        nextMs = endMs(frame);
        subscriber.next(frame);
      };
      /** As much silence as the device owes by now. */
      const standIn = () => {
        const nowMs = scheduler.now();
        const samples = Math.round((silentFrameMs * format.sampleRateHz) / 1000);
        // After a long sleep of the machine nobody waits for the silence of the whole night.
        if (nowMs - nextMs > maxOwedMs) nextMs = nowMs - silentFrameMs;
        while (isMuted && !subscriber.closed && nextMs + silentFrameMs <= nowMs) {
          emit(silenceOf(format, samples, nextMs));
        }
      };
      const watchDevice = (afterMs: number) => {
        watch?.unsubscribe();
        watch = scheduler.schedule(() => {
          if (!isMuted) return;
          standIn();
          // Whoever hears the silence may leave at it.
          if (!subscriber.closed) watchDevice(silentFrameMs);
        }, afterMs);
      };

      subscriber.add(
        mute$.subscribe({
          next: (muted) => {
            if (muted === isMuted) return;
            isMuted = muted;
            if (muted) {
              mutedSinceMs = scheduler.now();
              watchDevice(standInAfterMs);
              return;
            }
            watch?.unsubscribe();
            silentUntilMs = Math.max(scheduler.now(), mutedSinceMs + leastMs);
          },
        }),
      );
      subscriber.add(() => watch?.unsubscribe());
      subscriber.add(
        microphone.capture().subscribe({
          next: (frame) => {
            if (isMuted) watchDevice(standInAfterMs);
            // Rounding of a timestamp is no overlap.
            if (frame.timestampMs < nextMs - 1 && isSilent(frame.timestampMs)) return;
            emit(
              isSilent(frame.timestampMs)
                ? silenceOf(frame.format, frame.samplesPerChannel, frame.timestampMs)
                : frame,
            );
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });

  return { format, capture };
}
