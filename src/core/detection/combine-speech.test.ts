import { describe, expect, it } from 'vitest';
import { type SpeechPhase, stepUtterance } from '../operators/detect-utterances.js';
import {
  combineSpeech,
  defaultCombinedSpeechOptions,
  resolveCombinedSpeechOptions,
  type SpeechOpinions,
} from './combine-speech.js';

const options = defaultCombinedSpeechOptions;
const combine = (opinions: SpeechOpinions) => combineSpeech(opinions, options);

/** The same for every run: a test must not depend on chance. */
function* opinionsAtRandom(count: number): Generator<SpeechOpinions> {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const perhaps = () => (random() < 0.2 ? undefined : random());
  for (let i = 0; i < count; i++) {
    yield { first: perhaps(), second: perhaps(), confidence: perhaps(), isEchoPossible: random() < 0.8 };
  }
}

describe('combineSpeech', () => {
  it.each([
    ['without an echo the first alone decides', { first: 0.9, second: 0, isEchoPossible: false }, 0.9, 1],
    ['even one that was not trusted', { first: 0.9, confidence: 0, isEchoPossible: false }, 0.9, 1],
    [
      'without an echo the second decides when the first is missing',
      { second: 0.8, isEchoPossible: false },
      0.8,
      1,
    ],
    ['a canceller that tells nothing is taken as it is', { first: 0.9, isEchoPossible: true }, 0.9, 1],
    ['and so is the second alone', { second: 0.7, isEchoPossible: true }, 0.7, 1],
    ['a trusted signal alone counts less', { first: 0.9, confidence: 1, isEchoPossible: true }, 0.9, 0.9],
    ['the less it is trusted', { first: 0.9, confidence: 0.7, isEchoPossible: true }, 0.9, 0.225],
    ['but never nothing', { first: 0.9, confidence: 0.4, isEchoPossible: true }, 0.9, 0.1],
    [
      'a trusted signal raises the suspicion, and where the second agrees it counts in full',
      { first: 0.9, second: 0.3, confidence: 0.9, isEchoPossible: true },
      0.9,
      1,
    ],
    [
      'where the second does not, it counts less',
      { first: 0.8, second: 0, confidence: 1, isEchoPossible: true },
      0.8,
      0.6,
    ],
    [
      'and less, the less it is trusted',
      { first: 0.8, second: 0, confidence: 0.7, isEchoPossible: true },
      0.8,
      0.15,
    ],
    [
      'the second alone raises no suspicion against a trusted first',
      { first: 0, second: 0.9, confidence: 1, isEchoPossible: true },
      0,
      0.6,
    ],
  ])('%s', (_, opinions, speechProbability, share) => {
    const evidence = combine(opinions);
    expect(evidence).toEqual({ speechProbability, share: evidence.share });
    expect(evidence.share).toBeCloseTo(share, 9);
  });

  it.each([
    ['what both hold is speech', { first: 0.9, second: 0.3 }, 0.3, 1],
    ['the first alone is none', { first: 0.9, second: 0 }, 0, 1],
    ['nor is the second alone', { first: 0, second: 0.9 }, 0, 1],
    ['unless there is no other, and then by half', { first: 0.9 }, 0.9, 0.5],
  ])('when the first signal is doubted, %s', (_, heard, speechProbability, share) => {
    const evidence = combine({ ...heard, confidence: 0.39, isEchoPossible: true });
    expect(evidence).toEqual({
      speechProbability,
      share,
      confirmedProbability: heard.first,
      minSpeechMs: 288,
    });
  });

  it('is trusted from the very confidence on', () => {
    const evidence = combine({ first: 1, second: 0, confidence: 0.4, isEchoPossible: true });
    expect(evidence).toEqual({ speechProbability: 1, share: 0.1 });
  });

  it('lets the second weigh in a suspicion when asked to', () => {
    const heard = { first: 1, second: 0, confidence: 1, isEchoPossible: true };
    expect(combineSpeech(heard, { ...options, suspicionWeight: 0.25 }).speechProbability).toBe(0.75);
  });

  it('always gives a probability, and a share that counts', () => {
    for (const opinions of opinionsAtRandom(1000)) {
      const { speechProbability, share } = combine(opinions);
      expect(speechProbability).toBeGreaterThanOrEqual(0);
      expect(speechProbability).toBeLessThanOrEqual(1);
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  });

  it('is never more suspicious when the second says less, nor when the canceller is less sure', () => {
    for (const opinions of opinionsAtRandom(1000)) {
      const { first, second, confidence } = opinions;
      const before = combine(opinions);
      if (first !== undefined && second !== undefined) {
        const after = combine({ ...opinions, second: second / 2 });
        expect(after.share).toBeLessThanOrEqual(before.share);
        expect(after.speechProbability).toBeLessThanOrEqual(before.speechProbability);
      }
      if (confidence !== undefined) {
        const after = combine({ ...opinions, confidence: confidence / 2 });
        expect(after.speechProbability).toBeLessThanOrEqual(before.speechProbability);
        if (after.minSpeechMs === undefined) expect(after.share).toBeLessThanOrEqual(before.share);
        expect(after.minSpeechMs ?? 0).toBeGreaterThanOrEqual(before.minSpeechMs ?? 0);
      }
    }
  });

  it('names options that are out of range', () => {
    expect(() => resolveCombinedSpeechOptions({ aloneShare: 0, trustedConfidence: 2 })).toThrow(
      /trustedConfidence must be a number from 0 to 1, but is 2; aloneShare must be a number from 0.05 to 1, but is 0/,
    );
  });
});

describe('evidence, window by window', () => {
  const windowMs = 32;
  const rule = {
    startThreshold: 0.4,
    stopThreshold: 0.35,
    minSpeechMs: 160,
    certainThreshold: 0.9,
    uncertainShare: 1,
    uncertainForMs: 500,
    gapToleranceMs: 200,
    minSilenceMs: 320,
  };
  const format = { sampleRateHz: 16_000, channels: 1 };
  const samples = new Float32Array(512);

  /** What follows from the same opinions again and again: after how many windows. */
  const follow = (opinions: SpeechOpinions, windows = 120) => {
    let phase: SpeechPhase = { name: 'silent' };
    const edges: Record<string, number> = {};
    for (let n = 0; n < windows; n++) {
      const frame = { format, samples, samplesPerChannel: 512, timestampMs: n * windowMs };
      const evidence = combine(opinions);
      const step = stepUtterance(phase, { frame, speechProbability: 0, evidence }, rule);
      phase = step.phase;
      for (const { type } of step.edges) edges[type] ??= n + 1;
    }
    return edges;
  };

  it.each([
    ['both agree', { first: 1, second: 1, confidence: 1 }, { 'speech-started': 1, 'speech-confirmed': 5 }],
    [
      'the trusted one alone',
      { first: 0.9, second: 0, confidence: 1 },
      { 'speech-started': 1, 'speech-confirmed': 9 },
    ],
    [
      'both, doubted',
      { first: 1, second: 0.4, confidence: 0.2 },
      { 'speech-started': 1, 'speech-confirmed': 9 },
    ],
    ['the doubted one alone beside another', { first: 1, second: 0, confidence: 0.2 }, {}],
    ['the other alone beside a doubted one', { first: 0, second: 1, confidence: 0.2 }, {}],
    [
      'the doubted one without another',
      { first: 1, confidence: 0.2 },
      { 'speech-started': 1, 'speech-confirmed': 18 },
    ],
    ['the second alone', { first: 0, second: 1, confidence: 1 }, {}],
  ])('%s: ducks and cuts after so many windows', (_, opinions, edges) => {
    expect(follow({ ...opinions, isEchoPossible: true })).toEqual(edges);
  });

  it('decides on the first window in which it is sure, never one later', () => {
    expect(follow({ first: 0.4, second: 0, confidence: 1, isEchoPossible: true })).toMatchObject({
      'speech-started': 1,
    });
    expect(follow({ first: 1, isEchoPossible: false })).toEqual({
      'speech-started': 1,
      'speech-confirmed': 5,
    });
  });

  it('never suspects for ever: whatever lasts is confirmed, or was none', () => {
    for (const opinions of opinionsAtRandom(500)) {
      const edges = follow(opinions);
      if (edges['speech-started'] !== undefined) expect(edges['speech-confirmed']).toBeLessThanOrEqual(51);
    }
  });

  it('goes on with an utterance that was confirmed, though the signal is doubted later', () => {
    const frame = { format, samples, samplesPerChannel: 512, timestampMs: 0 };
    const evidence = combine({ first: 0.8, second: 0, confidence: 0.1, isEchoPossible: true });
    const speaking: SpeechPhase = { name: 'speaking', onsetMs: 0 };
    expect(stepUtterance(speaking, { frame, speechProbability: 0, evidence }, rule).phase).toEqual(speaking);
  });
});
