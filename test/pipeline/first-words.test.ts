import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { concat, delay, ignoreElements, NEVER, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, type KioskOptions, kiosk, oneFiller } from './kiosk.js';

/** Somebody has asked, and the answer has been heard for a second. */
function overReply(options: KioskOptions = {}, ms = 4000) {
  const it_ = kiosk({ partialsAfterMs: 100, answer: () => answerOf('One two three four.', ms), ...options });
  it_.wait(300);
  it_.say(500, 'tell me');
  it_.waitFor('playout-started');
  it_.wait(1000);
  return it_;
}
const cutAfter = (it_: ReturnType<typeof kiosk>, startMs: number) =>
  (it_.of('silenced')[0]?.atMs ?? Number.POSITIVE_INFINITY) - startMs;
const turnsSent = (it_: ReturnType<typeof kiosk>) => it_.of('turn-sent').map(({ text }) => text);

describe('first words over a reply', () => {
  it('restore it when they are a backchannel: twenty of them, none cuts, none is sent, no sample is lost', () => {
    const it_ = overReply({}, 36_000);
    const words = ['mm-hm', 'Uh-huh.', 'yeah', 'okay', 'Right!', 'угу', 'ага', 'Да.', 'так', 'yeah, okay'];
    for (let n = 0; n < 20; n += 1) {
      const { endMs } = it_.say(250 + 15 * (n % 10), words[n % words.length]);
      const events = it_.events.length;
      const restored = it_.of('restored')[n] ?? it_.waitFor('restored', events - 1);
      expect(restored.atMs - endMs).toBeLessThanOrEqual(500);
      it_.wait(1200);
    }
    it_.waitFor('playout-ended');
    it_.wait(20);
    expect(it_.of('speech-dismissed').map(({ text }) => text)).toEqual([...words, ...words]);
    expect(it_.of('speech-dismissed')[0]).toMatchObject({ reason: 'backchannel', replyId: 'reply-1' });
    expect(it_.of('barge-in')).toEqual([]);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 36_000 }]);
    expect(it_.heard().filter((sample) => sample !== 0)).toHaveLength(36 * 48_000);
    it_.wait(3000);
    expect(turnsSent(it_)).toEqual(['tell me']);
    expect(it_.state).toBe('idle');
  });

  it.each([
    [0, 160],
    [100, 260],
    [299, 460],
  ])(
    'cut at once when they are anything else, known %d ms after they were said',
    (partialsAfterMs, wantedMs) => {
      const it_ = overReply({ partialsAfterMs });
      const { startMs } = it_.say(900, 'stop');
      expect(cutAfter(it_, startMs)).toBeGreaterThanOrEqual(wantedMs);
      expect(cutAfter(it_, startMs)).toBeLessThanOrEqual(wantedMs + 100);
      it_.waitFor('turn-sent');
      expect(turnsSent(it_)).toEqual(['tell me', 'stop']);
    },
  );

  it.each([0, 100, 300, 1000])(
    'never hold a cut for longer than %d ms, if nothing is known by then',
    (maxHoldMs) => {
      const it_ = overReply({
        partialsAfterMs: 5000,
        options: { bargeIn: { firstWords: { maxHoldMs } }, utterances: { minSilenceMs: 2000 } },
      });
      it_.say(2500, 'mm-hm');
      const confirmedMs = it_.of('speech-confirmed').at(-1)?.atMs ?? 0;
      const heldMs = (it_.of('silenced')[0]?.atMs ?? 0) - confirmedMs;
      // From the end of the deciding window: what carries it to the detector, a period of the loudspeaker, the fade.
      expect(heldMs).toBeGreaterThanOrEqual(maxHoldMs);
      expect(heldMs).toBeLessThanOrEqual(maxHoldMs + 40);
      expect(it_.of('barge-in')).toHaveLength(1);
    },
  );

  it('cut after all when a backchannel goes on to something else, and all of it is the turn', () => {
    const it_ = overReply();
    it_.say(400, 'yeah');
    it_.say(600, 'but wait');
    it_.waitFor('turn-sent');
    expect(it_.of('restored')).toHaveLength(1);
    expect(it_.of('speech-dismissed')).toMatchObject([{ text: 'yeah' }]);
    expect(it_.of('barge-in')).toHaveLength(1);
    expect(turnsSent(it_)).toEqual(['tell me', 'yeah but wait']);
  });

  it('cut after all when the rest is understood only after the person has fallen silent', () => {
    let runs = 0;
    const scripted = scriptedTranscriber({ lookup: () => 'tell me' });
    const it_ = overReply(
      {
        ports: {
          transcriber: {
            ...scripted,
            tellsPartials: true,
            transcribe: () => (audio$) => {
              runs += 1;
              if (runs === 1) return audio$.pipe(scripted.transcribe());
              const told = (text: string, final: boolean) => of({ text, final, engine: 'late' });
              const whole$ = told('Okay, stop now.', true).pipe(delay(900, it_.scheduler));
              return concat(told('Okay', false), audio$.pipe(ignoreElements()), whole$);
            },
          },
        },
      },
      9000,
    );
    const { endMs } = it_.say(500);
    it_.wait(800);
    expect(it_.state).toBe('replying');
    it_.waitFor('turn-sent');
    expect(it_.of('restored')).toHaveLength(1);
    const [bargeIn] = it_.of('barge-in');
    expect((bargeIn?.atMs ?? 0) - endMs).toBeGreaterThan(900);
    expect(turnsSent(it_)).toEqual(['tell me', 'Okay, stop now.']);
    expect(it_.of('turn-ended').at(-1)).toMatchObject({ turnId: 'turn-2', reason: 'silence' });
    expect(runs).toBe(2);
  });

  it('cut when the utterance is over and still nothing is known of it, and it is the turn', () => {
    const it_ = overReply({
      partialsAfterMs: 1500,
      options: { bargeIn: { firstWords: { maxHoldMs: 2000 } } },
    });
    const { endMs } = it_.say(250, 'stop');
    expect(cutAfter(it_, endMs)).toBe(Number.POSITIVE_INFINITY);
    it_.waitFor('barge-in');
    // The silence that ends an utterance, and the windows it is heard in.
    expect(it_.clock.nowMs - endMs).toBeGreaterThanOrEqual(320);
    expect(it_.clock.nowMs - endMs).toBeLessThanOrEqual(320 + 64 + 20);
    it_.waitFor('turn-sent');
    expect(turnsSent(it_)).toEqual(['tell me', 'stop']);
  });

  it('cut when the speech goes on for longer than any backchannel, whatever was understood', () => {
    const it_ = overReply({}, 8000);
    it_.say(2500, 'mm');
    expect(it_.of('barge-in')).toHaveLength(1);
    const [bargeIn] = it_.of('barge-in');
    expect((bargeIn?.atMs ?? 0) - (bargeIn?.onsetMs ?? 0)).toBeGreaterThanOrEqual(1000);
    expect((bargeIn?.atMs ?? 0) - (bargeIn?.onsetMs ?? 0)).toBeLessThanOrEqual(1000 + 320 + 32);
  });

  it('are an answer once the reply is over', () => {
    const it_ = overReply({ partialsAfterMs: 200 }, 1300);
    it_.say(800, 'okay');
    it_.waitFor('turn-sent');
    expect(turnsSent(it_)).toEqual(['tell me', 'okay']);
  });

  it('of a backchannel that outlasts the reply are not sent', () => {
    const it_ = overReply({ partialsAfterMs: 0 }, 1500);
    it_.say(700, 'okay');
    it_.wait(3000);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1500 }]);
    expect(turnsSent(it_)).toEqual(['tell me']);
    expect(it_.state).toBe('idle');
    it_.say(600, 'thank you');
    it_.waitFor('turn-sent');
    expect(turnsSent(it_)).toEqual(['tell me', 'thank you']);
  });

  it('let a filler go on as well, and speech while nothing is heard goes on with the turn unjudged', () => {
    const it_ = kiosk({
      partialsAfterMs: 50,
      answer: () => answerOf('Yes.', 500, 0.3, 6000),
      ports: { fillers: oneFiller(1500) },
      options: { filler: { delayMs: 300, initialWaitMs: 6000 } },
    });
    it_.wait(300);
    it_.say(500, 'turn on');
    it_.waitFor('playout-started');
    it_.say(300, 'okay');
    it_.waitFor('playout-ended');
    expect(it_.of('speech-dismissed')).toMatchObject([{ replyId: null, text: 'okay' }]);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard' }]);
    it_.say(300, 'yeah');
    expect(it_.of('barge-in')).toMatchObject([{ replyId: null, fillerId: null }]);
  });

  it('are not asked for without a transcriber that tells them in time', () => {
    const it_ = kiosk({ answer: () => answerOf('One two three four.', 4000) });
    it_.wait(300);
    it_.say(500, 'tell me');
    it_.waitFor('playout-started');
    const { startMs } = it_.say(600, 'mm-hm');
    expect(cutAfter(it_, startMs)).toBeLessThanOrEqual(260);
    expect(it_.of('speech-dismissed')).toEqual([]);
  });

  it('serve a service that takes audio, and then are transcribed for nothing else', () => {
    const it_ = overReply({ accepts: 'audio' });
    const before = it_.requests.length;
    it_.say(300, 'mm-hm');
    it_.waitFor('restored', 0);
    it_.wait(2000);
    expect(it_.requests.slice(before).filter(({ type }) => type !== 'reply-progress')).toEqual([]);
    it_.say(600, 'stop');
    it_.waitFor('turn-sent');
    expect(it_.requests.at(-1)).toMatchObject({ type: 'turn-ended', turnId: 'turn-2' });
    expect(it_.of('transcript')).toEqual([]);
  });

  it('run the recogniser once for an utterance that cuts', () => {
    let runs = 0;
    const scripted = scriptedTranscriber({ lookup: () => 'stop' });
    const it_ = overReply({
      ports: {
        transcriber: {
          ...scripted,
          tellsPartials: true,
          transcribe: () => {
            runs += 1;
            return scripted.transcribe();
          },
        },
      },
    });
    expect(runs).toBe(1);
    it_.say(600);
    it_.waitFor('turn-sent');
    expect(runs).toBe(2);
  });

  it.each([
    ['fails', () => throwError(() => new Error('no model'))],
    ['says nothing', () => NEVER],
  ])('fall back to the acoustic rule when the recogniser %s', (_how, instead) => {
    const scripted = scriptedTranscriber({ lookup: () => 'tell me' });
    let runs = 0;
    const it_ = overReply({
      ports: {
        transcriber: {
          ...scripted,
          tellsPartials: true,
          transcribe: () => (audio$) => {
            runs += 1;
            return runs === 1 ? audio$.pipe(scripted.transcribe()) : instead();
          },
        },
      },
    });
    const { startMs } = it_.say(900);
    expect(it_.of('barge-in')).toHaveLength(1);
    expect(cutAfter(it_, startMs)).toBeLessThanOrEqual(160 + 300 + 100);
  });

  it('leave nothing behind when the loop is stopped while they are judged', () => {
    const it_ = overReply({ partialsAfterMs: 1000 });
    it_.say(250, 'mm-hm');
    expect(it_.state).toBe('ducking');
    const told = it_.events.length;
    it_.subscription.unsubscribe();
    it_.wait(10_000);
    expect(it_.events).toHaveLength(told);
  });
});
