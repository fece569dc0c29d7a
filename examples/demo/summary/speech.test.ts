import { type PipelineEvent, SpeechError } from 'earshot';
import { describe, expect, it } from 'vitest';
import { createScreen } from '../screen.js';
import { marksOf } from '../timeline/marks.js';
import { speechLines, summariseListening, summariseSpeaking } from './speech.js';

const error = new SpeechError('SYNTHESIS_FAILED', 'the child died; see its memory', { retryable: true });
const voice = { part: 'voice' } as const;
/** Kokoro fails at the second text, and espeak-ng says that and the next one. */
const events: readonly PipelineEvent[] = [
  {
    ...{ ...voice, type: 'engine-in-use', atMs: 100, index: 0, name: 'kokoro' },
    ...{ saysNothing: false, before: null },
  },
  {
    ...{ ...voice, type: 'engine-fell-back', atMs: 900, from: 'kokoro', to: 'espeak-ng' },
    ...{ reason: 'failed', error, answered: 2, fallbacks: 1, recentShare: 0.5 },
  },
  {
    ...{ ...voice, type: 'engine-in-use', atMs: 900, index: 1, name: 'espeak-ng' },
    ...{ saysNothing: false, before: 'kokoro' },
  },
  { ...voice, type: 'engine-down', atMs: 900, name: 'kokoro', error, probeInMs: 10_000 },
  {
    ...{ ...voice, type: 'engine-fell-back', atMs: 1500, from: 'kokoro', to: 'espeak-ng' },
    ...{ reason: 'down', error: null, answered: 3, fallbacks: 2, recentShare: 2 / 3 },
  },
  { type: 'fact', atMs: 2000, fact: 'speech-clause-failed', detail: 'clause 3', count: 1 },
];
const opened = new Map([
  ['kokoro', { engine: 'kokoro-82m-fp32', voice: 'af_heart' }],
  ['espeak-ng', { engine: 'espeak-ng-1.51', voice: 'en-us' }],
]);

describe('what spoke', () => {
  it('is told voice by voice, with how often it was not the first choice', () => {
    const speaking = summariseSpeaking(events, opened);

    expect(speaking).toEqual({
      voices: [
        { fromMs: 100, rung: 'kokoro', engine: 'kokoro-82m-fp32', voice: 'af_heart' },
        { fromMs: 900, rung: 'espeak-ng', engine: 'espeak-ng-1.51', voice: 'en-us' },
      ],
      passedOn: 2,
      failed: 1,
    });
    expect(speechLines(null, speaking)).toEqual([
      'spoken by kokoro-82m-fp32 (af_heart), then espeak-ng-1.51 (en-us); 2 clauses were passed on to another voice; 1 clause could not be said',
    ]);
  });

  it('is nothing where there was nothing to say', () => {
    expect(speechLines(null, summariseSpeaking([], opened))).toEqual(['nothing was spoken on this machine']);
  });

  it('is marked in the drawing when it changes, and said on the screen once, with why', () => {
    const marks = marksOf(events).map(({ atMs, label }) => `${atMs} ${label}`);
    expect(marks).toEqual(['900 voice: espeak-ng', '900 kokoro down']);

    const written: string[] = [];
    const output = { isTTY: false, write: (text: string) => written.push(text) };
    const screen = createScreen(output as unknown as NodeJS.WriteStream);
    for (const event of events) screen.show(event);
    expect(written).toEqual([
      '  0.90 s  voice   not kokoro: [SYNTHESIS_FAILED] the child died; see its memory\n',
      '  0.90 s  voice   espeak-ng, in the place of kokoro\n',
      '  2.00 s  speech-clause-failed: clause 3\n',
    ]);
  });
});

describe('what listened', () => {
  const ear = { partialCounts: () => ({ told: 3, skipped: 1, dropped: 0 }) };
  const transcript: PipelineEvent = {
    ...{ type: 'transcript', turnId: 't1', revision: 1, atMs: 5, text: 'go', final: true },
    engine: 'moonshine-tiny-fp32',
  };

  it('is told with its engine and the share of the words, where the script has them', () => {
    const cue = {
      ...{ id: 'a', text: 'Go forward.', when: { after: 'idle', delayMs: 0 } as const },
      ...{ expect: 'answered' as const, samples: new Float32Array(0) },
    };
    const listening = summariseListening([transcript], [], ear, [{ cue, startMs: 0, endMs: 10 }]);

    expect(listening).toEqual({
      engine: 'moonshine-tiny-fp32',
      partials: { told: 3, skipped: 1, dropped: 0 },
      words: { said: 2, understood: 0 },
    });
    expect(speechLines(listening, null)).toEqual([
      'understood by moonshine-tiny-fp32, 0 of 2 words; 3 partial transcripts',
    ]);
    expect(summariseListening([transcript], [], ear, []).words).toBeNull();
  });
});
