import { UpstreamError } from 'earshot';
import type { Script } from 'earshot/testing';
import { describe, expect, it } from 'vitest';
import { earcon } from '../../src/core/speech/earcon.js';
import { withFallback } from '../../src/core/speech/with-fallback.js';
import { withSpeech } from '../../src/core/speech/with-speech.js';
import { type FakeVoice, fakeVoice, type VoiceTurn } from '../support/fake-voice.js';
import { type KioskOptions, kiosk } from './kiosk.js';

const format = { sampleRateHz: 48_000, channels: 1 };
const story = ['The first one is here.', 'The second one comes after it.', 'The third one is the last.'];

/** Words one by one, as a model writes them. */
const written = (text: string, afterMs = 40): Script =>
  (text.match(/\s*\S+/gu) ?? []).map((word) => ({ type: 'text', text: word, afterMs }));
const answerOf = (text: string): Script => [...written(text), { type: 'end' }];

/** A loop whose service sends text alone, and a voice on the device that needs 300 ms for a clause of 2 s. */
function talking(turnOf: (text: string) => VoiceTurn = () => ({}), options: KioskOptions = {}) {
  let voice: FakeVoice | undefined;
  const it_ = kiosk({
    answer: ({ text }) => answerOf(text === 'tell me' ? story.join(' ') : 'Fine, I stop.'),
    through: (upstream, scheduler) => {
      voice = fakeVoice(scheduler, (text) => ({ afterMs: 300, frames: 20, gapMs: 10, ...turnOf(text) }), {
        format,
      });
      return withSpeech(upstream, voice, { scheduler });
    },
    ...options,
  });
  it_.wait(300);
  it_.say(500, 'tell me');
  return Object.assign(it_, { voice: voice as FakeVoice });
}

/** What was heard at full volume of each request to the voice, in order; a fade passes by other levels. Units: ms. */
function heardClauses({ voice, heard }: ReturnType<typeof talking>): (readonly [string, number])[] {
  const runs: { readonly sample: number; length: number }[] = [];
  for (const sample of heard()) {
    const last = runs.at(-1);
    if (last && Math.abs(last.sample - sample) < 1e-7) last.length += 1;
    else runs.push({ sample, length: 1 });
  }
  return runs
    .filter(({ sample, length }) => sample !== 0 && length > 480)
    .map(
      ({ sample, length }) =>
        [voice.asked[Math.round(sample * 10_000) - 1] ?? '', Math.round(length / 48)] as const,
    )
    .filter(([text]) => text !== '');
}

describe('a service that sends text alone, with a voice on the device', () => {
  it('is heard to the last sample, clause after clause, and begins long before its text is complete', () => {
    const it_ = talking();
    const started = it_.waitFor('playout-started');
    it_.waitFor('playout-ended');
    it_.wait(20);

    expect(heardClauses(it_)).toEqual(story.map((text) => [text, 2000]));
    const [sent] = it_.of('turn-sent');
    expect(started.atMs - (sent?.atMs ?? 0)).toBeLessThan(5 * 40 + 500 + 300 + 200);
    expect(it_.of('reply-ended')).toMatchObject([
      { reason: 'complete', receivedMs: 6000, text: story.join(' ') },
    ]);
    expect(it_.states).toEqual(['listening', 'awaiting-reply', 'replying', 'replying', 'idle']);
    expect(it_.of('playout-starved')).toEqual([]);
    expect(it_.voice.most).toBeLessThanOrEqual(2);
  });

  it('is interrupted: the voice stops, the service is told what was heard, and nothing stale follows', () => {
    const it_ = talking();
    it_.waitFor('playout-started');
    it_.wait(3000);
    it_.say(800, 'stop');
    it_.waitFor('turn-sent');

    const [bargeIn] = it_.of('barge-in');
    // All of the first clause, and of the second the words before the cut.
    expect(bargeIn?.heardText).toMatch(/^The first one is here\. The second one( comes)?$/);
    expect(bargeIn?.heardMs).toBeGreaterThan(3000);
    expect(bargeIn?.heardMs).toBeLessThan(3400);
    const { heardMs, heardText } = bargeIn ?? {};
    expect(it_.requests).toContainEqual({
      type: 'reply-cancelled',
      turnId: 'turn-1',
      revision: 1,
      replyId: 'reply-1',
      heardMs,
      heardText,
    });
    expect(it_.requests.at(-1)).toMatchObject({ type: 'turn-ended', interrupted: { heardText } });
    expect(it_.voice.open).toBe(0);

    it_.waitFor('playout-ended');
    it_.wait(20);
    const clauses = heardClauses(it_);
    expect(clauses.map(([text]) => text)).toEqual([story[0], story[1], 'Fine, I stop.']);
    expect(clauses.at(-1)?.[1]).toBe(2000);
    expect(it_.of('reply-ended').at(-1)).toMatchObject({ reason: 'complete', text: 'Fine, I stop.' });
  });

  it('is interrupted before the voice has said anything: nothing was heard, and nothing is', () => {
    const it_ = talking(() => ({ afterMs: 3000 }));
    it_.waitFor('turn-sent');
    it_.wait(1500);
    it_.say(800, 'stop');
    it_.wait(500);
    it_.waitFor('turn-sent', 0);
    expect(it_.requests).toContainEqual(
      expect.objectContaining({ type: 'reply-cancelled', heardMs: 0, heardText: '' }),
    );
    it_.waitFor('playout-ended');
    it_.wait(20);
    expect(heardClauses(it_)).toEqual([['Fine, I stop.', 2000]]);
    expect(it_.voice.open).toBe(0);
  });

  it('is a cough restored: no sample is lost', () => {
    const it_ = talking();
    it_.waitFor('playout-started');
    it_.wait(1000);
    it_.say(60);
    it_.waitFor('playout-ended');
    expect(it_.of('restored')).toHaveLength(1);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 6000 }]);
  });

  it('does without a clause that cannot be spoken, says so, and does not count it as heard', () => {
    const it_ = talking((text) => (text === story[1] ? { frames: 0, end: 'refuses' } : {}));
    it_.waitFor('playout-started');
    it_.wait(3500);
    it_.say(800, 'stop');
    it_.waitFor('turn-sent');
    expect(it_.of('fact')).toMatchObject([{ fact: 'speech-clause-failed' }]);
    expect(it_.of('barge-in')[0]?.heardText).toMatch(/^The first one is here\. The third one is( the)?$/);
  });

  it('is heard to the end when the session is lost behind its text, and the loss is told then', () => {
    const gone = new UpstreamError('UPSTREAM_UNREACHABLE', 'the line was cut; try again', {
      retryable: true,
    });
    const it_ = talking(undefined, {
      answer: () => [...written(story.join(' ')), { type: 'lose-session', error: gone }],
    });
    it_.waitFor('playout-ended');
    it_.wait(20);
    expect(heardClauses(it_)).toEqual(story.map((text) => [text, 2000]));
    expect(it_.of('session-lost')).toHaveLength(1);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'truncated', receivedMs: 6000 }]);
    expect(it_.state).toBe('idle');
  });

  it('gives the turn back when the voice is broken for good', () => {
    const it_ = talking(() => ({ frames: 0, end: 'breaks' }));
    it_.waitFor('reply-ended');
    it_.wait(100);
    expect(it_.of('reply-ended')).toMatchObject([
      { reason: 'failed', text: '', message: expect.stringContaining('SYNTHESIS_FAILED') },
    ]);
    expect(it_.state).toBe('idle');
  });

  it('has a signal for what no voice can say: it is not heard as text, and the events tell who spoke', () => {
    const it_ = kiosk({
      answer: ({ text }) => answerOf(text === 'tell me' ? story.join(' ') : 'Fine, I stop.'),
      through: (upstream, scheduler) => {
        const breaks = { frames: 0, end: 'breaks' } as const;
        const voice = fakeVoice(
          scheduler,
          (text) => (text === story[1] ? breaks : { afterMs: 300, frames: 20, gapMs: 10 }),
          { format },
        );
        // It is tried again behind each text that the signal stood for.
        const speech = withFallback(
          [voice, earcon({ sampleRateHz: 48_000, notesHz: [784, 659, 587], noteMs: 1000 })],
          {
            scheduler,
            probeAfterMs: 100,
            names: ['voice', 'signal'],
          },
        );
        return withSpeech(upstream, speech, { scheduler, maxParallel: 1 });
      },
    });
    it_.wait(300);
    it_.say(500, 'tell me');
    it_.waitFor('playout-started');
    it_.wait(3500);
    it_.say(800, 'stop');
    it_.waitFor('turn-sent');

    expect(it_.of('reply-text').map(({ text, saysNothing }) => [text.trim(), saysNothing])).toEqual([
      [story[0], undefined],
      [story[1], true],
      [story[2], true],
    ]);
    expect(it_.of('barge-in')[0]?.heardText).toBe(story[0]);
    expect(it_.of('reply-ended')).toMatchObject([{ text: story.join(' ') }]);
    expect(it_.of('engine-in-use')).toMatchObject([
      { part: 'voice', name: 'voice', saysNothing: false, before: null },
      { part: 'voice', name: 'signal', saysNothing: true, before: 'voice' },
    ]);
    expect(it_.of('engine-down')).toMatchObject([{ part: 'voice', name: 'voice', probeInMs: 100 }]);
    expect(it_.of('engine-fell-back')[0]).toMatchObject({
      part: 'voice',
      reason: 'failed',
      answered: 2,
      fallbacks: 1,
      recentShare: 0.5,
    });
  });
});
