import { describe, expect, it } from 'vitest';
import { answerOf, kiosk, oneFiller, steady } from './kiosk.js';

const at = (level: number) => (sample: number) => Math.abs(sample - level) < 1e-4;

describe('a turn', () => {
  it('goes up as text with all that was said, and its answer is heard to the last sample', () => {
    const it_ = kiosk();
    it_.wait(500);
    it_.say(700, 'what time is it');
    it_.waitFor('playout-ended');
    it_.wait(20);

    expect(it_.requests).toEqual([
      { type: 'turn-text', turnId: 'turn-1', revision: 1, text: 'what time is it' },
      { type: 'turn-ended', turnId: 'turn-1', revision: 1 },
      { type: 'reply-progress', replyId: 'reply-1', heardMs: 500 },
    ]);
    expect(it_.states).toEqual(['listening', 'awaiting-reply', 'replying', 'replying', 'idle']);
    expect(it_.heard().filter(at(0.3))).toHaveLength(48_000);
    expect(it_.of('reply-ended')).toMatchObject([
      { reason: 'complete', receivedMs: 1000, text: 'Hello there.' },
    ]);
  });

  it('goes up as audio to a service that listens itself, first word and pre-roll included', () => {
    const it_ = kiosk({ accepts: 'audio' });
    it_.wait(1000);
    it_.say(700);
    it_.waitFor('playout-ended');

    const audio = it_.requests.filter((request) => request.type === 'turn-audio');
    const samples = audio.reduce((sum, { frame }) => sum + frame.samplesPerChannel, 0);
    expect(audio[0]?.frame.timestampMs).toBeLessThanOrEqual(1000 - 200);
    expect(samples / 16).toBeGreaterThan(700 + 250 + 300);
    expect(it_.requests.findLast(({ type }) => type.startsWith('turn-'))).toMatchObject({
      type: 'turn-ended',
      revision: 1,
    });
    expect(it_.heard().filter(at(0.3))).toHaveLength(48_000);
  });

  it('is told ahead as it is understood, to a service that prepares its answer with it', () => {
    const it_ = kiosk({ acceptsPartials: true });
    it_.wait(300);
    it_.say(600, 'turn on');
    it_.wait(400);
    it_.say(900, 'the light');
    it_.waitFor('turn-sent');

    const partials = it_.requests.filter((request) => request.type === 'turn-partial');
    expect(partials.map(({ sequence }) => sequence)).toEqual(partials.map((_, index) => index));
    expect(partials.length).toBeGreaterThan(1);
    expect(partials[0]).toMatchObject({ turnId: 'turn-1', revision: 1, text: 'turn on' });
    expect(partials.at(-1)?.text).toBe('turn on the light');
    expect(it_.requests.map(({ type }) => type).slice(partials.length)).toEqual(['turn-text', 'turn-ended']);
  });

  it('is not told ahead to a service that makes no use of it', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(900, 'turn on');
    it_.waitFor('turn-sent');

    expect(it_.of('transcript').some(({ final }) => !final)).toBe(true);
    expect(it_.requests.map(({ type }) => type)).toEqual(['turn-text', 'turn-ended']);
  });

  it('tells the service what was heard of its answer, while it is heard', () => {
    const it_ = kiosk({ answer: () => answerOf('A long one.', 4200) });
    it_.wait(300);
    it_.say(500, 'tell me');
    it_.waitFor('playout-started');
    it_.wait(2050);

    const heard = it_.requests.flatMap((request) =>
      request.type === 'reply-progress' ? [request.heardMs] : [],
    );
    expect(heard).toEqual([500, 1000, 1500, 2000]);
  });

  it('holds two utterances with a short pause between them', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500, 'turn on');
    it_.wait(400);
    it_.say(500, 'the light');
    it_.waitFor('turn-sent');
    expect(it_.of('turn-sent')).toMatchObject([{ text: 'turn on the light' }]);
  });

  it('never reaches the service when the utterance is shorter than the minimum', () => {
    const it_ = kiosk();
    it_.wait(500);
    it_.say(60, 'x');
    it_.wait(3000);
    expect(it_.requests).toEqual([]);
    expect(it_.states).toEqual([]);
    expect(it_.of('speech-misfired')).toHaveLength(1);
  });

  it('is forgotten when nothing was understood, and the next one is answered', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500);
    it_.wait(1500);
    expect(it_.of('turn-empty')).toHaveLength(1);
    expect(it_.state).toBe('idle');
    expect(it_.requests).toMatchObject([{ type: 'reply-cancelled' }]);
    it_.say(500, 'hello');
    it_.waitFor('playout-ended');
  });
});

describe('a filler', () => {
  it('bridges the wait, and the reply follows it', () => {
    const it_ = kiosk({ answer: () => answerOf('Yes.', 500, 0.3, 2000), ports: { fillers: oneFiller(800) } });
    it_.wait(300);
    it_.say(500, 'are you there');
    it_.waitFor('reply-ended');
    it_.wait(1000);

    const [turnEnded] = it_.of('turn-ended');
    const [filler, reply] = it_.of('playout-started');
    expect(filler?.owner.kind).toBe('filler');
    expect((filler?.atMs ?? 0) - (turnEnded?.atMs ?? 0)).toBeGreaterThanOrEqual(600);
    expect((filler?.atMs ?? 0) - (turnEnded?.atMs ?? 0)).toBeLessThanOrEqual(620);
    expect(reply?.owner.kind).toBe('reply');
    expect(it_.heard().filter(at(0.2))).toHaveLength(38_400);
    expect(it_.heard().filter(at(0.3))).toHaveLength(24_000);
    expect(it_.states).toEqual([
      'listening',
      'awaiting-reply',
      'filling',
      'awaiting-reply',
      'replying',
      'replying',
      'idle',
    ]);
  });

  it('is cut when the user goes on, and the turn is sent again with both parts', () => {
    const it_ = kiosk({
      answer: ({ text }) => answerOf(text, 500, 0.3, 1500),
      ports: { fillers: oneFiller(1200) },
      options: { filler: { delayMs: 300 } },
    });
    it_.wait(300);
    it_.say(500, 'turn on');
    it_.waitFor('playout-started');
    it_.wait(100);
    it_.say(600, 'the lamp');
    it_.waitFor('reply-ended');
    it_.wait(1000);

    expect(it_.of('barge-in')).toMatchObject([{ turnId: 'turn-1', replyId: null, fillerId: 'moment#1' }]);
    expect(it_.of('turn-sent')).toMatchObject([
      { turnId: 'turn-1', revision: 1, text: 'turn on' },
      { turnId: 'turn-1', revision: 2, text: 'turn on the lamp' },
    ]);
    expect(it_.of('reply-ended')).toMatchObject([{ text: 'turn on the lamp' }]);
    expect(it_.upstream.openCalls()).toBe(0);
  });

  it('and speech after the reopen window is a new turn', () => {
    const it_ = kiosk({ answer: () => answerOf('Yes.', 500, 0.3, 4000), options: { reopenWindowMs: 400 } });
    it_.wait(300);
    it_.say(500, 'first');
    it_.waitFor('turn-sent');
    it_.wait(600);
    it_.say(500, 'second');
    it_.waitFor('turn-sent');
    expect(it_.of('turn-sent')).toMatchObject([
      { turnId: 'turn-1' },
      { turnId: 'turn-2', text: 'second', revision: 1 },
    ]);
    expect(it_.requests.filter(({ type }) => type === 'reply-cancelled')).toMatchObject([
      { turnId: 'turn-1', replyId: null },
    ]);
  });

  it('is not needed: a library that fails is a degradation', () => {
    const broken = {
      loadFillers: () => {
        throw new Error('no such folder');
      },
    };
    const it_ = kiosk({ ports: { fillers: broken } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-ended');
    expect(it_.of('degraded')).toMatchObject([{ part: 'fillers' }]);
  });
});

describe('a barge-in', () => {
  const speakInto = (sayMs: number, text: string) => {
    const it_ = kiosk({ answer: () => answerOf('One two three four five six seven eight.', 4000) });
    it_.wait(300);
    it_.say(500, 'tell me a story');
    it_.waitFor('playout-started');
    it_.wait(1000);
    const saying = it_.say(sayMs, text);
    return { it_, saying };
  };

  it('ducks, then silences the loudspeaker, and tells the service what was heard', () => {
    const { it_, saying } = speakInto(800, 'stop');
    it_.wait(1200);

    const [ducked] = it_.of('ducked');
    const [silenced] = it_.of('silenced');
    const onsetMs = saying.startMs;
    expect((ducked?.atMs ?? 0) - onsetMs).toBeLessThanOrEqual(120);
    expect((silenced?.atMs ?? 0) - onsetMs).toBeLessThanOrEqual(350);
    expect(it_.heard(onsetMs + 350, onsetMs + 2000).every((sample) => sample === 0)).toBe(true);
    const [bargeIn] = it_.of('barge-in');
    const replyStartMs = it_.of('playout-started')[0]?.atMs ?? 0;
    expect(bargeIn?.heardMs).toBeCloseTo((silenced?.atMs ?? 0) - replyStartMs, 0);
    expect(bargeIn?.heardText).toBe('One two');
    expect(it_.requests).toContainEqual({
      type: 'reply-cancelled',
      turnId: 'turn-1',
      revision: 1,
      replyId: 'reply-1',
      heardMs: bargeIn?.heardMs,
      heardText: 'One two',
    });
    expect(it_.of('turn-sent').at(-1)).toMatchObject({ turnId: 'turn-2', text: 'stop' });
  });

  it('is none when it was a cough: the volume comes back and nothing of the reply is lost', () => {
    const { it_ } = speakInto(70, '');
    it_.wait(6000);
    const [ducked] = it_.of('ducked');
    const [restored] = it_.of('restored');
    expect((restored?.atMs ?? 0) - (ducked?.atMs ?? 0)).toBeLessThanOrEqual(500);
    expect(it_.of('playout-ended')).toMatchObject([{ heardMs: 4000, reason: 'heard' }]);
    expect(it_.heard().filter((sample) => sample !== 0)).toHaveLength(4 * 48_000);
    expect(it_.of('barge-in')).toEqual([]);
  });

  it('lets no audio of the cut reply through that was still on its way', () => {
    const it_ = kiosk({
      answer: ({ text }) =>
        text === 'stop'
          ? answerOf('Fine.', 300, 0.6)
          : answerOf('Long.', 5000, 0.3).map((step) =>
              step.type === 'audio' ? { ...step, afterMs: 90 } : step,
            ),
    });
    it_.wait(300);
    it_.say(500, 'talk');
    it_.waitFor('playout-started');
    it_.wait(800);
    it_.say(600, 'stop');
    const cutMs = it_.of('silenced')[0]?.atMs ?? 0;
    it_.waitFor('playout-ended');
    it_.wait(3000);
    expect(it_.heard(cutMs).filter(at(0.3))).toHaveLength(0);
    expect(it_.heard(cutMs).filter(at(0.6))).toHaveLength(14_400);
  });

  it('does not stop a reply that must be heard, and whoever still speaks at its end has the floor', () => {
    const it_ = kiosk({ answer: () => answerOf('Stand clear of the doors.', 1500), interruptible: false });
    it_.wait(300);
    it_.say(500, 'go');
    it_.waitFor('playout-started');
    it_.wait(800);
    it_.say(1500, 'but I want to get out');
    it_.waitFor('turn-sent');

    expect(it_.of('ducked')).toEqual([]);
    expect(it_.of('barge-in')).toEqual([]);
    expect(it_.of('playout-ended')).toMatchObject([{ heardMs: 1500, reason: 'heard' }]);
    expect(it_.of('turn-sent').at(-1)).toMatchObject({ turnId: 'turn-2', text: 'but I want to get out' });
  });
});

describe('a tool', () => {
  it('that the service calls is answered while the loop runs, and not after', () => {
    const it_ = kiosk();
    it_.wait(300);
    expect(it_.pipeline.answerTool('call-1', '{"degrees":21}')).toBe(true);
    expect(it_.requests).toEqual([{ type: 'tool-result', callId: 'call-1', result: '{"degrees":21}' }]);
    it_.subscription.unsubscribe();
    expect(it_.pipeline.answerTool('call-2', '')).toBe(false);
  });
});

describe('volume', () => {
  it('is full for the reply that follows a barge-in while ducked', () => {
    const it_ = kiosk({
      answer: ({ text }) => answerOf(text, text === 'first' ? 4000 : 500, text === 'first' ? 0.3 : 0.5),
    });
    it_.wait(300);
    it_.say(500, 'first');
    it_.waitFor('playout-started');
    it_.wait(500);
    it_.say(600, 'second');
    it_.waitFor('playout-started');
    it_.wait(2000);
    expect(it_.heard().filter(at(0.5))).toHaveLength(24_000);
    expect(steady(1, 0.5).samples[0]).toBe(0.5);
  });
});
