import { defer, filter, type Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import type { AudioSource } from '../ports/audio-source.js';
import { type CaptureFault, type DeviceAccess, isOn } from './device-access.js';
import { pacedSource } from './paced-source.js';
import { releaseBeforeEnd } from './release-before-end.js';
import type { Saying, SoundScene } from './sound-scene.js';
import { sameInstantMs, type TimeBase } from './time-base.js';

/** A microphone in a room where things can be said. @public */
export interface RoomMicrophone extends AudioSource {
  /**
   * Say something now, or right after what is still being said. Heard only while the microphone is open.
   *
   * @remarks
   * Timing: exact to the sample: it begins at the sample that is under way now.
   * @param samples - one channel at the microphone's rate; every channel hears it. Copied.
   * @returns from when to when it is said.
   * @throws OptionError `OPTION_INVALID` when more than ten minutes would be waiting to be said.
   */
  say(samples: Float32Array): Saying;
  /** End the capture after the period under way; what is opened later completes without a frame. */
  hangUp(): void;
}

/** One opening of a paced microphone. */
export interface CaptureSession {
  /** What plays into the room from this opening on; null at its end. Same contract as `nextPeriod` of a paced source. */
  readonly playInto?: (heard: Float32Array) => Float32Array | null;
  /** Told of every frame that the listener gets, before the listener. */
  readonly record?: (frame: AudioFrame, firstSample: number) => void;
  readonly close?: () => void;
}

/** What a paced microphone is made of. */
export interface PacedMicrophoneOptions {
  readonly format: PcmFormat;
  readonly timeBase: TimeBase;
  readonly access: DeviceAccess;
  readonly scene: SoundScene;
  readonly faults: readonly CaptureFault[];
  /** Called at each opening. What it or its result throws ends the capture. */
  readonly openSession?: () => CaptureSession;
}

/** A microphone over paced sources, one for each opening, all on one time line. */
export function pacedMicrophone(options: PacedMicrophoneOptions): RoomMicrophone {
  const { format, timeBase, access, scene, faults, openSession } = options;
  const rateHz = format.sampleRateHz;
  const losses = faults.filter((fault) => fault.type === 'lose-samples');
  let lastPeriod = Number.POSITIVE_INFINITY;

  /** Whether any part of the frame's period falls into a loss: hardware loses whole periods. */
  function wasLost(frame: AudioFrame): boolean {
    const startMs = frame.timestampMs - timeBase.originMs;
    return losses.some(
      (loss) => isOn(loss, startMs) || (startMs < loss.fromMs && loss.fromMs < startMs + timeBase.periodMs),
    );
  }

  function captureOnce(lost$: Observable<unknown>): Observable<AudioFrame> {
    return defer(() => {
      const session: CaptureSession = openSession?.() ?? {};
      const nextPeriod = (samplesPerChannel: number, period: number): Float32Array | null => {
        if (period > lastPeriod) return null;
        const heard = scene.listen(timeBase.firstSampleOf(period, rateHz), samplesPerChannel);
        return session.playInto ? session.playInto(heard) : heard;
      };
      return pacedSource({ format, timeBase, nextPeriod, lost$ })
        .capture()
        .pipe(
          filter((frame) => {
            if (wasLost(frame)) return false;
            session.record?.(frame, timeBase.indexOf(frame));
            return true;
          }),
          releaseBeforeEnd(() => session.close?.()),
        );
    });
  }

  return {
    format,
    capture: () => access.open(captureOnce),
    say(samples) {
      const start = scene.say(samples, timeBase.sampleAt(timeBase.now(), rateHz));
      return {
        startMs: timeBase.sampleMs(start, rateHz),
        endMs: timeBase.sampleMs(start + samples.length, rateHz),
      };
    },
    hangUp() {
      const periodNow = Math.floor((timeBase.now() + sameInstantMs - timeBase.originMs) / timeBase.periodMs);
      lastPeriod = Math.min(lastPeriod, periodNow);
    },
  };
}
