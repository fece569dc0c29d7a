import {
  type AudioFrame,
  audioFrame,
  type FillerClip,
  type FillerContext,
  type FillerLibrary,
  type PipelineEvent,
  UpstreamError,
} from 'earshot';
import { mergeMap, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, type KioskOptions, kiosk, steady } from './kiosk.js';

const clip = (
  fillerId: string,
  contexts: readonly FillerContext[],
  audio: AudioFrame = steady(700, 0.2),
): FillerClip => ({ fillerId, text: `${fillerId}.`, contexts, audio });
const library = (...clips: readonly FillerClip[]): FillerLibrary => ({ loadFillers: () => of(clips) });

const every = library(
  clip('let-me-see', ['question']),
  clip('let-me-think', ['question']),
  clip('on-it', ['request']),
  clip('right-away', ['request']),
  clip('hello', ['greeting']),
  clip('still-there', ['long-wait']),
  clip('nearly-there', ['long-wait']),
  clip('no-server', ['apology']),
  clip('still-no-server', ['apology']),
);
const lost = new UpstreamError('UPSTREAM_UNREACHABLE', 'the way broke; wait', { retryable: true });
const loseSession = [{ type: 'lose-session', error: lost, afterMs: 200 }] as const;

/** A loop that has said nothing yet, with every kind of filler. */
function withFillers(options: KioskOptions = {}) {
  const it_ = kiosk({
    answer: () => answerOf('Yes.', 500, 0.3, 2000),
    ...options,
    ports: { fillers: every, ...options.ports },
  });
  it_.wait(300);
  return {
    it_,
    /** Say something, and let it be answered. */
    ask(text: string) {
      it_.say(600, text);
      it_.waitFor('reply-ended');
      it_.wait(2000);
    },
    spoken: () => it_.of('filler-spoken').map(({ fillerId }) => fillerId.split('#')[0]),
    heardOf: (kind: 'filler' | 'reply') => it_.of('playout-ended').filter(({ owner }) => owner.kind === kind),
  };
}
/** The same, with a session that can be made to break under the loop, which opens another. */
function withBreakingSessions(answer: KioskOptions['answer'] & {}) {
  const broken$ = new Subject<void>();
  const room = withFillers({ answer, sessionBreaks$: broken$.pipe(mergeMap(() => throwError(() => lost))) });
  return { ...room, breakSession: () => broken$.next() };
}
const types = (events: readonly PipelineEvent[], ...wanted: readonly PipelineEvent['type'][]) =>
  events.flatMap(({ type }) => (wanted.includes(type) ? [type] : []));

describe('the filler of a turn', () => {
  it('fits what the user said, and is never the same twice running', () => {
    const { ask, spoken, it_ } = withFillers();
    ask('what time is it');
    ask('turn on the light');
    ask('hello');
    ask('play some music');
    ask('where is the exit');

    expect(spoken()).toEqual(['let-me-see', 'on-it', 'hello', 'right-away', 'let-me-think']);
    expect(it_.of('filler-spoken').map(({ context }) => context)).toEqual([
      'question',
      'request',
      'greeting',
      'request',
      'question',
    ]);
    // Of a service that nothing is known of, 2500 ms are expected, 600 of which are over; then as long as before.
    expect(it_.of('filler-spoken').map(({ expectedMs }) => Math.round(expectedMs ?? 0))).toEqual([
      1900,
      ...[1, 2, 3, 4].map(() => expect.closeTo(1400, -2)),
    ]);
  });

  it('fits what a service that takes audio understood', () => {
    const { ask, spoken } = withFillers({
      accepts: 'audio',
      answer: () => [
        { type: 'transcript', text: 'Сколько времени?', final: true, afterMs: 100 },
        ...answerOf('Yes.', 500, 0.3, 2000),
      ],
    });
    ask('');
    expect(spoken()).toEqual(['let-me-see']);
  });

  it.each([
    [
      'a question that is known only in the end',
      [
        ['What', false],
        ['What time is it?', true],
      ],
      'let-me-see',
    ],
    ['a request', [['turn on the light', true]], 'on-it'],
    ['a request in Russian', [['Включи свет, пожалуйста', true]], 'on-it'],
    ['a greeting in Russian', [['Добрый день!', true]], 'hello'],
    ['a statement', [['My name is Bob.', true]], 'on-it'],
    ['nothing', [['', true]], 'on-it'],
    [
      'what sounded like a greeting and was none',
      [
        ['Hello', false],
        ['', true],
      ],
      'on-it',
    ],
    ['what it does not tell', [], 'on-it'],
  ] as const)('bridges %s', (_, transcripts, expected) => {
    const { ask, spoken } = withFillers({
      accepts: 'audio',
      answer: () => [
        ...transcripts.map(([text, final]) => ({ type: 'transcript', text, final, afterMs: 50 }) as const),
        ...answerOf('Yes.', 500, 0.3, 2000),
      ],
    });
    ask('');
    expect(spoken()).toEqual([expected]);
  });

  it('is one that fits every wait while nothing is understood', () => {
    const moment = library(clip('let-me-see', ['question']), clip('moment', []));
    const { ask, spoken } = withFillers({ accepts: 'audio', ports: { fillers: moment } });
    ask('');
    expect(spoken()).toEqual(['moment']);
  });

  it('is held back, and said to be, when the service has become quick; and comes back when it is slow again', () => {
    let afterMs = 900;
    const { ask, spoken, it_ } = withFillers({ answer: () => answerOf('Yes.', 500, 0.3, afterMs) });
    ask('what time is it');
    ask('what time is it');
    ask('what time is it');
    expect(spoken()).toEqual(['let-me-see']);
    expect(it_.of('filler-held-back')).toMatchObject([
      { turnId: 'turn-2', reason: 'the reply is expected before a filler would be over' },
      { turnId: 'turn-3' },
    ]);
    expect(it_.of('filler-held-back')[0]?.expectedMs).toBeCloseTo(300, -1);

    afterMs = 4000;
    ask('what time is it');
    expect(spoken()).toHaveLength(2);
  });

  it('is followed by one for long waits, and that by another', () => {
    const { it_, spoken } = withFillers({ answer: () => answerOf('Yes.', 500, 0.3, 14_000) });
    it_.say(600, 'what time is it');
    it_.waitFor('turn-sent', 0);
    it_.wait(16_000);
    expect(spoken()).toEqual(['let-me-see', 'still-there', 'nearly-there']);
    expect(it_.of('filler-spoken').map(({ nth }) => nth)).toEqual([1, 2, 3]);
    const [sent] = it_.of('turn-ended');
    const after = it_.of('filler-spoken').map(({ atMs }) => atMs - (sent?.atMs ?? 0));
    expect(after.map((ms) => Math.round(ms / 100))).toEqual([6, 60, 120]);
  });

  it('waits for the one before to be over, and is not lost by it', () => {
    const { it_, spoken } = withFillers({
      answer: () => answerOf('Yes.', 500, 0.3, 6000),
      ports: {
        fillers: library(clip('long', ['question'], steady(1800, 0.2)), clip('still-there', ['long-wait'])),
      },
      options: { filler: { againAfterMs: 1000, initialWaitMs: 6000 } },
    });
    it_.say(600, 'what time is it');
    it_.waitFor('reply-ended');
    it_.wait(1000);
    expect(spoken().slice(0, 2)).toEqual(['long', 'still-there']);
    const [first, second] = it_.of('playout-ended');
    const [, started] = it_.of('playout-started');
    expect(first).toMatchObject({ reason: 'heard', heardMs: 1800 });
    expect(started?.atMs).toBeGreaterThanOrEqual(first?.atMs ?? Number.POSITIVE_INFINITY);
    expect(second).toMatchObject({ reason: 'heard', heardMs: 700 });
  });

  it('is no part of what was heard of the reply', () => {
    const { it_ } = withFillers({
      answer: () => answerOf('One two three four five six seven eight.', 4000, 0.3, 2000),
    });
    it_.say(600, 'tell me a story');
    it_.waitFor('reply-ended');
    it_.wait(1500);
    it_.say(1000, 'stop');
    it_.waitFor('barge-in', 0);

    const [cut] = it_.of('barge-in');
    const [ended] = it_.of('playout-ended').filter(({ owner }) => owner.kind === 'reply');
    expect(it_.of('filler-spoken')).toHaveLength(1);
    expect(cut).toMatchObject({ fillerId: null, heardMs: ended?.heardMs });
    expect('One two three four five six seven eight.').toContain(cut?.heardText);
    expect(cut?.heardText).not.toBe('');
    expect(it_.requests.find(({ type }) => type === 'reply-cancelled')).toMatchObject({
      heardMs: cut?.heardMs,
      heardText: cut?.heardText,
    });
    expect(it_.requests.filter(({ type }) => type === 'reply-progress').length).toBeGreaterThan(0);
  });
});

describe('the service is lost', () => {
  it('while an answer is awaited: the user is told, and the next turn is answered', () => {
    let first = true;
    const { it_, spoken } = withFillers({
      answer: () => {
        const script = first ? loseSession : answerOf('Yes.', 500);
        first = false;
        return script;
      },
    });
    it_.say(600, 'what time is it');
    it_.wait(3000);

    expect(spoken()).toEqual(['no-server']);
    expect(it_.of('filler-spoken')).toMatchObject([
      { turnId: 'turn-1', context: 'apology', expectedMs: null, nth: 0, text: 'no-server.' },
    ]);
    expect(it_.states).toEqual(['listening', 'awaiting-reply', 'idle', 'apologising', 'idle']);
    expect(it_.heard().filter((sample) => Math.abs(sample - 0.2) < 1e-6)).toHaveLength(700 * 48);
    expect(
      types(it_.events, 'turn-failed', 'degraded-mode-entered', 'filler-spoken', 'degraded-mode-left'),
    ).toEqual(['turn-failed', 'degraded-mode-entered', 'filler-spoken']);
    expect(it_.of('degraded-mode-entered')).toMatchObject([{ error: { code: 'UPSTREAM_UNREACHABLE' } }]);

    it_.say(600, 'what time is it');
    it_.waitFor('reply-ended');
    it_.wait(2000);
    expect(it_.of('playout-ended').at(-1)).toMatchObject({ owner: { kind: 'reply' }, reason: 'heard' });
    expect(it_.of('degraded-mode-left')).toMatchObject([{ turnsLost: 1 }]);
    expect(it_.of('degraded-mode-left')[0]?.lastedMs).toBeGreaterThan(3000);
  });

  it('while an answer is awaited, and opened again by the loop: the mode is over then', () => {
    const { it_, spoken, breakSession } = withBreakingSessions(() => answerOf('Yes.', 500, 0.3, 5000));
    it_.say(600, 'what time is it');
    it_.waitFor('turn-sent');
    it_.wait(300);
    breakSession();
    it_.wait(3000);
    expect(spoken()).toEqual(['no-server']);
    expect(
      types(
        it_.events,
        'session-lost',
        'degraded-mode-entered',
        'filler-spoken',
        'session-opened',
        'degraded-mode-left',
      ),
    ).toEqual([
      'session-opened',
      'session-lost',
      'degraded-mode-entered',
      'filler-spoken',
      'session-opened',
      'degraded-mode-left',
    ]);
    expect(it_.of('degraded-mode-left')).toMatchObject([{ lastedMs: 250, turnsLost: 1 }]);
    expect(it_.state).toBe('idle');
  });

  it('for a longer time: each turn is told, by turns with other words, and the end of it is told once', () => {
    let isDown = true;
    const { it_, spoken } = withFillers({
      ports: {
        upstream: {
          accepts: 'text',
          format: { sampleRateHz: 16_000, channels: 1 },
          openSession: (requests$) => (isDown ? throwError(() => lost) : it_.upstream.openSession(requests$)),
        },
      },
      options: { patience: { maxReopenDelayMs: 1000 } },
    });
    for (const text of ['what time is it', 'hello', 'anybody there?']) {
      it_.say(600, text);
      it_.wait(4000);
    }
    expect(spoken()).toEqual(['no-server', 'still-no-server', 'no-server']);
    expect(it_.of('turn-failed')).toHaveLength(3);
    expect(it_.of('degraded-mode-entered')).toHaveLength(1);
    expect(it_.of('degraded-mode-left')).toEqual([]);

    isDown = false;
    it_.wait(2000);
    expect(it_.of('degraded-mode-left')).toMatchObject([{ turnsLost: 3 }]);
    it_.say(600, 'what time is it');
    it_.waitFor('reply-ended');
    it_.wait(2000);
    expect(it_.of('playout-ended').at(-1)).toMatchObject({ owner: { kind: 'reply' }, reason: 'heard' });
    expect(it_.of('degraded-mode-entered')).toHaveLength(1);
  });

  it('during a reply: what was received is heard, then the user is told', () => {
    const { it_ } = withFillers({
      answer: () => [
        ...answerOf('It is five.', 1500, 0.3, 300).filter(({ type }) => type !== 'end'),
        { type: 'lose-session', error: lost, afterMs: 0 },
      ],
    });
    it_.say(600, 'what time is it');
    it_.waitFor('session-lost', 0);
    it_.wait(4000);
    expect(it_.of('playout-ended')).toMatchObject([
      { owner: { kind: 'reply' }, reason: 'heard', heardMs: 1500 },
      { owner: { kind: 'filler' }, reason: 'heard', heardMs: 700 },
    ]);
    expect(it_.state).toBe('idle');
  });

  it('and back before the reply was heard: nobody is told', () => {
    const { it_, spoken, breakSession } = withBreakingSessions(() => answerOf('It is five.', 3000, 0.3, 300));
    it_.say(600, 'what time is it');
    it_.waitFor('playout-started');
    breakSession();
    it_.wait(6000);
    expect(spoken()).toEqual([]);
    expect(it_.of('degraded-mode-left')).toMatchObject([{ lastedMs: 250, turnsLost: 1 }]);
    expect(it_.state).toBe('idle');
  });

  it('while nobody asks: nobody is disturbed', () => {
    const { it_ } = withFillers({
      answer: () => [
        ...answerOf('Yes.', 300, 0.3, 300),
        { type: 'lose-session', error: lost, afterMs: 5000 },
      ],
    });
    it_.say(600, 'what time is it');
    it_.wait(10_000);
    expect(it_.of('filler-spoken')).toEqual([]);
    expect(it_.state).toBe('idle');
  });

  it('and the apology is interrupted: it falls silent, and the new turn is its own', () => {
    const { it_ } = withFillers({
      answer: ({ turnId }) => (turnId === 'turn-1' ? loseSession : answerOf('Yes.', 500, 0.3, 500)),
      ports: { fillers: library(clip('no-server', ['apology'], steady(3000, 0.2))) },
    });
    it_.say(600, 'what time is it');
    it_.waitFor('playout-started');
    it_.wait(300);
    it_.say(800, 'never mind');
    it_.waitFor('reply-ended');
    it_.wait(2000);

    expect(it_.of('barge-in')).toMatchObject([
      { turnId: 'turn-1', replyId: null, fillerId: 'no-server#1', heardMs: 0, heardText: '' },
    ]);
    expect(it_.of('turn-sent')).toMatchObject([{ turnId: 'turn-1' }, { turnId: 'turn-2', revision: 1 }]);
    expect(it_.of('playout-ended')[0]).toMatchObject({ owner: { kind: 'filler' }, reason: 'cut' });
    expect(it_.of('playout-ended').at(-1)).toMatchObject({ owner: { kind: 'reply' }, reason: 'heard' });
    expect(it_.state).toBe('idle');
  });

  it('and somebody coughs at the apology: it goes on', () => {
    const { it_ } = withFillers({
      answer: () => loseSession,
      ports: { fillers: library(clip('no-server', ['apology'], steady(3000, 0.2))) },
    });
    it_.say(600, 'what time is it');
    it_.waitFor('playout-started');
    it_.wait(300);
    it_.say(70);
    it_.wait(5000);
    expect(types(it_.events, 'ducked', 'restored')).toEqual(['ducked', 'restored']);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 3000 }]);
    expect(it_.state).toBe('idle');
  });

  it('and there is no filler for that: the loop is idle, and the events tell', () => {
    const { it_ } = withFillers({
      answer: () => loseSession,
      ports: { fillers: library(clip('moment', [])) },
    });
    it_.say(600, 'what time is it');
    it_.wait(3000);
    expect(it_.of('filler-spoken')).toEqual([]);
    expect(it_.states.at(-1)).toBe('idle');
    expect(it_.of('degraded-mode-entered')).toHaveLength(1);
  });

  it('and the loudspeaker with it: the loop becomes idle all the same', () => {
    const { it_ } = withFillers({
      answer: () => loseSession,
      ports: { fillers: library(clip('no-server', ['apology'], steady(3000, 0.2))) },
    });
    it_.say(600, 'what time is it');
    it_.waitFor('playout-started');
    it_.loudspeaker.vanish();
    it_.wait(5000);
    expect(it_.of('device-lost')[0]).toMatchObject({ device: 'loudspeaker' });
    expect(it_.state).toBe('idle');
  });

  it('and the microphone has ended: the apology is heard before the end', () => {
    const { it_ } = withFillers({ answer: () => loseSession });
    it_.say(600, 'what time is it');
    it_.waitFor('turn-sent');
    it_.microphone.hangUp();
    it_.wait(3000);
    expect(it_.of('playout-ended')).toMatchObject([{ owner: { kind: 'filler' }, reason: 'heard' }]);
    expect(it_.end).toBe('complete');
  });
});

describe('a turn that the service did not answer', () => {
  it.each([
    ['UPSTREAM_TIMEOUT', true],
    ['UPSTREAM_OVERLOADED', true],
    ['UPSTREAM_REJECTED', false],
    ['UPSTREAM_FORBIDDEN', false],
  ] as const)('because of %s: an apology %s', (code, isTold) => {
    const { it_, spoken } = withFillers({
      answer: ({ turnId }) =>
        turnId === 'turn-1'
          ? [{ type: 'fail', error: new UpstreamError(code, 'it did not; wait'), afterMs: 300 }]
          : answerOf('Yes.', 300, 0.3, 300),
    });
    it_.say(600, 'what time is it');
    it_.wait(3000);
    expect(it_.of('turn-failed')).toMatchObject([{ error: { code } }]);
    expect(spoken()).toEqual(isTold ? ['no-server'] : []);

    it_.say(600, 'what time is it');
    it_.wait(3000);
    expect(it_.of('degraded-mode-left')).toMatchObject(isTold ? [{ turnsLost: 1 }] : []);
  });

  it('in time: an apology, when the patience is over', () => {
    const { it_, spoken } = withFillers({
      answer: () => [],
      options: { patience: { replyTimeoutMs: 5000 } },
      ports: { fillers: library(clip('no-server', ['apology'])) },
    });
    it_.say(600, 'what time is it');
    it_.wait(8000);
    expect(it_.of('turn-failed')).toMatchObject([{ error: { code: 'UPSTREAM_TIMEOUT' } }]);
    expect(spoken()).toEqual(['no-server']);
    expect(it_.state).toBe('idle');
  });
});

describe('what was discarded with an apology', () => {
  it('is not taken for what was heard of a later reply that falls silent', () => {
    const { it_ } = withFillers({
      answer: ({ turnId }) =>
        turnId === 'turn-1'
          ? loseSession
          : answerOf('Half of it', 500, 0.3, 300).filter(({ type }) => type !== 'end'),
      ports: { fillers: library(clip('no-server', ['apology'], steady(3000, 0.2))) },
      options: { patience: { replyStallMs: 1000 } },
    });
    it_.say(600, 'what time is it');
    it_.waitFor('playout-started');
    it_.wait(200);
    it_.say(800, 'again');
    it_.wait(6000);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'stalled' }]);
    expect(it_.requests.filter(({ type }) => type === 'reply-cancelled').at(-1)).toMatchObject({
      heardMs: 500,
      heardText: 'Half of',
    });
  });
});

describe('fillers of two channels', () => {
  it('are heard as they are', () => {
    const format = { sampleRateHz: 48_000, channels: 2 };
    const audio = audioFrame(format, new Float32Array(700 * 48 * 2).fill(0.2), 0);
    const { it_, ask } = withFillers({
      loudspeaker: { format },
      ports: { fillers: library(clip('moment', [], audio)) },
    });
    ask('what time is it');
    expect(it_.of('playout-ended')[0]).toMatchObject({ owner: { kind: 'filler' }, heardMs: 700 });
  });
});
