import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { describe, expect, it } from 'vitest';
import { answerOf, kiosk } from './kiosk.js';

const scripted = scriptedTranscriber({ lookup: () => 'tell me' });

describe('a recogniser that throws when it is asked', () => {
  it('is no verdict over a reply: speech cuts by its sound, and the turn fails in words', () => {
    let runs = 0;
    const it_ = kiosk({
      answer: () => answerOf('One two three four.', 4000),
      ports: {
        transcriber: {
          ...scripted,
          tellsPartials: true,
          transcribe: () => {
            runs += 1;
            if (runs > 1) throw new Error('no model');
            return scripted.transcribe();
          },
        },
      },
    });
    it_.wait(300);
    it_.say(500);
    it_.waitFor('playout-started');
    it_.wait(1000);
    it_.say(900);
    expect(it_.of('barge-in')).toHaveLength(1);
    it_.wait(3000);
    expect(it_.of('turn-failed').at(0)).toMatchObject({ error: { code: 'TRANSCRIPTION_FAILED' } });
    expect(it_.state).toBe('idle');
    expect(it_.end).toBe('running');
  });

  it('fails the turn and not the loop', () => {
    const it_ = kiosk({
      ports: {
        transcriber: {
          ...scripted,
          transcribe: () => () => {
            throw new Error('no model');
          },
        },
      },
    });
    it_.wait(300);
    it_.say(500);
    it_.wait(3000);
    expect(it_.of('turn-failed').at(0)).toMatchObject({
      turnId: 'turn-1',
      error: { code: 'TRANSCRIPTION_FAILED' },
    });
    expect(it_.state).toBe('idle');
    expect(it_.end).toBe('running');
  });
});
