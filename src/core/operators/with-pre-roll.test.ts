import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { detectedFrames } from '../../testing/scored-frames.js';
import { type DetectedFrame, defaultUtteranceOptions } from './detect-utterances.js';
import { type PreRollOptions, type UtterancePart, withPreRoll } from './with-pre-roll.js';

const rule = { ...defaultUtteranceOptions, minSpeechMs: 30, gapToleranceMs: 20, minSilenceMs: 30 };
const detected = (tenths: string) => detectedFrames(tenths, 10, rule);
/** Frames by their number, edges by name. */
const shown = (part: UtterancePart): string =>
  part.type === 'utterance-audio'
    ? `${part.frame.samples[0]}`
    : part.type === 'utterance-started'
      ? '['
      : ']';
const roll = (tenths: string, options: Partial<PreRollOptions> = { preRollMs: 20 }): UtterancePart[] => {
  const out: UtterancePart[] = [];
  of(...detected(tenths))
    .pipe(withPreRoll(options))
    .subscribe((part) => out.push(part));
  return out;
};

const running = detected('00009999');
describeOperatorContract<DetectedFrame, UtterancePart>({ describe, it, expect }, 'withPreRoll', {
  create: () => withPreRoll({ preRollMs: 20 }),
  values: running,
  emitted: roll('00009999').slice(0, -1),
  pending: [{ type: 'utterance-ended', endOfSpeechMs: 80, atMs: 80, droppedMs: 0 }],
  atTheBound: () => {
    const parts = roll(`0${'990'.repeat(40)}999`, { preRollMs: 0, maxUnconfirmedMs: 100 });
    expect(parts.filter(({ type }) => type === 'utterance-audio').length).toBeGreaterThan(0);
    const slow = detectedFrames(`0${'9000'.repeat(6)}99999`, 10, {
      ...rule,
      minSpeechMs: 80,
      gapToleranceMs: 50,
    });
    const out: UtterancePart[] = [];
    of(...slow)
      .pipe(withPreRoll({ preRollMs: 0, maxUnconfirmedMs: 100 }))
      .subscribe((part) => out.push(part));
    const kept = out.filter(({ type }) => type === 'utterance-audio').length;
    const ended = out.at(-1);
    expect(ended?.type === 'utterance-ended' && ended.droppedMs).toBeGreaterThan(0);
    expect(kept).toBeLessThan(slow.length - 1);
  },
});

describe('withPreRoll', () => {
  it('brings what came just before the first speech, then the speech and the silence that ended it', () => {
    expect(roll('0000999900000').map(shown).join(' ')).toBe('[ 2 3 4 5 6 7 8 9 10 ]');
  });

  it('loses no frame and repeats none between two utterances that lie close together', () => {
    const frames = roll('099990009999000', { preRollMs: 1000 })
      .filter(({ type }) => type === 'utterance-audio')
      .map(shown);
    expect(frames).toEqual([...new Set(frames)]);
    expect(frames.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, n) => `${n}`));
  });

  it('keeps speech that misfires to itself', () => {
    expect(roll('0099000000000')).toEqual([]);
  });

  it('tells onset and end in the time of the frames', () => {
    const parts = roll('0000999900000');
    expect(parts[0]).toEqual({ type: 'utterance-started', onsetMs: 40, atMs: 70 });
    expect(parts.at(-1)).toEqual({ type: 'utterance-ended', endOfSpeechMs: 80, atMs: 110, droppedMs: 0 });
  });

  it('refuses a pre-roll out of range', () => {
    expect(() => withPreRoll({ preRollMs: -1 })).toThrow(
      /preRollMs must be a whole number from 0 to 3000 ms, but is -1/,
    );
  });
});
