import { map } from 'rxjs';
import { endMs } from '../audio/audio-frame.js';
import type { UtteranceOptions } from '../operators/detect-utterances.js';
import type { VoiceActivityDetector } from '../ports/voice-activity-detector.js';

/** Presses that are remembered: frames come at most a few hundred milliseconds after the button. */
const maxPresses = 64;

interface Press {
  readonly fromMs: number;
  untilMs: number;
}

/** The button in the place of a detector: what was captured while it was down is an utterance, and nothing else is. */
export interface PressDetector extends VoiceActivityDetector {
  /** The button went down or up, now. */
  change(down: boolean, atMs: number): void;
}

/** What makes exactly the time of a press an utterance. */
export const pressUtterances = {
  startThreshold: 0.5,
  stopThreshold: 0.5,
  minSpeechMs: 0,
  certainThreshold: 0.5,
  uncertainShare: 1,
  uncertainForMs: 0,
  gapToleranceMs: 0,
  minSilenceMs: 10,
} as const satisfies UtteranceOptions;

export function createPressDetector(): PressDetector {
  const presses: Press[] = [];
  return {
    // The layout and rate that recognisers take; windows of 10 ms, so that little is added before and after the press.
    format: { sampleRateHz: 16_000, channels: 1 },
    windowSamples: 160,
    scoreSpeech: () =>
      map((frame) => {
        const isDown = presses.some(
          ({ fromMs, untilMs }) => frame.timestampMs < untilMs && endMs(frame) > fromMs,
        );
        return { frame, speechProbability: isDown ? 1 : 0, skipped: false };
      }),
    change(down, atMs) {
      const last = presses.at(-1);
      if (down) presses.push({ fromMs: atMs, untilMs: Number.POSITIVE_INFINITY });
      else if (last) last.untilMs = atMs;
      if (presses.length > maxPresses) presses.shift();
    },
  };
}
