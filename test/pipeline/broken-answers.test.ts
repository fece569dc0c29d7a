import { type FillerLibrary, UpstreamError } from 'earshot';
import type { Script } from 'earshot/testing';
import { mergeMap, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, kiosk, steady } from './kiosk.js';

const lost = new UpstreamError('UPSTREAM_UNREACHABLE', 'the way broke; wait', { retryable: true });
const apology: FillerLibrary = {
  loadFillers: () =>
    of([{ fillerId: 'no-server', text: 'No server.', contexts: ['apology'], audio: steady(700, 0.2) }]),
};
const unfinished = answerOf('It is five.', 500, 0.3, 300).filter(({ type }) => type !== 'end');

/** A loop that asked something, and so long after that. */
function asked(answer: Script, waitMs: number) {
  const broken$ = new Subject<void>();
  const it_ = kiosk({
    answer: () => answer,
    sessionBreaks$: broken$.pipe(mergeMap(() => throwError(() => lost))),
    ports: { fillers: apology },
    options: { patience: { replyStallMs: 1000 } },
  });
  it_.wait(300);
  it_.say(600, 'what time is it');
  it_.wait(waitMs);
  return { it_, breakSession: () => broken$.next() };
}
const heardOf = (it_: Pick<ReturnType<typeof kiosk>, 'of'>) =>
  it_.of('playout-ended').map(({ owner, reason, heardMs }) => [owner.kind, reason, heardMs]);

describe('an answer that breaks off', () => {
  it.each([
    ['when all that came of it was heard', unfinished, 600],
    ['before anything of it could be heard', unfinished.slice(0, 1), 300],
  ])('in the instant in which the session is lost, %s: the user is told', (_, began, afterMs) => {
    const { it_ } = asked([...began, { type: 'lose-session', error: lost, afterMs }], 5000);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'truncated' }]);
    const brokeOff = it_.of('reply-ended')[0]?.atMs;
    expect(it_.of('session-lost')).toMatchObject([{ atMs: brokeOff }]);
    expect(it_.of('degraded-mode-entered')).toMatchObject([{ atMs: brokeOff }]);
    expect(it_.of('filler-spoken')).toMatchObject([{ turnId: 'turn-1', context: 'apology', atMs: brokeOff }]);
    expect(heardOf(it_).at(-1)).toEqual(['filler', 'heard', 700]);
    expect(it_.state).toBe('idle');
  });

  it('and whose session stays, is no reason for an apology', () => {
    const { it_ } = asked([...unfinished, { type: 'stop', afterMs: 600 }], 5000);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'truncated' }]);
    expect(it_.of('filler-spoken')).toEqual([]);
    expect(it_.state).toBe('idle');
  });

  it('by silence, and whose session is lost soon after that: the user is told', () => {
    const { it_, breakSession } = asked(unfinished, 500);
    it_.waitFor('reply-ended', 0);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'stalled' }]);
    expect(it_.state).toBe('idle');
    it_.wait(800);
    breakSession();
    it_.wait(3000);
    expect(it_.of('filler-spoken')).toMatchObject([{ turnId: 'turn-1', context: 'apology' }]);
    expect(it_.of('degraded-mode-entered')).toHaveLength(1);
  });
});

describe('an answer that goes on after it was given up', () => {
  it('is neither heard nor told as heard, and ends once', () => {
    const { it_ } = asked(
      [
        ...answerOf('It is five.', 1600, 0.3, 300).filter(({ type }) => type !== 'end'),
        ...answerOf('It is six.', 500, 0.3, 1100),
      ],
      8000,
    );
    expect(it_.of('reply-ended')).toMatchObject([
      { reason: 'stalled', receivedMs: 1600, text: 'It is five.' },
    ]);
    expect(heardOf(it_)).toEqual([['reply', 'heard', 1600]]);
    expect(it_.requests.filter(({ type }) => type === 'reply-cancelled')).toMatchObject([
      { heardMs: 1600, heardText: 'It is five.' },
    ]);
  });
});
