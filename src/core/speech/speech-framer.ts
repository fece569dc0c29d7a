import { type AudioFrame, audioFrame, type PcmFormat } from '../audio/audio-frame.js';

/** Cuts one text's speech into frames. */
export interface SpeechFramer {
  /** The frames that are whole by now. */
  push(samples: Float32Array): AudioFrame[];
  /** What is left, as a shorter frame. */
  end(): AudioFrame[];
}

/**
 * Frames for what a `Synthesizer` emits: of one length but the last, contiguous from 0.
 *
 * @remarks
 * Unlike `reframe` it adds no silence at the end, for a next clause may follow. Ownership: `push` copies. Bound: holds less than one frame.
 * @param frameMs - @defaultValue 20, a cut falls on a frame's border
 */
export function createSpeechFramer(format: PcmFormat, frameMs = 20): SpeechFramer {
  const size = Math.max(1, Math.round((format.sampleRateHz * frameMs) / 1000)) * format.channels;
  let held = new Float32Array(size);
  let filled = 0;
  let framesBefore = 0;

  function cut(samples: Float32Array): AudioFrame {
    const timestampMs = (framesBefore * 1000) / format.sampleRateHz;
    framesBefore += samples.length / format.channels;
    filled = 0;
    return audioFrame(format, samples, timestampMs);
  }

  return {
    push(samples) {
      const frames: AudioFrame[] = [];
      for (let taken = 0; taken < samples.length; ) {
        const take = Math.min(size - filled, samples.length - taken);
        held.set(samples.subarray(taken, taken + take), filled);
        filled += take;
        taken += take;
        if (filled < size) break;
        frames.push(cut(held));
        held = new Float32Array(size);
      }
      return frames;
    },
    end: () => (filled === 0 ? [] : [cut(held.slice(0, filled))]),
  };
}
