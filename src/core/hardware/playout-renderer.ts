import { type AudioFrame, audioFrame, type PcmFormat } from '../audio/audio-frame.js';
import { sameInstantMs } from '../pacing/time-base.js';
import type { PlayoutClock } from './playout-clock.js';
import type { PlayoutTape } from './playout-tape.js';

/** Emits a tape frame by frame, each at the instant at which its first sample leaves the loudspeaker. */
export interface PlayoutRenderer {
  /** Index behind the last frame that was emitted. */
  readonly cursor: number;
  /** Emit from this index on. */
  begin(index: number): void;
  /** When the next frame is due. Units: ms. */
  nextMs(): number;
  /** Emit every frame that is due. Without effect inside of an `emit`. */
  render(nowMs: number): void;
  /** Emit nothing any more. */
  stop(): void;
}

/** What is behind the present on the tape may still be asked for: a driver may give back what was thought to be heard. Units: ms. */
const keptMs = 200;

/** @param history - so much more of the tape has to be kept. Sample frames. */
export function createPlayoutRenderer(
  format: PcmFormat,
  periodMs: number,
  tape: PlayoutTape,
  clock: PlayoutClock,
  history: () => number,
  emit: (frame: AudioFrame) => void,
): PlayoutRenderer {
  const perMs = format.sampleRateHz / 1000;
  /** Where the count of frames began. A period need not be a whole number of samples; what is left over adds up. */
  let origin = 0;
  let frames = 0;
  let cursor = 0;
  let state: 'idle' | 'emitting' | 'stopped' = 'idle';
  // A function, because it changes while a frame is emitted.
  const isStopped = (): boolean => state === 'stopped';

  return {
    get cursor() {
      return cursor;
    },
    begin(index) {
      origin = index;
      cursor = index;
      frames = 0;
    },
    nextMs: () => clock.msAt(cursor),
    render(nowMs) {
      if (state !== 'idle') return;
      state = 'emitting';
      while (!isStopped() && clock.msAt(cursor) <= nowMs + sameInstantMs) {
        const from = cursor;
        frames += 1;
        cursor = origin + Math.floor(frames * periodMs * perMs);
        // Only where no stream is open, or where this process came late.
        tape.appendSilence(cursor - tape.end);
        emit(audioFrame(format, tape.read(from, cursor), clock.msAt(from)));
        tape.forgetBefore(cursor - Math.ceil(keptMs * perMs) - history());
      }
      if (!isStopped()) state = 'idle';
    },
    stop() {
      state = 'stopped';
    },
  };
}
