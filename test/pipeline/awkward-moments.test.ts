import {
  type AudioSink,
  audioFrame,
  createTimeBase,
  type PlayoutCommand,
  type PlayoutEvent,
  type PlayoutOptions,
  playTo,
  type Upstream,
  type UpstreamEvent,
  type UpstreamRequest,
} from 'earshot';
import { type MemoryLoudspeakerOptions, memoryLoudspeaker } from 'earshot/devices/memory';
import { createVirtualClock, tone } from 'earshot/testing';
import { NEVER, Observable, of, Subject, Subscription, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, kiosk, oneFiller, steady } from './kiosk.js';

const at = (level: number) => (sample: number) => Math.abs(sample - level) < 1e-3;
const msAt = (samples: Float32Array, level: number) => samples.filter(at(level)).length / 48;
const soundMs = (samples: Float32Array) => samples.filter((sample) => sample !== 0).length / 48;
/** The farthest that one sample is from the one before it, where the sound has begun. */
const largestStep = (samples: Float32Array) => {
  const begun = samples.subarray(samples.findIndex((sample) => sample !== 0));
  return begun.reduce(
    (largest, sample, n) => Math.max(largest, Math.abs(sample - (begun[n - 1] ?? sample))),
    0,
  );
};

type Send = (event: UpstreamEvent) => void;

/** A service whose every word is given here. It opens a session at once, unless it is told to be late. */
function handMadeService(
  hear: (request: UpstreamRequest, send: Send) => void,
  { accepts = 'text', late = false }: { accepts?: Upstream['accepts']; late?: boolean } = {},
) {
  const sent$ = new Subject<UpstreamEvent>();
  const send: Send = (event) => sent$.next(event);
  const open = () => send({ type: 'session-opened', sessionId: 'by-hand' });
  const upstream: Upstream = {
    accepts,
    format: { sampleRateHz: 16_000, channels: 1 },
    openSession: (requests$) =>
      new Observable((subscriber) => {
        subscriber.add(sent$.subscribe(subscriber));
        if (!late) open();
        subscriber.add(requests$.subscribe((request) => hear(request, send)));
      }),
  };
  return { upstream, send, open };
}

/** Answers within the call that tells it that the turn has ended. */
const answersAtOnce = (pieces: number, idOf: (answer: number) => string) => {
  let answers = 0;
  return handMadeService((request, send) => {
    if (request.type !== 'turn-ended') return;
    answers += 1;
    const { turnId, revision } = request;
    const replyId = idOf(answers);
    send({ type: 'reply-started', turnId, revision, replyId, interruptible: true });
    send({ type: 'reply-text', replyId, text: 'Hello there.' });
    for (let n = 0; n < pieces; n += 1) {
      send({
        type: 'reply-audio',
        replyId,
        sequence: n,
        frame: { ...steady(100, 0.3), timestampMs: n * 100 },
      });
    }
    send({ type: 'reply-ended', replyId, reason: 'complete' });
  }).upstream;
};

/** A turn that has been sent to a service that says nothing by itself. */
function turnSentByHand(options: NonNullable<Parameters<typeof kiosk>[0]>['options'] = {}) {
  let turn = { turnId: '', revision: 0 };
  const { upstream, send } = handMadeService((request) => {
    if (request.type === 'turn-ended') turn = request;
  });
  const it_ = kiosk({ ports: { upstream }, options });
  it_.wait(300);
  it_.say(500, 'hello');
  it_.waitFor('turn-sent');
  const begin = (replyId: string) =>
    send({
      type: 'reply-started',
      turnId: turn.turnId,
      revision: turn.revision,
      replyId,
      interruptible: true,
    });
  const audio = (replyId: string, sequence: number, ms: number) =>
    send({ type: 'reply-audio', replyId, sequence, frame: steady(ms, 0.3) });
  return { it_, send, begin, audio };
}

describe('the service', () => {
  it('answers in the very instant of the turn: the whole reply is heard', () => {
    const it_ = kiosk({ ports: { upstream: answersAtOnce(10, (n) => `r${n}`) } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(3000);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'complete', receivedMs: 1000 }]);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1000 }]);
    expect(msAt(it_.heard(), 0.3)).toBe(1000);
  });

  it('gives the same id to every reply: each is heard', () => {
    const it_ = kiosk({ ports: { upstream: answersAtOnce(1, () => 'r') } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(2000);
    it_.say(500, 'hello again');
    it_.wait(2500);
    expect(it_.of('playout-ended')).toMatchObject([{ heardMs: 100 }, { heardMs: 100 }]);
    expect(it_.state).toBe('idle');
  });

  it('begins two replies to one turn: the first is still watched, and the loop does not wait for ever', () => {
    const { it_, send, begin, audio } = turnSentByHand({ patience: { replyStallMs: 2000 } });
    begin('a');
    audio('a', 0, 300);
    begin('b');
    send({ type: 'reply-text', replyId: 'b', text: 'x' });
    it_.wait(10_000);
    expect(it_.of('reply-ended').find(({ replyId }) => replyId === 'a')).toMatchObject({ reason: 'stalled' });
    expect(it_.state).toBe('idle');
  });

  it('loses the first piece of a reply: the rest is not held back to its end', () => {
    const { it_, begin, audio } = turnSentByHand();
    begin('a');
    for (let n = 1; n <= 25; n += 1) {
      audio('a', n, 200);
      it_.wait(200);
    }
    expect(it_.of('playout-started')).toHaveLength(1);
    expect(it_.heard().some(at(0.3))).toBe(true);
  });

  it('falls silent and is interrupted: event, account and request agree on what was heard', () => {
    const it_ = kiosk({
      options: { patience: { replyStallMs: 500 } },
      answer: () => answerOf('One two three four.', 4000).slice(0, -1),
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-started');
    it_.wait(1500);
    // What came is still being heard: a service that falls silent meanwhile may be waiting for that.
    expect(it_.of('reply-ended')).toEqual([]);
    it_.say(500, 'stop');
    it_.wait(100);
    const [ended] = it_.of('playout-ended');
    expect(ended).toMatchObject({ reason: 'cut' });
    expect(ended?.heardMs).toBeGreaterThan(1500);
    expect(it_.of('barge-in')).toMatchObject([{ heardMs: ended?.heardMs }]);
    expect(it_.requests.filter(({ type }) => type === 'reply-cancelled')).toMatchObject([
      { heardMs: ended?.heardMs, heardText: it_.of('barge-in')[0]?.heardText },
    ]);
  });

  it('opens its session in the middle of a turn: the audio goes up once', () => {
    const sentMs = (openAfterMs: number) => {
      let sum = 0;
      const { upstream, open } = handMadeService(
        (request) => {
          if (request.type === 'turn-audio') sum += request.frame.samplesPerChannel / 16;
        },
        { accepts: 'audio', late: openAfterMs > 0 },
      );
      const it_ = kiosk({ accepts: 'audio', ports: { upstream } });
      it_.wait(300);
      it_.microphone.say(tone({ sampleRateHz: 48_000, durationMs: 1000, frequencyHz: 500 }));
      it_.wait(openAfterMs);
      if (openAfterMs > 0) open();
      it_.wait(3000);
      expect(it_.of('turn-sent')).toHaveLength(1);
      return sum;
    };
    const atOnce = sentMs(0);
    expect(atOnce).toBeGreaterThan(1000);
    expect(sentMs(800)).toBe(atOnce);
  });
});

describe('the loudspeaker', () => {
  it('stays away too long: the reply that was given up counts as unheard, and never sounds', () => {
    const it_ = kiosk({ loudspeaker: { faults: [{ type: 'vanish', fromMs: 100, untilMs: 8000 }] } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(6000);
    expect(it_.requests.at(-1)).toMatchObject({ type: 'reply-cancelled', heardMs: 0, heardText: '' });
    expect(it_.state).toBe('idle');
    it_.wait(8000);
    expect(it_.of('device-opened').filter(({ device }) => device === 'loudspeaker')).toHaveLength(2);
    expect(soundMs(it_.heard())).toBe(0);
  });

  it('cannot be opened at the next attempts: the reply waits all the same, and is heard whole', () => {
    const it_ = kiosk({
      loudspeaker: { faults: [{ type: 'vanish', fromMs: 100, untilMs: 2600 }] },
      answer: () => answerOf('Hello there.', 1000, 0.3, 300),
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('reply-ended');
    it_.waitFor('device-lost');
    expect(it_.state).toBe('replying');
    it_.wait(5000);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1000 }]);
    expect(msAt(it_.heard(), 0.3)).toBe(1000);
    expect(it_.state).toBe('idle');
    const idle = it_.of('state-changed').at(-1);
    expect(idle?.atMs).toBe(it_.of('playout-ended')[0]?.atMs);
  });

  it('was away when a filler was due: the filler is spoken when it is back, and ends', () => {
    const it_ = kiosk({
      loudspeaker: { faults: [{ type: 'vanish', fromMs: 100, untilMs: 2000 }] },
      ports: { fillers: oneFiller(500) },
      answer: () => answerOf('Hi', 500, 0.3, 9000),
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(6000);
    expect(it_.of('playout-ended')).toMatchObject([
      { owner: { kind: 'filler' }, reason: 'heard', heardMs: 500 },
    ]);
    expect(it_.of('playout-starved')).toEqual([]);
  });

  it.each(['is interrupted', 'is given up'])(
    'is away while a filler %s that waits for it: it ends, unheard',
    (how) => {
      const it_ = kiosk({
        ports: { fillers: oneFiller(500) },
        answer: () => answerOf('Hi', 500, 0.3, 20_000),
      });
      it_.wait(300);
      it_.loudspeaker.vanish();
      it_.say(500, 'hello');
      const spoken = it_.waitFor('filler-spoken');
      if (how === 'is interrupted') it_.say(500, 'again');
      else it_.wait(4000);
      const id = spoken.type === 'filler-spoken' ? spoken.fillerId : '';
      const ends = it_.of('playout-ended').filter(({ owner }) => owner.id === id);
      expect(ends).toMatchObject([{ reason: 'cut', heardMs: 0 }]);
    },
  );

  const patience = { loudspeakerTimeoutMs: 3000, reopenDelayMs: 10, maxDeviceReopenDelayMs: 50 };

  it('is lost a second time: the second wait has the whole patience', () => {
    const it_ = kiosk({ options: { patience }, answer: () => answerOf('Hi', 500, 0.3, 100) });
    it_.wait(300);
    it_.loudspeaker.vanish();
    it_.say(300, 'hello');
    it_.wait(800);
    expect(it_.state).toBe('replying');
    it_.loudspeaker.comeBack();
    it_.wait(700);
    expect(it_.state).toBe('idle');
    it_.loudspeaker.vanish();
    it_.say(300, 'again');
    const { atMs } = it_.waitFor('reply-started');
    it_.wait(atMs + 2900 - it_.clock.nowMs);
    expect(it_.state).toBe('replying');
    it_.wait(200);
    expect(it_.state).toBe('idle');
  });

  it('is away while a reply that waits is interrupted: the next reply has the whole patience', () => {
    const it_ = kiosk({
      options: { patience: { ...patience, reopenDelayMs: 60_000, maxDeviceReopenDelayMs: 60_000 } },
      answer: () => answerOf('Hi', 500, 0.3, 300),
    });
    it_.wait(300);
    it_.loudspeaker.vanish();
    it_.say(300, 'hello');
    it_.wait(2200);
    expect(it_.state).toBe('replying');
    it_.say(300, 'again');
    const { atMs } = it_.waitFor('reply-started');
    it_.wait(atMs + 2900 - it_.clock.nowMs);
    expect(it_.state).toBe('replying');
    it_.wait(200);
    expect(it_.state).toBe('idle');
  });

  it('holds less than the lead: nothing is lost', () => {
    const it_ = kiosk({ loudspeaker: { maxQueuedMs: 100 } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(4000);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1000 }]);
    expect(msAt(it_.heard(), 0.3)).toBe(1000);
  });

  it('has two channels: a filler is left at the same pause as on one', () => {
    const heardOfTheFiller = (channels: number) => {
      const samples = new Float32Array(48 * 900 * channels)
        .fill(0.2)
        .fill(0, 9600 * channels, 14_400 * channels);
      const format = { sampleRateHz: 48_000, channels };
      const filler = { fillerId: 'm', text: 'One moment.', audio: audioFrame(format, samples, 0) };
      const it_ = kiosk({
        loudspeaker: { format },
        ports: { fillers: { loadFillers: () => of([filler]) } },
        answer: () => answerOf('Yes', 300, 0.3, 650),
      });
      it_.wait(300);
      it_.say(500, 'hello');
      it_.wait(4000);
      expect(it_.of('playout-ended')[0]).toMatchObject({ owner: { kind: 'filler' }, reason: 'handed-over' });
      return it_.of('playout-ended')[0]?.heardMs;
    };
    expect(heardOfTheFiller(1)).toBeGreaterThan(200);
    expect(heardOfTheFiller(1)).toBeLessThan(300);
    expect(heardOfTheFiller(2)).toBe(heardOfTheFiller(1));
  });
});

describe('the user', () => {
  it.each(['text', 'audio'] as const)(
    'has a television on that pauses now and then: a turn sent as %s does not grow without end',
    (accepts) => {
      const it_ = kiosk({
        accepts,
        options: { endpointing: { maxTurnMs: 10_000 } },
        answer: () => answerOf('Hi', 500, 0.3, 1500),
      });
      it_.wait(300);
      for (let n = 0; n < 12; n += 1) {
        it_.say(2000, `words ${n}`);
        it_.wait(900);
      }
      const sent = it_.of('turn-sent');
      expect(sent.length).toBeGreaterThan(8);
      expect(Math.max(...sent.map(({ revision }) => revision))).toBeLessThanOrEqual(4);
      expect(new Set(sent.map(({ turnId }) => turnId)).size).toBeGreaterThanOrEqual(3);
    },
  );

  it('speaks over the end of a reply that may not be cut, longer than any turn: the loop is idle after it', () => {
    const it_ = kiosk({
      interruptible: false,
      options: { endpointing: { maxTurnMs: 2000 } },
      answer: () => answerOf('Hi', 4000, 0.3, 300),
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-started');
    it_.say(6000, 'on and on');
    it_.wait(15_000);
    expect(it_.state).toBe('idle');
  });

  it('is unplugged while the reply is ducked: the rest of it is heard at full volume', () => {
    const it_ = kiosk({ answer: () => answerOf('Hi', 5000, 0.3, 300) });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-started');
    it_.wait(500);
    it_.microphone.say(tone({ sampleRateHz: 48_000, durationMs: 100, frequencyHz: 500 }));
    it_.waitFor('ducked');
    it_.microphone.hangUp();
    it_.wait(8000);
    expect(it_.of('restored')).toHaveLength(1);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 5000 }]);
    expect(msAt(it_.heard(), 0.3)).toBeGreaterThan(4500);
    expect(it_.end).toBe('complete');
  });

  it('is heard through an echo canceller that gives nothing: it is left out once, and the user is answered', () => {
    let started = 0;
    const it_ = kiosk({
      ports: {
        echoCanceller: {
          format: { sampleRateHz: 16_000, channels: 1 },
          cancelEcho: () => () => {
            started += 1;
            return NEVER;
          },
        },
      },
    });
    it_.waitFor('degraded');
    it_.wait(2000);
    it_.say(500, 'hello');
    it_.wait(4000);
    expect(it_.of('degraded')).toMatchObject([{ part: 'echo-canceller' }]);
    expect(started).toBe(1);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1000 }]);
  });
});

describe('a reply of text alone during a filler', () => {
  const during = () => {
    const it_ = kiosk({
      ports: { fillers: oneFiller(1500) },
      answer: () => [
        { type: 'text', text: 'x', afterMs: 1000 },
        { type: 'end', afterMs: 10 },
      ],
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('reply-ended');
    return it_;
  };

  it('ends when the filler has been heard, and no other filler follows', () => {
    const it_ = during();
    it_.wait(8000);
    const [filler] = it_.of('playout-ended').filter(({ owner }) => owner.kind === 'filler');
    expect(filler).toMatchObject({ reason: 'heard', heardMs: 1500 });
    const idle = it_.of('state-changed').find(({ state }) => state.name === 'idle');
    expect(idle?.atMs).toBeGreaterThanOrEqual(filler?.atMs ?? Number.POSITIVE_INFINITY);
    expect(it_.of('filler-spoken')).toHaveLength(1);
  });

  it('can be interrupted: the filler falls silent', () => {
    const it_ = during();
    it_.wait(50);
    it_.say(600, 'stop');
    expect(it_.of('barge-in')).toHaveLength(1);
    expect(it_.of('playout-ended').find(({ owner }) => owner.kind === 'filler')).toMatchObject({
      reason: 'cut',
    });
    expect(soundMs(it_.heard(it_.clock.nowMs - 30))).toBe(0);
  });
});

describe('whoever listens to the pipeline', () => {
  it('finds a second run idle from its start, although the first was left in mid-reply', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-started');
    it_.subscription.unsubscribe();
    const states: string[] = [];
    it_.pipeline.state$.subscribe(({ name }) => states.push(name));
    it_.wait(100);
    expect(states).toEqual(['idle']);
  });

  it('may leave at any event: nothing more is told, and devices and calls are free', () => {
    /** Leaves at event number `leaveAt`, and says whether there were as many. */
    const leaves = (leaveAt: number) => {
      const it_ = kiosk({
        answer: () => answerOf('Hi there you.', 400, 0.3, 900),
        ports: { fillers: oneFiller(300) },
      });
      it_.subscription.unsubscribe();
      const leaving = new Subscription();
      const told: string[] = [];
      leaving.add(
        it_.pipeline.events$.subscribe(({ type }) => {
          if (type === 'level' || type === 'speech-probability') return;
          told.push(type);
          if (told.length === leaveAt) leaving.unsubscribe();
        }),
      );
      it_.wait(300);
      it_.say(300, 'hello');
      it_.wait(2000);
      it_.say(300, 'stop it');
      it_.wait(300);
      if (!leaving.closed) return false;
      expect(told).toHaveLength(leaveAt);
      expect(it_.upstream.openCalls()).toBe(0);
      const failed: unknown[] = [];
      it_.microphone
        .capture()
        .subscribe({ error: (error) => failed.push(error) })
        .unsubscribe();
      it_.loudspeaker
        .openSink()
        .subscribe({ error: (error) => failed.push(error) })
        .unsubscribe();
      expect(failed, `after leaving at event ${leaveAt}, ${told.at(-1)}`).toEqual([]);
      return true;
    };
    let left = 0;
    while (left < 100 && leaves(left + 1)) left += 1;
    expect(left).toBeGreaterThan(20);
    expect(left).toBeLessThan(100);
  });
});

describe('playout', () => {
  const first = { kind: 'reply', id: 'first' } as const;
  const second = { kind: 'reply', id: 'second' } as const;
  const filler = { kind: 'filler', id: 'filler' } as const;

  function rig(
    options: Partial<PlayoutOptions> = {},
    loudspeakerOptions: Partial<MemoryLoudspeakerOptions> = {},
  ) {
    const clock = createVirtualClock();
    const loudspeaker = memoryLoudspeaker({
      timeBase: createTimeBase(clock.scheduler),
      ...loudspeakerOptions,
    });
    const commands$ = new Subject<PlayoutCommand>();
    // Opened apart from playout: leaving playout must silence it, not the closing of the device.
    const sinks: AudioSink[] = [];
    loudspeaker.openSink().subscribe((opened) => sinks.push(opened));
    const [sink] = sinks;
    if (!sink) throw new Error('a loudspeaker in memory opens at once');
    const events$ = commands$.pipe(playTo(sink, options, clock.scheduler));
    return {
      clock,
      loudspeaker,
      events$,
      send: (...commands: PlayoutCommand[]) => {
        for (const command of commands) commands$.next(command);
      },
    };
  }

  it('refuses to look so seldom that the loudspeaker runs dry, and takes the least it can', () => {
    expect(() => kiosk({ options: { playout: { leadMs: 120, pollMs: 61 } } })).toThrow(
      /^\[OPTION_INVALID\].*pollMs \(61\) must be at most half of leadMs \(120\)/,
    );
    const it_ = kiosk({ options: { playout: { leadMs: 120, pollMs: 60 } } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(3500);
    const [started] = it_.of('playout-started');
    const from = started?.atMs ?? 0;
    expect(msAt(it_.heard(from, from + 1000), 0.3)).toBe(1000);
    expect(it_.of('playout-starved')).toEqual([]);
  });

  it('is flushed when whoever listens leaves within an event', () => {
    const { clock, loudspeaker, events$, send } = rig({ leadMs: 500 });
    events$.pipe(take(1)).subscribe();
    send({ type: 'play', owner: first, frame: steady(2000, 0.3) });
    clock.advanceBy(3000);
    expect(soundMs(loudspeaker.recorded())).toBeGreaterThan(0);
    expect(soundMs(loudspeaker.recorded())).toBeLessThanOrEqual(20);
  });

  it('takes a reply from within an event, even while the volume changes: both are heard whole', () => {
    const { clock, loudspeaker, events$, send } = rig();
    const ends: PlayoutEvent[] = [];
    events$.subscribe((event) => {
      if (event.type !== 'playout-ended') return;
      ends.push(event);
      if (event.owner.id !== first.id) return;
      send({ type: 'play', owner: second, frame: steady(300, 0.5) }, { type: 'end', owner: second });
    });
    send({ type: 'play', owner: first, frame: steady(100, 0.3) }, { type: 'end', owner: first });
    clock.advanceBy(95);
    send({ type: 'duck' });
    clock.advanceBy(2000);
    expect(ends).toMatchObject([
      { owner: first, reason: 'heard', heardMs: 100 },
      { owner: second, reason: 'heard', heardMs: 300 },
    ]);
    expect(soundMs(loudspeaker.recorded())).toBe(400);
  });

  it('tells of an overflow when it begins, and of all that was not taken at the end', () => {
    const { clock, events$, send } = rig({ maxQueuedMs: 1000 });
    const events: PlayoutEvent[] = [];
    events$.subscribe((event) => events.push(event));
    const overflows = () => events.filter((event) => event.type === 'playout-overflow');
    for (let n = 0; n < 6; n += 1) send({ type: 'play', owner: first, frame: steady(500, 0.3) });
    expect(overflows()).toHaveLength(1);
    send({ type: 'end', owner: first });
    clock.advanceBy(3000);
    const [begun, total] = overflows();
    const end = events.find((event) => event.type === 'playout-ended');
    expect(overflows()).toHaveLength(2);
    expect(begun?.droppedMs).toBeGreaterThan(0);
    expect(begun?.droppedMs).toBeLessThanOrEqual(500);
    expect((total?.droppedMs ?? 0) + (end?.heardMs ?? 0)).toBe(3000);
  });

  it('leaves a filler without waiting for a pause, and without a click', () => {
    const { clock, loudspeaker, events$, send } = rig({ maxHandOverMs: 0 });
    events$.subscribe();
    send(
      { type: 'play', owner: filler, frame: steady(1000, 0.5), pausesMs: [] },
      { type: 'end', owner: filler },
    );
    clock.advanceBy(300);
    send({ type: 'play', owner: first, frame: steady(100, 0) });
    clock.advanceBy(1000);
    expect(soundMs(loudspeaker.recorded())).toBeLessThan(500);
    expect(largestStep(loudspeaker.recorded())).toBeLessThan(0.01);
  });
});
