import type { Script } from 'earshot/testing';
import { describe, expect, it } from 'vitest';
import { answerOf, type KioskOptions, kiosk, steady } from './kiosk.js';

const story = 'One two three four five six seven eight.';
const isFull = (sample: number) => Math.abs(sample - 0.3) < 1e-4;
const soundMs = (samples: Float32Array) => samples.filter((sample) => sample !== 0).length / 48;

/** Somebody has asked, and the answer has been heard for a second. */
function overReply(options: KioskOptions = {}, ms = 4000) {
  const it_ = kiosk({ answer: ({ text }) => answerOf(text === 'tell me' ? story : 'Fine.', ms), ...options });
  it_.wait(300);
  it_.say(500, 'tell me');
  it_.waitFor('playout-started');
  it_.wait(1000);
  return it_;
}

describe('a sound that is no bid for the floor', () => {
  it('never cuts: of twenty coughs, claps and taps each is restored within half a second, and no sample is lost', () => {
    const it_ = overReply({}, 36_000);
    // At most four windows of the detector, of the five that confirm.
    const lengths = [15, 30, 60, 80, 95];
    for (let n = 0; n < 20; n += 1) {
      it_.say(lengths[n % lengths.length] as number);
      it_.wait(1200 + 37 * n);
    }
    it_.waitFor('playout-ended');

    expect(it_.of('barge-in')).toEqual([]);
    const [ducked, restored] = [it_.of('ducked'), it_.of('restored')];
    expect(ducked).toHaveLength(20);
    expect(restored).toHaveLength(ducked.length);
    for (const [n, { atMs }] of restored.entries()) {
      expect(atMs - (ducked[n]?.atMs ?? 0)).toBeLessThanOrEqual(500);
    }
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 36_000 }]);
    it_.wait(20);
    expect(soundMs(it_.heard())).toBe(36_000);
    expect(it_.requests.filter(({ type }) => type === 'turn-text')).toHaveLength(1);
  });

  it('restores "mm-hm" by sound alone, where more sustained speech is asked for over a reply', () => {
    const it_ = overReply({ options: { bargeIn: { replying: { startThreshold: 0.4, minSpeechMs: 400 } } } });
    const { endMs } = it_.say(300, 'mm-hm');
    const restored = it_.waitFor('restored', 0);
    it_.wait(6000);
    expect(restored.atMs - endMs).toBeLessThanOrEqual(500);
    expect(it_.of('barge-in')).toEqual([]);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 4000 }]);
  });

  it('may come again while the volume is still coming back: it goes down from where it is, without a jump', () => {
    const rampMs = 1000;
    const it_ = overReply({ options: { playout: { restoreRampMs: rampMs } } }, 8000);
    it_.say(60);
    it_.waitFor('speech-misfired', 0);
    it_.wait(300);
    const before = it_.heard().at(-1) as number;
    expect(before).toBeGreaterThan(0.04);
    expect(before).toBeLessThan(0.2);
    it_.say(60);
    it_.waitFor('playout-ended');

    expect(it_.states.filter((name) => name === 'ducking')).toHaveLength(2);
    expect(it_.of('restored')).toHaveLength(2);
    const heard = it_.heard();
    const sound = heard.subarray(
      heard.findIndex((sample) => sample !== 0),
      heard.findLastIndex((sample) => sample !== 0),
    );
    let largest = 0;
    for (let n = 1; n < sound.length; n += 1) {
      largest = Math.max(largest, Math.abs((sound[n] as number) - (sound[n - 1] as number)));
    }
    // The steepest there is: the ramp down by 20 dB within 30 ms.
    expect(largest).toBeLessThan((0.3 * 5) / (30 * 48));
    it_.wait(20);
    expect(soundMs(it_.heard())).toBe(8000);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 8000 }]);
  });
});

describe('a duck', () => {
  it.each([-6, -20, -60])('goes down by as much as is asked for: %d dB', (duckGainDb) => {
    const it_ = overReply({ options: { playout: { duckGainDb, duckRampMs: 30 } } });
    it_.say(100);
    const [ducked] = it_.of('ducked');
    it_.wait(60);
    const level = it_.heard().at(-1) as number;
    expect(20 * Math.log10(level / 0.3)).toBeCloseTo(duckGainDb, 1);
    const atMs = ducked?.atMs ?? 0;
    expect(it_.heard(atMs - 40, atMs - 31).every(isFull)).toBe(true);
    expect(it_.heard(atMs + 1, atMs + 30).every((sample) => Math.abs(sample - level) < 1e-4)).toBe(true);
  });
});

describe('a cut', () => {
  it.each([160, 320, 480])(
    'comes after as much speech as the profile of the state asks for: %d ms',
    (minSpeechMs) => {
      const it_ = overReply({ options: { bargeIn: { replying: { startThreshold: 0.4, minSpeechMs } } } });
      const { startMs } = it_.say(900, 'stop');
      const [silenced] = it_.of('silenced');
      // Two windows of the detector for where the speech lies in them, and the fade.
      expect((silenced?.atMs ?? 0) - startMs).toBeGreaterThanOrEqual(minSpeechMs);
      expect((silenced?.atMs ?? 0) - startMs).toBeLessThanOrEqual(minSpeechMs + 64 + 20);
    },
  );

  it('is told to the service with the turn that caused it, and with no other', () => {
    const it_ = overReply();
    it_.say(800, 'stop');
    it_.waitFor('turn-sent');
    const [bargeIn] = it_.of('barge-in');
    const interrupted = { replyId: 'reply-1', heardMs: bargeIn?.heardMs, heardText: bargeIn?.heardText };
    expect(bargeIn).toMatchObject({ by: 'speech', heardText: 'One two' });
    const turn = { turnId: 'turn-2', revision: 1, interrupted };
    expect(it_.requests.slice(-2)).toEqual([
      { type: 'turn-text', ...turn, text: 'stop' },
      { type: 'turn-ended', ...turn },
    ]);

    it_.waitFor('playout-ended');
    it_.wait(500);
    it_.say(800, 'thank you');
    it_.waitFor('turn-sent');
    expect(it_.requests.at(-1)).toEqual({ type: 'turn-ended', turnId: 'turn-3', revision: 1 });
  });

  it('is told again when the turn that caused it goes on, and by the next turn when that one held no words', () => {
    const goesOn = overReply();
    goesOn.say(500, 'stop');
    goesOn.waitFor('turn-sent');
    goesOn.say(500, 'please');
    goesOn.waitFor('turn-sent');
    expect(goesOn.requests.at(-1)).toMatchObject({ revision: 2, interrupted: { replyId: 'reply-1' } });

    const wordless = overReply();
    wordless.say(500);
    wordless.waitFor('turn-empty');
    wordless.say(500, 'hello again');
    wordless.waitFor('turn-sent');
    expect(wordless.requests.at(-1)).toMatchObject({
      type: 'turn-ended',
      turnId: 'turn-3',
      interrupted: { replyId: 'reply-1' },
    });
  });

  it('is told to a service that takes audio at the end of the turn', () => {
    const it_ = kiosk({ accepts: 'audio', answer: () => answerOf(story, 4000) });
    it_.wait(300);
    it_.say(500);
    it_.waitFor('playout-started');
    it_.wait(1000);
    it_.say(600);
    it_.waitFor('turn-sent');
    expect(it_.requests.at(-1)).toMatchObject({
      type: 'turn-ended',
      turnId: 'turn-2',
      interrupted: { replyId: 'reply-1', heardText: 'One two' },
    });
  });

  it('counts words by the audio there is once all has come, and by the usual voice until then', () => {
    // 62 letters in 2 s: twice as fast as people speak.
    const fast = 'One two three four five six seven eight nine ten eleven twelve.';
    const heard = (last: Script) => {
      const it_ = overReply({
        answer: () => [{ type: 'text', text: fast }, { type: 'audio', frame: steady(2000, 0.3) }, ...last],
      });
      it_.say(400, 'stop');
      return it_.of('barge-in')[0]?.heardText;
    };
    expect(heard([{ type: 'end' }])).toBe('One two three four five six seven');
    expect(heard([{ type: 'end', afterMs: 10_000 }])).toBe('One two three four');
  });

  it('is exact to the word where the service says when each begins', () => {
    const beginsAtMs = new Map([
      ['Wait', 0],
      [' a', 200],
      [' very', 300],
      [' long', 400],
      [' time.', 3000],
    ]);
    const sounds: Script = [{ type: 'audio', frame: steady(4000, 0.3) }, { type: 'end' }];
    const words = [...beginsAtMs.keys()].map((text) => ({ type: 'text', text }) as const);
    const it_ = overReply({
      answer: () => [...words, ...sounds],
      changed: (event) => {
        const atMs = event.type === 'reply-text' ? beginsAtMs.get(event.text) : undefined;
        return event.type === 'reply-text' && atMs !== undefined ? { ...event, atMs } : event;
      },
    });
    it_.say(400, 'stop');
    const { heardMs, heardText } = it_.of('barge-in')[0] ?? {};
    expect(heardMs).toBeGreaterThan(1000);
    expect(heardMs).toBeLessThan(1500);
    // By its letters alone, a third of all, it would have been "Wait a".
    expect(heardText).toBe('Wait a very');

    const untimed = overReply({ answer: () => [...words, ...sounds] });
    untimed.say(400, 'stop');
    expect(untimed.of('barge-in')).toMatchObject([{ heardText: 'Wait a' }]);
  });
});

describe('a reply that must not be cut', () => {
  it('is neither ducked nor changed in any sample, and whoever spoke meanwhile is stated', () => {
    const it_ = overReply({ interruptible: false, partialsAfterMs: 0 }, 6000);
    const first = it_.say(60);
    it_.wait(600);
    const second = it_.say(700, 'stop it');
    it_.wait(900);
    const third = it_.say(700, 'yeah');
    it_.waitFor('playout-ended');
    it_.wait(2000);

    expect(it_.of('ducked')).toEqual([]);
    expect(it_.of('barge-in')).toEqual([]);
    expect(it_.states).not.toContain('ducking');
    expect(it_.heard().filter(isFull)).toHaveLength(6 * 48_000);
    expect(soundMs(it_.heard())).toBe(6000);
    const dismissed = it_.of('speech-dismissed');
    expect(dismissed).toHaveLength(2);
    for (const [n, { startMs }] of [second, third].entries()) {
      expect(dismissed[n]).toMatchObject({ reason: 'uninterruptible', replyId: 'reply-1', text: null });
      expect(Math.abs((dismissed[n]?.onsetMs ?? 0) - startMs)).toBeLessThanOrEqual(32);
    }
    expect(first.startMs).toBeLessThan(dismissed[0]?.onsetMs ?? 0);
    expect(it_.requests.filter(({ type }) => type === 'turn-text')).toHaveLength(1);
    expect(it_.state).toBe('idle');
  });

  it('gives the floor to whoever still speaks at its end, and then nobody was dismissed', () => {
    const it_ = overReply({ interruptible: false }, 2000);
    it_.say(2500, 'now me');
    it_.waitFor('turn-sent');
    expect(it_.of('turn-sent').at(-1)).toMatchObject({ turnId: 'turn-2', text: 'now me' });
    expect(it_.of('speech-dismissed')).toEqual([]);
    expect(it_.of('playout-ended')[0]).toMatchObject({ reason: 'heard', heardMs: 2000 });
  });
});
