import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultFirstWordsOptions,
  type FirstWords,
  type FirstWordsInput,
  type FirstWordsStep,
  holdFirstWords,
  resolveFirstWordsOptions,
  stepFirstWords,
} from './first-words.js';

/** Onset at 1000, confirmed at 1160; the utterance is known to be over 320 ms after its last sound. */
const held = holdFirstWords(1000, 1160, 320, defaultFirstWordsOptions);
const said = (text: string, final = false): FirstWordsInput => ({
  type: 'transcribed',
  isBackchannel: text === 'mm-hm',
  isEmpty: text === '',
  final,
});
const looked = (atMs: number): FirstWordsInput => ({ type: 'looked', atMs });
const ended: FirstWordsInput = { type: 'utterance-ended' };
const failed: FirstWordsInput = { type: 'transcription-failed' };

const judge = (...inputs: FirstWordsInput[]): { readonly state: FirstWords; readonly verdicts: string } => {
  const verdicts: string[] = [];
  let step: FirstWordsStep = { state: held };
  for (const input of inputs) {
    step = stepFirstWords(step.state, input);
    if (step.verdict) verdicts.push(step.verdict);
  }
  return { state: step.state, verdicts: verdicts.join(' ') };
};

describe('first words', () => {
  it.each([
    ['a word that is no backchannel cuts at once', [said('stop')], 'cut'],
    ['a backchannel restores', [said('mm-hm')], 'restore'],
    ['nothing by the bound cuts', [looked(1460)], 'cut'],
    ['nothing is decided before the bound', [looked(1459)], ''],
    ['a partial without words is nothing', [said(''), looked(1460)], 'cut'],
    ['an utterance that is over undecided cuts', [ended], 'cut'],
    ['a recogniser that fails leaves it to the acoustic rule', [failed], 'cut'],
    ['a whole utterance without a word restores', [said('', true)], 'restore'],
    [
      'a backchannel that goes on to something else cuts after all',
      [said('mm-hm'), said('mm-hm but')],
      'restore cut',
    ],
    ['a backchannel is restored once', [said('mm-hm'), said('mm-hm'), said('mm-hm', true)], 'restore'],
    [
      'speech that goes on for longer than any backchannel cuts',
      [said('mm-hm'), looked(2320)],
      'restore cut',
    ],
    ['and not before', [said('mm-hm'), looked(2319)], 'restore'],
    ['a backchannel that is over never becomes too long', [said('mm-hm'), ended, looked(9999)], 'restore'],
    [
      'the last words of one that is over still count',
      [said('mm-hm'), ended, said('mm-hm stop', true)],
      'restore cut',
    ],
    [
      'a recogniser that fails after a backchannel changes nothing',
      [said('mm-hm'), failed, looked(9999)],
      'restore',
    ],
    ['nothing follows a decision', [said('stop'), said('mm-hm'), looked(9999), ended], 'cut'],
  ] as const)('%s', (_title, inputs, verdicts) => {
    expect(judge(...inputs).verdicts).toBe(verdicts);
  });

  it('cut by the bound, whatever comes before it, or restore; never neither', () => {
    const before = fc.constantFrom(said(''), said('mm-hm'), said('stop'), looked(1200), failed);
    fc.assert(
      fc.property(fc.array(before), (inputs) => {
        expect(judge(...inputs, looked(1460)).verdicts).toMatch(/^(restore( cut)?|cut)$/);
        // Restored before the bound means a backchannel was heard.
        if (judge(...inputs).verdicts.startsWith('restore')) expect(inputs).toContainEqual(said('mm-hm'));
      }),
    );
  });

  it('and are checked options', () => {
    expect(() => resolveFirstWordsOptions({ maxHoldMs: 2001 })).toThrow(/maxHoldMs .*0 to 2000 ms/);
    expect(() => resolveFirstWordsOptions({ languages: ['de' as 'en'] })).toThrow(
      /languages .*"en" and "ru"/,
    );
    expect(() => resolveFirstWordsOptions({ additional: ['...'] })).toThrow(
      /additional .*at least one letter/,
    );
    expect(resolveFirstWordsOptions({ additional: ['genau'] }).additional).toEqual(['genau']);
  });
});
