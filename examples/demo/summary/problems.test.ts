import { describe, expect, it } from 'vitest';
import type { Cue } from '../dialogue.js';
import type { TurnSummary } from './data.js';
import { findProblems, turnAt } from './problems.js';
import { countWords } from './words-understood.js';

describe('words that were understood', () => {
  it.each([
    ['Go forward ten meters.', 'go forward ten meters', 4, 4],
    ['Go forward ten meters.', 'Go for what? Ten meters!', 4, 3],
    ['Go forward ten meters.', 'meters ten forward go', 4, 1],
    ['Go forward ten meters.', '', 4, 0],
    ['It is, it is.', 'it is', 4, 2],
    ['Это не так.', 'это НЕ так', 3, 3],
    ["I can't.", "i can't", 2, 2],
    ['', 'hello', 0, 0],
  ])('of %j heard as %j', (said, heard, words, understood) => {
    expect(countWords(said, heard)).toEqual({ said: words, understood });
  });
});

const cue: Cue = {
  id: 'ten-meters',
  text: 'Go forward ten meters.',
  when: { after: 'idle', delayMs: 0 },
  expect: 'answered',
  samples: new Float32Array(0),
};
const said = [{ cue, startMs: 1000, endMs: 2700 }];
const turn = (changes: Partial<TurnSummary>): TurnSummary => ({
  ...{ turnId: 't1', revision: 1, said: 'go forward 10 meters', answered: 'Yes.' },
  ...{ endOfSpeechMs: 2600, turnEndedMs: 3100, fillerHeardMs: null, firstReplyHeardMs: 4000 },
  ...{ replyHeardMs: 900, outcome: 'answered', earlierRevisions: [] },
  ...{ fillers: [], heldBack: null, waitedMs: 900 },
  ...changes,
});
const partials = { told: 0, skipped: 0, dropped: 0 };

describe('what is not as the script says', () => {
  const problems = (listens: boolean, ...turns: TurnSummary[]) =>
    findProblems(
      {
        ...{ turns, bargeIns: [], coughs: [], place: 'files', echoDb: null },
        listening: listens ? { engine: 'moonshine-tiny-fp32', partials, words: null } : null,
      },
      said,
    );

  it('is any other word where the script is what was understood', () => {
    expect(problems(false, turn({ said: cue.text }))).toEqual([]);
    expect(problems(false, turn({}))).toEqual(['ten-meters: was not understood as a turn']);
  });

  it('is less than half of the words where something listens that may mishear', () => {
    expect(problems(true, turn({}))).toEqual([]);
    expect(problems(true, turn({ said: 'ten forwards' }))).toEqual([
      'ten-meters: was understood as "ten forwards"',
    ]);
  });

  it('is silence at the time of a cue, whatever is understood at another time', () => {
    expect(problems(true, turn({ endOfSpeechMs: 9000 }))).toEqual([
      'ten-meters: was not understood as a turn',
    ]);
    expect(problems(true, turn({ outcome: 'unanswered' }))).toEqual(['ten-meters: was not answered']);
  });

  it('finds the turn that went on after what was said', () => {
    const earlier = turn({});
    const whole = turn({ revision: 2, endOfSpeechMs: 9000, earlierRevisions: [earlier] });

    expect(turnAt([whole], { cue, startMs: 1000, endMs: 2700 })).toBe(whole);
    expect(turnAt([whole], { cue, startMs: 3000, endMs: 5000 })).toBeUndefined();
  });
});
