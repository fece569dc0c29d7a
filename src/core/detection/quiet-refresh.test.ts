import { describe, expect, it } from 'vitest';
import type { SpeechPhase } from '../operators/detect-utterances.js';
import { createQuietRefresh } from './quiet-refresh.js';

const silent: SpeechPhase = { name: 'silent' };

/** When it begins afresh, for windows of 32 ms. */
function refreshes(everyMs: number, probabilities: readonly number[], phases: readonly SpeechPhase[] = []) {
  const refresh = createQuietRefresh(everyMs);
  return probabilities.flatMap((speechProbability, n) =>
    refresh.step({ speechProbability, endMs: (n + 1) * 32, phase: phases[n] ?? silent }) ? [n] : [],
  );
}
const times = (count: number, probability: number): number[] =>
  Array.from({ length: count }, () => probability);

describe('a detector that begins afresh while it is quiet', () => {
  it('does so at the third quiet window, and then once in its time', () => {
    expect(refreshes(2000, times(140, 0.05))).toEqual([2, 65, 128]);
  });

  it('does not while something is heard, and waits for three quiet windows after it', () => {
    expect(refreshes(320, [...times(2, 0), 0.2, ...times(5, 0.1)])).toEqual([5]);
    expect(refreshes(320, times(50, 0.15))).toEqual([]);
  });

  it('does not inside of an utterance, however quiet a gap in it is', () => {
    const phase: SpeechPhase = { name: 'starting', onsetMs: 0, speechMs: 64, gapMs: 32 };
    expect(
      refreshes(
        320,
        times(50, 0),
        Array.from({ length: 50 }, () => phase),
      ),
    ).toEqual([]);
  });

  it('never does when told not to', () => {
    expect(refreshes(0, times(500, 0))).toEqual([]);
  });
});
