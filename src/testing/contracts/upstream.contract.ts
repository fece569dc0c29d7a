import { isVoiceError } from '../../core/errors.js';
import type { Upstream } from '../../core/ports/upstream.js';
import { isPcmFormat } from './observe.js';
import type { ContractTestFunctions } from './test-functions.js';
import { type ObservedSession, observeSession } from './upstream-session.js';

/** How the service behind an upstream answers. @public */
export type ContractAnswer =
  /** At least two pieces of audio, then the end. */
  | 'complete'
  /** Audio piece after piece, for 5 s or longer. */
  | 'long'
  /** A refusal, and nothing before it. */
  | 'fails'
  /** Nothing at all, for ever. */
  | 'silent'
  /** Audio, then nothing more, for ever. */
  | 'stalls'
  /** Audio, then the end of the stream without a word that this was all. */
  | 'stops'
  /** Audio, then the connection is gone. */
  | 'drops';

/** An upstream with a service behind it that does as it is told. @public */
export interface UpstreamSubject {
  readonly upstream: Upstream;
  /** How every turn is answered from now on. */
  answerWith(answer: ContractAnswer): void;
  /** Let time pass: virtual time moves on, real time is waited for. */
  advance(ms: number): void | Promise<void>;
  /** Answers that the service is giving now. */
  openCalls(): number;
  /** Answers that the service was ever asked for. */
  seenCalls(): number;
  /** Frees what `create` made. */
  destroy(): void | Promise<void>;
}

/** @public */
export interface UpstreamContract {
  /** Names the implementation in the test report. */
  readonly name: string;
  /** An upstream whose service gives `complete` answers, with audio; called once per test. */
  create(): UpstreamSubject | Promise<UpstreamSubject>;
  /** Within this a turn must be over when its service is silent. Units: milliseconds. Range: 50..60000. */
  readonly silenceLimitMs: number;
  /** Within this everything else must happen. Units: milliseconds. @defaultValue 5000 */
  readonly limitMs?: number;
}

/**
 * What every `Upstream` must do.
 *
 * @remarks
 * Replies are known by their audio: a service that sends text alone is run as it is used, behind `withSpeech` and a voice, such as `toneSynthesizer`.
 * @public
 */
export function describeUpstreamContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, silenceLimitMs, limitMs = 5000 }: UpstreamContract,
): void {
  /** Long enough for what is still under way to come, if it wrongly did. */
  const quietMs = 200;

  const withSubject =
    (body: (subject: UpstreamSubject, open: () => ObservedSession) => Promise<void>) => async () => {
      const subject = await create();
      const sessions: ObservedSession[] = [];
      try {
        await body(subject, () => {
          const session = observeSession(subject.upstream, subject.advance);
          sessions.push(session);
          return session;
        });
      } finally {
        for (const session of sessions) session.unsubscribe();
        await subject.destroy();
      }
    };

  const over = (session: ObservedSession, turnId: string, revision = 1, withinMs = limitMs) =>
    session.until(`the end of turn ${turnId}`, () => session.isOver(turnId, revision), withinMs);

  const started = (session: ObservedSession, turnId: string, revision = 1) =>
    session.until(
      `audio of turn ${turnId} (a service of text alone is run behind withSpeech)`,
      () => {
        const replyId = session.replyTo(turnId, revision);
        return session.of('reply-audio').some((event) => event.replyId === replyId);
      },
      limitMs,
    );

  const freed = (subject: UpstreamSubject, session: ObservedSession) =>
    session.until('the service to be left alone', () => subject.openCalls() === 0, limitMs);

  const cancel = (session: ObservedSession, turnId: string, revision = 1) => {
    const replyId = session.replyTo(turnId, revision) ?? null;
    session.send({ type: 'reply-cancelled', turnId, revision, replyId, heardMs: 0, heardText: '' });
  };

  const reasonsOf = (session: ObservedSession) => session.of('reply-ended').map(({ reason }) => reason);

  describe(`${name} as an Upstream`, () => {
    it(
      'says what it accepts and in which layout',
      withSubject(async ({ upstream }) => {
        expect(['audio', 'text'].includes(upstream.accepts)).toBe(true);
        expect(isPcmFormat(upstream.format)).toBe(true);
      }),
    );

    it(
      'asks the service for nothing before a turn has ended',
      withSubject(async (subject, open) => {
        const session = open();
        if (subject.upstream.accepts === 'text') {
          session.send({ type: 'turn-text', turnId: 'a', revision: 1, text: 'only begun' });
        }

        await subject.advance(quietMs);

        expect(subject.seenCalls()).toBe(0);
        expect(session.of('reply-started').length + session.of('turn-failed').length).toBe(0);
      }),
    );

    it(
      'answers a turn in order: started, then its content with audio counted from 0, then ended once',
      withSubject(async (subject, open) => {
        const session = open();
        session.ask('a');
        await over(session, 'a');
        await subject.advance(quietMs);

        const replyId = session.replyTo('a');
        const ofReply = session.events.filter((event) => 'replyId' in event);
        expect(ofReply.every((event) => event.replyId === replyId)).toBe(true);
        expect(ofReply[0]?.type).toBe('reply-started');
        expect(ofReply.at(-1)?.type).toBe('reply-ended');
        expect(reasonsOf(session)).toEqual(['complete']);
        expect(session.of('reply-started').length).toBe(1);
        const audio = session.of('reply-audio');
        expect(audio.length).toBeGreaterThan(1);
        expect(audio.map(({ sequence }) => sequence)).toEqual(audio.map((_, index) => index));
        for (const { frame, sequence } of audio) {
          expect(isPcmFormat(frame.format), `layout of piece ${sequence}`).toBe(true);
          expect(frame.samples.length, `size of piece ${sequence}`).toBe(
            frame.samplesPerChannel * frame.format.channels,
          );
          expect(frame.samplesPerChannel, `size of piece ${sequence}`).toBeGreaterThan(0);
        }
        expect(subject.openCalls()).toBe(0);
      }),
    );

    it(
      'answers one turn after the other, each with a reply id of its own',
      withSubject(async (_subject, open) => {
        const session = open();
        for (const turnId of ['a', 'b', 'c']) {
          session.ask(turnId);
          await over(session, turnId);
        }

        expect(reasonsOf(session)).toEqual(['complete', 'complete', 'complete']);
        expect(new Set(session.of('reply-started').map(({ replyId }) => replyId)).size).toBe(3);
      }),
    );

    it(
      'emits nothing of a cancelled reply but its end, and frees the service',
      withSubject(async (subject, open) => {
        subject.answerWith('long');
        const session = open();
        session.ask('a');
        await started(session, 'a');

        const before = session.events.length;
        cancel(session, 'a');
        await freed(subject, session);
        await subject.advance(quietMs);

        const after = session.events.slice(before);
        expect(after.map(({ type }) => type)).toEqual(['reply-ended']);
        expect(reasonsOf(session)).toEqual(['cancelled']);
        expect(session.completed).toBe(false);
      }),
    );

    it(
      'emits nothing of a turn that was cancelled before its reply began',
      withSubject(async (subject, open) => {
        subject.answerWith('silent');
        const session = open();
        session.ask('a');
        await session.until('the service to be asked', () => subject.openCalls() === 1, limitMs);

        cancel(session, 'a');
        await freed(subject, session);
        await subject.advance(quietMs);

        expect(session.events.filter(({ type }) => type !== 'session-opened')).toEqual([]);
      }),
    );

    it(
      'answers the next turn after a cancelled one',
      withSubject(async (subject, open) => {
        subject.answerWith('long');
        const session = open();
        session.ask('a');
        await started(session, 'a');
        subject.answerWith('complete');
        cancel(session, 'a');
        session.ask('b');

        await over(session, 'b');

        expect(reasonsOf(session)).toEqual(['cancelled', 'complete']);
      }),
    );

    it(
      'lets a higher revision take the place of a lower one',
      withSubject(async (subject, open) => {
        subject.answerWith('long');
        const session = open();
        session.ask('a', 1);
        await started(session, 'a', 1);
        subject.answerWith('complete');
        session.ask('a', 2);
        const stale = session.events.length;

        await over(session, 'a', 2);

        const first = session.replyTo('a', 1);
        const late = session.events
          .slice(stale)
          .filter((event) => 'replyId' in event && event.replyId === first);
        expect(late).toEqual([]);
        expect(reasonsOf(session)).toEqual(['cancelled', 'complete']);
        await freed(subject, session);
      }),
    );

    it(
      'is not moved by the cancellation of a lower revision',
      withSubject(async (_subject, open) => {
        const session = open();
        session.ask('a', 2);
        cancel(session, 'a', 1);

        await over(session, 'a', 2);

        expect(reasonsOf(session)).toEqual(['complete']);
      }),
    );

    it(
      'keeps the answer to an older turn going until it is cancelled',
      withSubject(async (subject, open) => {
        subject.answerWith('long');
        const session = open();
        session.ask('a');
        await started(session, 'a');
        session.ask('b');
        await started(session, 'b');

        expect(subject.openCalls()).toBe(2);
        cancel(session, 'a');
        await session.until('one answer to be left', () => subject.openCalls() === 1, limitMs);

        expect(session.isOver('a')).toBe(true);
        expect(session.isOver('b')).toBe(false);
      }),
    );

    it(
      'cancels everything when it is unsubscribed',
      withSubject(async (subject, open) => {
        subject.answerWith('long');
        const session = open();
        session.ask('a');
        await started(session, 'a');

        const before = session.events.length;
        session.unsubscribe();
        await freed(subject, session);
        await subject.advance(quietMs);

        expect(session.events.length).toBe(before);
      }),
    );

    it(
      'delivers the replies under way when the requests complete, then completes',
      withSubject(async (_subject, open) => {
        const session = open();
        session.ask('a');
        session.completeRequests();

        await session.until('completion', () => session.completed, limitMs);

        expect(reasonsOf(session)).toEqual(['complete']);
      }),
    );

    it(
      'completes at once when the requests complete and no reply is under way',
      withSubject(async (_subject, open) => {
        const session = open();
        session.completeRequests();

        await session.until('completion', () => session.completed, limitMs);

        expect(session.error).toBe(undefined);
      }),
    );

    it(
      'cancels everything and fails when the requests fail',
      withSubject(async (subject, open) => {
        subject.answerWith('long');
        const session = open();
        session.ask('a');
        await started(session, 'a');
        const cause = new Error('the pipeline broke');

        session.failRequests(cause);
        await freed(subject, session);

        expect(session.error).toBe(cause);
      }),
    );

    it(
      'says that a turn failed when the service refuses, and answers the next',
      withSubject(async (subject, open) => {
        subject.answerWith('fails');
        const session = open();
        session.ask('a');
        await over(session, 'a');
        subject.answerWith('complete');
        session.ask('b');
        await over(session, 'b');

        const [failure] = session.of('turn-failed');
        expect(session.of('turn-failed').length).toBe(1);
        expect(failure?.turnId).toBe('a');
        expect(isVoiceError(failure?.error)).toBe(true);
        expect(session.of('reply-started').map(({ turnId }) => turnId)).toEqual(['b']);
        expect(reasonsOf(session)).toEqual(['complete']);
      }),
    );

    it(
      'gives up on a service that never answers, leaves it alone, and answers the next turn',
      withSubject(async (subject, open) => {
        subject.answerWith('silent');
        const session = open();
        session.ask('a');
        await over(session, 'a', 1, silenceLimitMs);
        await freed(subject, session);
        subject.answerWith('complete');
        session.ask('b');
        await over(session, 'b');

        expect(session.of('turn-failed').map(({ turnId, error }) => [turnId, error.code])).toEqual([
          ['a', 'UPSTREAM_TIMEOUT'],
        ]);
        expect(reasonsOf(session)).toEqual(['complete']);
      }),
    );

    for (const answer of ['stalls', 'stops', 'drops'] as const) {
      const what = { stalls: 'falls silent', stops: 'ends', drops: 'loses its connection' }[answer];
      it(
        `calls a reply truncated when the service ${what} in the middle of it, and answers the next turn`,
        withSubject(async (subject, open) => {
          subject.answerWith(answer);
          const session = open();
          session.ask('a');
          await over(session, 'a', 1, answer === 'stalls' ? silenceLimitMs + limitMs : limitMs);
          await freed(subject, session);
          subject.answerWith('complete');
          session.ask('b');
          await over(session, 'b');

          expect(reasonsOf(session)).toEqual(['truncated', 'complete']);
          expect(session.of('turn-failed')).toEqual([]);
          expect(session.of('session-lost').length).toBe(answer === 'drops' ? 1 : 0);
        }),
      );
    }

    it(
      'keeps its sessions apart',
      withSubject(async (subject, open) => {
        subject.answerWith('long');
        const [one, other] = [open(), open()];
        one.ask('a');
        other.ask('a');
        await started(one, 'a');
        await started(other, 'a');
        one.unsubscribe();
        await oneLeft(subject, other);
        const heard = other.of('reply-audio').length;
        await other.until('more of the other reply', () => other.of('reply-audio').length > heard, limitMs);

        expect(other.isOver('a')).toBe(false);
      }),
    );
  });

  function oneLeft(subject: UpstreamSubject, session: ObservedSession): Promise<void> {
    return session.until('one answer to be left', () => subject.openCalls() === 1, limitMs);
  }
}
