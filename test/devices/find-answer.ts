import { channelOf, findSounds, toneAmplitude } from '../virtual-kiosk/find-sound.js';
import type { Recording } from '../virtual-kiosk/recorder.js';

/** The pitch of what the service answers with. Units: Hz. */
export const answerHz = 440;

/** How much of an answer a recording holds, and when its first sample was audible. */
export function answerIn(
  recording: Recording,
  sinceMs: number,
): {
  readonly soundMs: number;
  readonly onsetMs: number | undefined;
} {
  const sounds = findSounds(recording).filter(({ fromMs, toMs }) => {
    if (toMs < sinceMs || toMs - fromMs < 15) return false;
    const [from, to] = [recording.frameAt(fromMs), recording.frameAt(toMs)].map(Math.round) as [
      number,
      number,
    ];
    // Of the right pitch: at a wrong rate it would be another one.
    return toneAmplitude(channelOf(recording, 0), recording.rateHz, answerHz, from, to) > 0.05;
  });
  return {
    soundMs: sounds.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
    onsetMs: sounds[0]?.fromMs,
  };
}
