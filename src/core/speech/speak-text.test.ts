import { of, Subject, Subscription, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeVoice, type VoiceTurn } from '../../../test/support/fake-voice.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame, endMs } from '../audio/audio-frame.js';
import { UpstreamError } from '../errors.js';
import type { UpstreamEvent, UpstreamRequest } from '../ports/upstream.js';
import { speakText } from './speak-text.js';
import type { SpeakTextOptions } from './speak-text-options.js';

const turn = { turnId: 't1', revision: 1 };
const started = (replyId = 'r1', of = turn): UpstreamEvent => ({
  type: 'reply-started',
  ...of,
  replyId,
  interruptible: true,
});
const text = (words: string, replyId = 'r1'): UpstreamEvent => ({ type: 'reply-text', replyId, text: words });
const ended = (replyId = 'r1'): UpstreamEvent => ({ type: 'reply-ended', replyId, reason: 'complete' });
const ownAudio = (sequence: number, replyId = 'r1'): UpstreamEvent => ({
  type: 'reply-audio',
  replyId,
  sequence,
  frame: audioFrame({ sampleRateHz: 8000, channels: 1 }, new Float32Array(80), sequence * 10),
});
const cancel = (of = turn, replyId = 'r1'): UpstreamRequest => ({
  type: 'reply-cancelled',
  ...of,
  replyId,
  heardMs: 0,
  heardText: '',
});
const lost: UpstreamEvent = {
  type: 'session-lost',
  error: new UpstreamError('UPSTREAM_UNREACHABLE', 'gone; wait'),
};

function speaking(
  options: Partial<SpeakTextOptions> = {},
  turnOf?: (text: string, attempt: number) => VoiceTurn,
) {
  const clock = createVirtualClock();
  const voice = fakeVoice(clock.scheduler, turnOf);
  const source$ = new Subject<UpstreamEvent>();
  const requests$ = new Subject<UpstreamRequest>();
  const events: (readonly [number, UpstreamEvent])[] = [];
  let end = 'running';
  const subscription = new Subscription();
  const react: ((event: UpstreamEvent) => void)[] = [];
  subscription.add(
    source$
      .pipe(speakText(voice, { audioGraceMs: 0, requests$, scheduler: clock.scheduler, ...options }))
      .subscribe({
        next: (event) => {
          events.push([clock.nowMs, event]);
          for (const each of react) each(event);
        },
        error: (error) => {
          end = String(error);
        },
        complete: () => {
          end = 'complete';
        },
      }),
  );
  return {
    clock,
    voice,
    source$,
    requests$,
    events,
    subscription,
    react,
    get end() {
      return end;
    },
    send: (...sent: readonly UpstreamEvent[]) => {
      for (const event of sent) source$.next(event);
    },
    /** In short: what was told, audio as the text it says, once for frames in a row. */
    get story() {
      const lines = events.map(([, event]) => {
        switch (event.type) {
          case 'reply-text':
            return `text ${event.text.trim()}`;
          case 'reply-audio':
            return `say ${voice.said(event.frame)}`;
          case 'reply-ended':
            return `ended ${event.reason}`;
          case 'upstream-fact':
            return event.fact;
          default:
            return event.type;
        }
      });
      return lines.filter((line, index) => line !== lines[index - 1]);
    },
    of: <Type extends UpstreamEvent['type']>(type: Type) =>
      events.flatMap(([, event]) =>
        event.type === type ? [event as Extract<UpstreamEvent, { type: Type }>] : [],
      ),
    at: (type: UpstreamEvent['type']) => events.find(([, event]) => event.type === type)?.[0],
  };
}

describe('speakText', () => {
  it('speaks a reply that is text alone, clause by clause, with where in the audio each begins', () => {
    const it_ = speaking();
    it_.send(started(), text('One is he'), text('re. Two is'), text(' not.'), ended());

    expect(it_.story).toEqual([
      'reply-started',
      'text One is here.',
      'say One is here.',
      'text Two is not.',
      'say Two is not.',
      'ended complete',
    ]);
    expect(it_.of('reply-text').map(({ atMs }) => atMs)).toEqual([0, 200]);
    const audio = it_.of('reply-audio');
    expect(audio.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
    expect(audio.map(({ frame }) => frame.timestampMs)).toEqual([0, 100, 200, 300]);
  });

  it('keeps the order when the second clause is ready before the first, and has no more under way than is allowed', () => {
    const it_ = speaking({ maxParallel: 2 }, (said) => ({
      afterMs: said.startsWith('One') ? 900 : 100,
      gapMs: 20,
    }));
    it_.send(started(), text('One is here. Two is not. Three may be. Four is.'), ended());
    it_.clock.advanceBy(5000);

    expect(it_.story.filter((line) => line.startsWith('say'))).toEqual([
      'say One is here.',
      'say Two is not.',
      'say Three may be.',
      'say Four is.',
    ]);
    expect(it_.at('reply-audio')).toBe(900);
    expect(it_.voice.most).toBe(2);
    expect(it_.story.at(-1)).toBe('ended complete');
  });

  it('leaves alone a reply that brings audio, whether it comes before its text or within the grace after it', () => {
    for (const audioFirst of [true, false]) {
      const it_ = speaking({ audioGraceMs: 500 });
      const reply = audioFirst ? [ownAudio(0), text('One. Two.')] : [text('One. Two.'), ownAudio(0)];
      it_.send(started(), ...reply.slice(0, 1));
      it_.clock.advanceBy(499);
      it_.send(...reply.slice(1), ownAudio(1), ended());
      it_.clock.advanceBy(5000);

      expect(it_.events.map(([, event]) => event)).toEqual([started(), ...reply, ownAudio(1), ended()]);
      expect(it_.voice.asked).toEqual([]);
    }
  });

  it('speaks when no audio came within the grace, or when the reply ends before, and drops audio that comes later', () => {
    const late = speaking({ audioGraceMs: 500 });
    late.send(started(), text('One is here. '));
    late.clock.advanceBy(600);
    late.send(ownAudio(0), ownAudio(1), text('Two.'), ended());
    late.clock.advanceBy(5000);
    expect(late.at('reply-text')).toBe(500);
    expect(late.story).toEqual([
      'reply-started',
      'text One is here.',
      'say One is here.',
      'speech-audio-dropped',
      'text Two.',
      'say Two.',
      'speech-audio-dropped',
      'ended complete',
    ]);

    const early = speaking({ audioGraceMs: 500 });
    early.send(started(), text('One.'), ended());
    expect(early.story.at(-1)).toBe('ended complete');
  });

  it('lets everything else through at once, and replies without text untouched', () => {
    const action: UpstreamEvent = { type: 'action', replyId: 'r1', command: 'light_on', args: {} };
    const it_ = speaking({}, () => ({ afterMs: 500 }));
    it_.send({ type: 'session-opened', sessionId: 's' }, started(), text('One is here.'), action);
    expect(it_.story).toEqual(['session-opened', 'reply-started', 'action']);

    const bare = speaking();
    bare.send(started(), action, ended());
    expect(bare.events.map(([, event]) => event)).toEqual([started(), action, ended()]);
  });

  it('speaks text without an end after a time, but not while there is enough to be heard', () => {
    const it_ = speaking({ clauses: { maxHoldMs: 800 } }, () => ({ frames: 50 }));
    it_.send(started(), text('we are looking for'));
    it_.clock.advanceBy(10_000);
    expect(it_.at('reply-audio')).toBe(800);

    // 5 s of speech are ahead until 5800: text is waited for until a second before.
    const ahead = speaking({ clauses: { maxHoldMs: 800 } }, () => ({ frames: 50 }));
    ahead.send(started(), text('One is here. '), text('and we are'));
    ahead.clock.advanceBy(3900);
    expect(ahead.of('reply-text')).toHaveLength(1);
    ahead.clock.advanceBy(200);
    expect(ahead.of('reply-text')).toHaveLength(2);
  });

  it('begins no clause while much is ready and not heard, and goes on as it is heard', () => {
    const sentences = Array.from({ length: 12 }, (_, index) => `This is number ${index}.`).join(' ');
    const it_ = speaking({ maxAheadMs: 3000, maxParallel: 1 }, () => ({ frames: 10 }));
    it_.send(started(), text(sentences), ended());
    it_.requests$.next({ type: 'reply-progress', replyId: 'r1', heardMs: 0 });
    expect(it_.voice.asked).toHaveLength(3);
    it_.clock.advanceBy(200);
    it_.requests$.next({ type: 'reply-progress', replyId: 'r1', heardMs: 1500 });
    expect(it_.voice.asked).toHaveLength(5);
    // Nobody tells: elapsed time counts as heard.
    it_.clock.advanceBy(20_000);
    expect(it_.voice.asked).toHaveLength(12);
    expect(it_.story.at(-1)).toBe('ended complete');
  });

  it('says what a lost session left behind, and tells of the loss then', () => {
    const it_ = speaking({}, () => ({ afterMs: 300 }));
    const reopened: UpstreamEvent = { type: 'session-opened', sessionId: 's' };
    it_.send(
      started(),
      text('One is here.'),
      { type: 'reply-ended', replyId: 'r1', reason: 'truncated' },
      lost,
      reopened,
      lost,
      reopened,
    );
    expect(it_.story).toEqual(['reply-started']);
    it_.clock.advanceBy(1000);
    expect(it_.story).toEqual([
      'reply-started',
      'text One is here.',
      'say One is here.',
      'ended truncated',
      'session-lost',
      'session-opened',
    ]);
  });

  it('says what came when the source completes, then completes; an error passes at once', () => {
    const it_ = speaking({}, () => ({ afterMs: 300 }));
    it_.send(started(), text('One is here.'), ended());
    it_.source$.complete();
    expect(it_.end).toBe('running');
    it_.clock.advanceBy(300);
    expect(it_.story.slice(1)).toEqual(['text One is here.', 'say One is here.', 'ended complete']);
    expect(it_.end).toBe('complete');

    const broken = speaking({}, () => ({ afterMs: 300 }));
    broken.send(started(), text('One is here.'), ended());
    broken.source$.error('no way');
    broken.clock.advanceBy(1000);
    expect(broken.end).toBe('no way');
    expect(broken.voice.open).toBe(0);
    expect(broken.story).toEqual(['reply-started']);
  });

  it('keeps two subscriptions apart', () => {
    const clock = createVirtualClock();
    const voice = fakeVoice(clock.scheduler);
    const spoken$ = of(started(), text('One is here.'), ended()).pipe(
      speakText(voice, { audioGraceMs: 0, scheduler: clock.scheduler }),
    );
    for (let round = 0; round < 2; round++) {
      const types: string[] = [];
      spoken$.subscribe(({ type }) => types.push(type));
      expect(types).toEqual(['reply-started', 'reply-text', 'reply-audio', 'reply-audio', 'reply-ended']);
    }
  });

  it('leaves the voice alone when it is unsubscribed within the first event of a source that gives all at once', () => {
    const clock = createVirtualClock();
    const voice = fakeVoice(clock.scheduler, () => ({ afterMs: 100 }));
    of(started(), text('One is here.'), started('r2'), text('Two is not.', 'r2'), ended('r2'))
      .pipe(speakText(voice, { audioGraceMs: 0, scheduler: clock.scheduler }), take(1))
      .subscribe();
    clock.advanceBy(30_000);
    expect([voice.asked, voice.open]).toEqual([[], 0]);
  });

  it('goes on after half a minute in which the service was silent', () => {
    const it_ = speaking();
    it_.send(started(), text('One is here. And'));
    it_.clock.advanceBy(30_000);
    it_.send(text(' two is not.'));
    it_.clock.advanceBy(30_000);
    it_.send(ended());
    expect(it_.story).toEqual([
      'reply-started',
      'text One is here.',
      'say One is here.',
      'text And',
      'say And',
      'text two is not.',
      'say two is not.',
      'ended complete',
    ]);
    expect(it_.of('reply-text').map(({ atMs }) => atMs)).toEqual([0, 200, 400]);
  });

  it('refuses options out of range, those of the clauses too', () => {
    expect(() => speaking({ maxParallel: 0, audioGraceMs: -1 })).toThrow(
      /audioGraceMs must be .*; maxParallel must be .* but is 0/,
    );
    expect(() => speaking({ clauses: { maxLetters: 1 } })).toThrow(/maxLetters must be/);
  });
});

describe('a cut', () => {
  const long = (options?: Partial<SpeakTextOptions>) => {
    const it_ = speaking(options, () => ({ afterMs: 200, frames: 20, gapMs: 50 }));
    it_.send(started(), text('One is here. Two is not. Three may be.'));
    return it_;
  };

  it('by reply-cancelled stops the syntheses at once; the end that follows is told once, by the service or by us', () => {
    const running = long();
    running.clock.advanceBy(500);
    const before = running.events.length;
    running.requests$.next(cancel());
    expect(running.voice.open).toBe(0);
    running.send(text('Four.'), { type: 'reply-ended', replyId: 'r1', reason: 'cancelled' });
    running.clock.advanceBy(10_000);
    expect(running.events.slice(before).map(([, event]) => event)).toEqual([
      { type: 'reply-ended', replyId: 'r1', reason: 'cancelled' },
    ]);

    const over = long();
    over.send(ended());
    over.clock.advanceBy(500);
    const told = over.events.length;
    over.requests$.next(cancel());
    over.clock.advanceBy(10_000);
    expect(over.voice.open).toBe(0);
    expect(over.events.slice(told).map(([, event]) => event)).toEqual([
      { type: 'reply-ended', replyId: 'r1', reason: 'cancelled' },
    ]);
  });

  it('within the call that gives out a frame leaves no frame behind it', () => {
    const it_ = speaking({}, () => ({ frames: 50 }));
    it_.react.push(({ type }) => {
      if (type === 'reply-audio') it_.requests$.next(cancel());
    });
    it_.send(started(), text('One is here. Two is not.'), ended());
    it_.clock.advanceBy(1000);
    expect(it_.of('reply-audio')).toHaveLength(1);
    expect(it_.voice.open).toBe(0);
  });

  it('of another turn, or of a lower revision, changes nothing', () => {
    const it_ = long();
    it_.requests$.next(cancel({ turnId: 't2', revision: 1 }));
    it_.requests$.next(cancel({ turnId: 't1', revision: 0 }));
    it_.send(ended());
    it_.clock.advanceBy(20_000);
    expect(it_.story.at(-1)).toBe('ended complete');
  });

  it('comes with the next reply, before which the end of the old one is told, and only once', () => {
    const it_ = long();
    it_.clock.advanceBy(500);
    it_.send(
      started('r2', { turnId: 't2', revision: 1 }),
      text('Five is new.', 'r2'),
      text('Six.', 'r1'),
      ended('r1'),
      ended('r2'),
    );
    it_.clock.advanceBy(10_000);
    const said = it_.story.slice(it_.story.indexOf('ended cancelled'));
    expect(said).toEqual([
      'ended cancelled',
      'reply-started',
      'text Five is new.',
      'say Five is new.',
      'ended complete',
    ]);
    expect(it_.of('reply-ended').map(({ replyId }) => replyId)).toEqual(['r1', 'r2']);
  });

  it('by unsubscription stops everything', () => {
    const it_ = long({ audioGraceMs: 300 });
    it_.clock.advanceBy(600);
    const told = it_.events.length;
    it_.subscription.unsubscribe();
    it_.clock.advanceBy(10_000);
    expect(it_.events).toHaveLength(told);
    expect(it_.voice.open).toBe(0);
    expect(it_.source$.observed || it_.requests$.observed).toBe(false);
  });

  it('lets go of a lost session that was held back', () => {
    const it_ = long();
    it_.send(ended(), lost);
    it_.clock.advanceBy(400);
    it_.requests$.next(cancel());
    expect(it_.story.slice(-2)).toEqual(['ended cancelled', 'session-lost']);
  });
});

describe('a clause that fails', () => {
  const sentences = 'One is here. Two is not. Three may be.';

  it('is asked for once more, and nobody notices', () => {
    const it_ = speaking({}, (said, attempt) =>
      said.startsWith('Two') && attempt === 1 ? { frames: 0, end: 'breaks' } : {},
    );
    it_.send(started(), text(sentences), ended());
    it_.clock.advanceBy(0);
    expect(it_.story.filter((line) => line.startsWith('say'))).toHaveLength(3);
    expect(it_.voice.asked).toHaveLength(4);
    expect(it_.of('upstream-fact')).toEqual([]);
  });

  it('is begun again when it broke off in the middle', () => {
    const it_ = speaking({}, (said, attempt) =>
      said.startsWith('Two') && attempt === 1 ? { frames: 1, gapMs: 20, end: 'breaks' } : {},
    );
    it_.send(started(), text(sentences), ended());
    it_.clock.advanceBy(100);
    expect(it_.of('reply-text').map(({ atMs }) => atMs)).toEqual([0, 200, 500]);
    expect(it_.story.at(-1)).toBe('ended complete');
  });

  it('is left out and told of, and its text is not among what is heard', () => {
    const it_ = speaking({}, (said) => (said.startsWith('Two') ? { frames: 0, end: 'refuses' } : {}));
    it_.send(started(), text(sentences), ended());
    expect(it_.story).toEqual([
      'reply-started',
      'text One is here.',
      'say One is here.',
      'speech-clause-failed',
      'text Three may be.',
      'say Three may be.',
      'ended complete',
    ]);
    const [fact] = it_.of('upstream-fact');
    expect(fact?.detail).toMatch(/reply r1: clause 2 \(11 letters\) is left out: \[SYNTHESIS_FAILED\]/);
    expect(fact?.detail).not.toContain('Two');
    expect(it_.voice.asked).toHaveLength(3);
  });

  it('counts as failed when it is silent for too long, or says nothing, or throws', () => {
    const silent = speaking({ clauseTimeoutMs: 2000 }, (said) =>
      said.startsWith('Two') ? { frames: 1, end: 'silence' } : {},
    );
    silent.send(started(), text(sentences), ended());
    silent.clock.advanceBy(1999);
    expect(silent.of('upstream-fact')).toEqual([]);
    silent.clock.advanceBy(1);
    expect(silent.story.slice(-4)).toEqual([
      'speech-clause-failed',
      'text Three may be.',
      'say Three may be.',
      'ended complete',
    ]);

    const mute = speaking({}, (said) => (said.startsWith('Two') ? { frames: 0 } : {}));
    mute.send(started(), text(sentences), ended());
    mute.clock.advanceBy(0);
    expect(mute.of('upstream-fact')).toMatchObject([
      { fact: 'speech-clause-failed', detail: expect.stringContaining('no audio') },
    ]);

    const throwing = speaking({}, () => {
      throw new TypeError('a bug');
    });
    throwing.send(started(), text('One is here.'), ended());
    throwing.clock.advanceBy(0);
    expect(throwing.story).toEqual(['reply-started', 'speech-clause-failed', 'ended failed']);
  });

  it('before its turn gives nothing of what it had', () => {
    const it_ = speaking({}, (said) =>
      said.startsWith('Two') ? { frames: 3, gapMs: 10, end: 'refuses' } : { afterMs: 400 },
    );
    it_.send(started(), text(sentences), ended());
    it_.clock.advanceBy(5000);
    expect(it_.story.slice(1)).toEqual([
      'text One is here.',
      'say One is here.',
      'speech-clause-failed',
      'text Three may be.',
      'say Three may be.',
      'ended complete',
    ]);
  });

  it('does not time out while another one is at work before it', () => {
    const it_ = speaking({ clauseTimeoutMs: 1000 }, (said) => ({
      afterMs: said.startsWith('One') ? 900 : 1800,
    }));
    it_.send(started(), text('One is here. Two is not.'), ended());
    it_.clock.advanceBy(5000);
    expect(it_.of('upstream-fact')).toEqual([]);
  });

  it('three times in a row ends the reply as failed, when the service has ended it, with what it asks of the device', () => {
    const it_ = speaking({}, (said) => (said.startsWith('One') ? {} : { frames: 0, end: 'refuses' }));
    it_.send(started(), text('One is here. Two is. Three is. Four is. Five is. Six is.'));
    expect(it_.story.slice(-1)).toEqual(['speech-clause-failed']);
    expect(it_.of('upstream-fact')).toHaveLength(3);
    it_.send(text('Seven is.'), { type: 'action', replyId: 'r1', command: 'light_on', args: {} }, ended());
    it_.clock.advanceBy(1000);
    expect(it_.story.slice(-2)).toEqual(['action', 'ended failed']);
    expect(it_.of('reply-ended')[0]?.message).toMatch(/SYNTHESIS_FAILED/);
    expect(it_.voice.asked).not.toContain('Seven is.');
  });

  it('by saying far too much is stopped', () => {
    const it_ = speaking({}, (said) => (said.startsWith('One') ? { frames: 5000, frameMs: 100 } : {}));
    it_.send(started(), text('One is here. Two is not.'), ended());
    it_.clock.advanceBy(200_000);
    expect(endMs(it_.of('reply-audio').at(-1)?.frame as never)).toBeLessThan(121_000);
    expect(it_.story.slice(-4)).toEqual([
      'speech-clause-failed',
      'text Two is not.',
      'say Two is not.',
      'ended complete',
    ]);
  });
});

it('drops text of which more waits than is kept, and counts it', () => {
  const it_ = speaking({}, () => ({ end: 'silence', frames: 0 }));
  it_.send(started(), text('One two three. '.repeat(7000)), text('More. '));
  expect(it_.of('upstream-fact').map(({ fact }) => fact)).toEqual(['speech-text-dropped']);
});

describe('a clause that nobody can say, and a signal stands for', () => {
  const onlySignals = (of: RegExp) => (said: string) => (of.test(said) ? { saysNothing: true as const } : {});

  it('is told as never heard, with where the signal begins, and the clauses around it keep their places', () => {
    const it_ = speaking({}, onlySignals(/Two/));
    it_.send(started(), text('One is here. Two is not. Three is here.'), ended());
    expect(it_.of('reply-text').map(({ atMs, saysNothing }) => [atMs, saysNothing])).toEqual([
      [0, undefined],
      [200, true],
      [400, undefined],
    ]);
    expect(it_.of('reply-audio').map(({ frame }) => frame.timestampMs)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'complete' }]);
  });

  it('sounds once for several in a row, and again after something was said', () => {
    const it_ = speaking({}, onlySignals(/Two|Three|Five/));
    it_.send(started(), text('One is it. Two is it. Three is it. Four is it. Five is it.'), ended());
    expect(it_.story).toEqual([
      'reply-started',
      'text One is it.',
      'say One is it.',
      'text Two is it.',
      'say Two is it.',
      'text Three is it.',
      'text Four is it.',
      'say Four is it.',
      'text Five is it.',
      'say Five is it.',
      'ended complete',
    ]);
    expect(it_.of('reply-text').map(({ atMs, saysNothing }) => [atMs, saysNothing])).toEqual([
      [0, undefined],
      [200, true],
      [400, true],
      [400, undefined],
      [600, true],
    ]);
  });
});
