import { NEVER, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { scoredFrames } from '../../testing/scored-frames.js';
import type { ScoredFrame } from '../ports/voice-activity-detector.js';
import {
  type DetectedFrame,
  detectUtterances,
  type SpeechEdge,
  type UtteranceOptions,
} from './detect-utterances.js';

/** One digit a frame of 10 ms, in tenths. */
const score = (tenths: string) => scoredFrames(tenths, 10);
const options = { minSpeechMs: 30, gapToleranceMs: 20, minSilenceMs: 30 };
const detect = (tenths: string, over: Partial<UtteranceOptions> = {}): DetectedFrame[] => {
  const out: DetectedFrame[] = [];
  of(...score(tenths))
    .pipe(detectUtterances({ ...options, ...over }))
    .subscribe((frame) => out.push(frame));
  return out;
};
const edgesOf = (tenths: string, over: Partial<UtteranceOptions> = {}): string[] =>
  detect(tenths, over).flatMap(({ edges }) =>
    edges.map((edge: SpeechEdge) => `${edge.type.slice(7)}@${edge.atMs}`),
  );

const phaseOf = ({ phase, frame }: DetectedFrame) => `${frame.timestampMs} ${phase.name}`;

describeOperatorContract<ScoredFrame, DetectedFrame>({ describe, it, expect }, 'detectUtterances', {
  create: () => detectUtterances(options),
  values: score('0999900'),
  emitted: detect('0999900'),
  pending: [],
  compare: phaseOf,
  atTheBound: { keepsNothing: 'it keeps a phase and no audio' },
});

describe('detectUtterances', () => {
  it('starts with the first frame of speech, confirms after enough of it and ends after enough silence', () => {
    expect(edgesOf('0099990000')).toEqual(['started@30', 'confirmed@50', 'ended@90']);
  });

  it('calls a burst shorter than the minimum a misfire', () => {
    expect(edgesOf('0990000000')).toEqual(['started@20', 'misfired@60']);
  });

  it('counts a part of what is not certain, and so tells a cough from a word', () => {
    const strict = { certainThreshold: 0.9, uncertainShare: 0.5 };
    // A word, a cough, and a murmur that lasts.
    expect(edgesOf('0699900000', strict)).toEqual(['started@20', 'confirmed@50', 'ended@80']);
    expect(edgesOf('0678600000', strict)).toEqual(['started@20', 'misfired@80']);
    expect(edgesOf('0678676000', strict)).toEqual(['started@20', 'confirmed@70', 'ended@100']);
    // And one that goes on for longer than a cough does.
    expect(edgesOf('0678676000', { ...strict, uncertainForMs: 30 })).toEqual([
      'started@20',
      'confirmed@60',
      'ended@100',
    ]);
  });

  it('tolerates a gap inside speech that is not confirmed yet, and does not count it as speech', () => {
    expect(edgesOf('0990090000')).toEqual(['started@20', 'confirmed@60', 'ended@90']);
  });

  it('needs less to go on than to start: hysteresis', () => {
    expect(edgesOf('0044444000')).toEqual([]);
    expect(edgesOf('0094444000')).toEqual(['started@30', 'confirmed@50', 'ended@100']);
  });

  it('goes on with an utterance when speech returns before the silence is long enough', () => {
    expect(edgesOf('099990099990000')).toEqual(['started@20', 'confirmed@40', 'ended@140']);
  });

  it('says where speech began and ended, not when that was known', () => {
    const edges = detect('0099990000').flatMap((frame) => frame.edges);
    expect(edges.at(-1)).toEqual({ type: 'speech-ended', onsetMs: 20, endOfSpeechMs: 60, atMs: 90 });
  });

  it('starts and confirms with one frame when no minimum is set', () => {
    expect(edgesOf('090000', { minSpeechMs: 0 })).toEqual(['started@20', 'confirmed@20', 'ended@50']);
  });

  it('takes a profile from the next frame on, over its own options, and forgets the profile before', () => {
    const profile$ = new Subject<Partial<UtteranceOptions>>();
    const source$ = new Subject<ScoredFrame>();
    const names: string[] = [];
    source$
      .pipe(detectUtterances(options, profile$))
      .subscribe(({ edges }) => names.push(...edges.map(({ type }) => type)));
    const frames = score('4444');
    source$.next(frames[0] as ScoredFrame);
    profile$.next({ startThreshold: 0.4, stopThreshold: 0.3, minSpeechMs: 10 });
    source$.next(frames[1] as ScoredFrame);
    profile$.next({});
    expect(names).toEqual(['speech-started', 'speech-confirmed']);
  });

  it('releases the profile with its source', () => {
    const profile$ = new Subject<Partial<UtteranceOptions>>();
    const subscription = NEVER.pipe(detectUtterances(options, profile$)).subscribe();
    expect(profile$.observed).toBe(true);
    subscription.unsubscribe();
    expect(profile$.observed).toBe(false);
  });

  it('errors with a profile that is out of range', () => {
    const errors: unknown[] = [];
    NEVER.pipe(detectUtterances(options, of({ startThreshold: 2 }))).subscribe({
      error: (error) => errors.push(error),
    });
    expect(String(errors[0])).toContain('startThreshold must be a number from 0.01 to 1, but is 2');
  });

  it('names every bad option at once, and a hysteresis the wrong way round', () => {
    expect(() => detectUtterances({ startThreshold: -1, minSpeechMs: 1.5 })).toThrow(
      /startThreshold must be a number from 0.01 to 1, but is -1; minSpeechMs must be a whole number/,
    );
    expect(() => detectUtterances({ startThreshold: 0.2 })).toThrow(
      /stopThreshold \(0.35\) must not be above/,
    );
  });

  describe('with evidence', () => {
    const edgesWith = (
      tenths: string,
      share: number,
      over: Partial<UtteranceOptions> = {},
      minSpeechMs = 0,
    ) => {
      const edges: string[] = [];
      const judged = score(tenths).map((scored) => ({
        frame: scored.frame,
        speechProbability: 0,
        evidence: { speechProbability: scored.speechProbability, share, minSpeechMs },
      }));
      of(...judged)
        .pipe(detectUtterances({ ...options, ...over }))
        .subscribe((frame) => {
          edges.push(...frame.edges.map(({ type, atMs }) => `${type.slice(7)}@${atMs}`));
        });
      return edges;
    };

    it('goes by its probability, and not by the other', () => {
      expect(edgesWith('0099990000', 1)).toEqual(edgesOf('0099990000'));
    });

    it('counts a frame by its share: half as much takes twice as long to confirm, and starts no later', () => {
      expect(edgesWith('0099999900', 0.5)).toEqual(['started@30', 'confirmed@80']);
    });

    it('takes as long to confirm as it asks for, and never less than the rule asks for', () => {
      expect(edgesWith('0099999999', 1, {}, 50)).toEqual(['started@30', 'confirmed@70']);
      expect(edgesWith('0099999999', 1, { minSpeechMs: 70 }, 50)).toEqual(['started@30', 'confirmed@90']);
    });

    it('leaves a rule alone that wants nothing confirmed, such as a button', () => {
      expect(edgesWith('0090000', 0.1, { minSpeechMs: 0 }, 50)).toEqual([
        'started@30',
        'confirmed@30',
        'ended@60',
      ]);
    });

    it('says what the frame was judged by', () => {
      const [frame] = score('7');
      let judgedBy: number | undefined;
      of({
        frame: frame?.frame as ScoredFrame['frame'],
        speechProbability: 0.1,
        evidence: { speechProbability: 0.7, share: 1 },
      })
        .pipe(detectUtterances(options))
        .subscribe(({ speechProbability }) => {
          judgedBy = speechProbability;
        });
      expect(judgedBy).toBe(0.7);
    });
  });
});
