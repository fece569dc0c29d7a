import { describe, expect, it } from 'vitest';
import { defaultCombinedSpeechOptions } from '../../src/core/detection/combine-speech.js';
import { defaultUtteranceOptions } from '../../src/core/operators/detect-utterances.js';
import type { Heard } from './hear-scene.js';
import { livekitRule, ourRule, pipecatRule, plainRule } from './rules.js';

/** Probabilities in tenths, one for each window, known `lateMs` after the window's end. */
function heard(tenths: string, lateMs = 10, confidence = 1): Heard {
  const probability = Float32Array.from([...tenths].map((digit) => Number(digit) / 10));
  return {
    probability,
    readyMs: probability.map((_, window) => (window + 1) * 32 + lateMs),
    confidence: new Float32Array(probability.length).fill(confidence),
    mayBeEcho: new Float32Array(probability.length).fill(1),
    levelChangeDb: [],
  };
}

const types = (decisions: readonly { readonly type: string }[]) => decisions.map(({ type }) => type);
const options = { combined: defaultCombinedSpeechOptions, utterances: defaultUtteranceOptions };

describe('rules', () => {
  it('ducks at the first window, cuts after enough of them, and ends after silence', () => {
    const rule = plainRule('plain', 'raw', defaultUtteranceOptions);
    const decisions = rule.decide({ raw: heard(`00${'9'.repeat(8)}${'0'.repeat(14)}`) });
    expect(types(decisions)).toEqual(['duck', 'cut', 'end']);
    expect(decisions[0]?.atMs).toBe(3 * 32 + 10);
    expect(decisions[1]?.atMs).toBe(7 * 32 + 10);
  });

  it('restores after a cough', () => {
    const rule = plainRule('plain', 'raw', defaultUtteranceOptions);
    expect(types(rule.decide({ raw: heard(`0099${'0'.repeat(14)}`) }))).toEqual(['duck', 'restore']);
  });

  it('decides no sooner than the later of its two signals is known', () => {
    const rule = ourRule('ours', ['linear', 'webrtc'], options);
    const speech = `00${'9'.repeat(8)}`;
    const decisions = rule.decide({ linear: heard(speech, 10), webrtc: heard(speech, 26) });
    expect(decisions[0]?.atMs).toBe(3 * 32 + 26);
    expect(types(decisions)).toEqual(['duck', 'cut']);
  });

  it('takes longer to be sure where only one signal holds speech', () => {
    const rule = ourRule('ours', ['linear', 'webrtc'], options);
    const speech = `00${'9'.repeat(20)}`;
    const cutMs = (second: string) =>
      rule.decide({ linear: heard(speech), webrtc: heard(second) }).find(({ type }) => type === 'cut')
        ?.atMs ?? 0;
    expect(cutMs('0'.repeat(22))).toBeGreaterThan(cutMs(speech));
  });

  it("cuts by Pipecat's rule after 200 ms without a gap", () => {
    const rule = pipecatRule('webrtc');
    expect(types(rule.decide({ webrtc: heard('0999999') }))).toEqual(['duck', 'cut']);
    expect(types(rule.decide({ webrtc: heard('0999699900') }))).toEqual([
      'duck',
      'restore',
      'duck',
      'restore',
    ]);
  });

  it("cuts by LiveKit's rule after half a second, short gaps counted", () => {
    const rule = livekitRule('webrtc');
    const decisions = rule.decide({ webrtc: heard(`0${'9'.repeat(6)}000${'9'.repeat(10)}`) });
    expect(types(decisions)).toEqual(['cut']);
    expect(decisions[0]?.atMs).toBe(17 * 32 + 10);
    expect(rule.decide({ webrtc: heard(`0${'9'.repeat(6)}${'0'.repeat(20)}`) })).toEqual([]);
  });
});
