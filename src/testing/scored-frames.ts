import { audioFrame } from '../core/audio/audio-frame.js';
import {
  type DetectedFrame,
  type SpeechPhase,
  stepUtterance,
  type UtteranceOptions,
} from '../core/operators/detect-utterances.js';
import type { ScoredFrame } from '../core/ports/voice-activity-detector.js';

/**
 * Frames with speech probabilities, one digit each, in tenths: `'0099990'`.
 *
 * @remarks
 * Shape: 10 samples a frame; every sample of frame n is n, so that a frame can be told from its samples.
 * @param frameMs - length of a frame. Range: above 0.
 * @public
 */
export function scoredFrames(tenths: string, frameMs = 32): ScoredFrame[] {
  const format = { sampleRateHz: 10_000 / frameMs, channels: 1 };
  return [...tenths].map((digit, n) => ({
    frame: audioFrame(format, new Float32Array(10).fill(n), n * frameMs),
    speechProbability: Number(digit) / 10,
    skipped: false,
  }));
}

/** The same, with utterances detected. @public */
export function detectedFrames(tenths: string, frameMs: number, options: UtteranceOptions): DetectedFrame[] {
  let phase: SpeechPhase = { name: 'silent' };
  return scoredFrames(tenths, frameMs).map((scored) => {
    const step = stepUtterance(phase, scored, options);
    phase = step.phase;
    return { frame: scored.frame, speechProbability: scored.speechProbability, ...step };
  });
}
