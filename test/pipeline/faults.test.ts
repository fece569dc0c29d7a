import { DeviceError, SpeechError, UpstreamError } from 'earshot';
import { levelDetector, passThroughEchoCanceller, tone } from 'earshot/testing';
import { NEVER, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, kiosk, oneFiller } from './kiosk.js';

/** Says something, and expects a whole answer to it. */
function expectAnAnswer(it_: ReturnType<typeof kiosk>, text = 'are you still there') {
  const before = it_.events.length;
  it_.say(500, text);
  it_.waitFor('reply-ended', before);
  it_.wait(2500);
  const ended = it_.events
    .slice(before)
    .filter((event) => event.type === 'playout-ended' && event.owner.kind === 'reply');
  expect(ended.at(-1)).toMatchObject({ reason: 'heard', heardMs: 1000 });
  expect(it_.state).toBe('idle');
}
const fails = (bad: () => ReturnType<typeof answerOf>) => {
  let first = true;
  return () => {
    if (!first) return answerOf('I am here.', 1000);
    first = false;
    return bad();
  };
};
const unreachable = new UpstreamError(
  'UPSTREAM_UNREACHABLE',
  'the connection broke; it will be tried again',
  { retryable: true },
);

describe('the service', () => {
  it('never answers: the turn is given up, said to be, and the next one is answered', () => {
    const it_ = kiosk({ answer: fails(() => []), options: { patience: { replyTimeoutMs: 5000 } } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(6000);
    expect(it_.state).toBe('idle');
    expect(it_.of('turn-failed')).toMatchObject([{ turnId: 'turn-1', error: { code: 'UPSTREAM_TIMEOUT' } }]);
    expect(it_.requests.at(-1)).toMatchObject({ type: 'reply-cancelled', turnId: 'turn-1' });
    expect(it_.upstream.openCalls()).toBe(0);
    expectAnAnswer(it_);
  });

  it('stops in mid-sentence: what came is heard, it is called truncated, and the loop goes on', () => {
    const it_ = kiosk({
      answer: fails(() => [...answerOf('Half a sen', 700).slice(0, -1), { type: 'stop' }]),
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(4000);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'truncated', receivedMs: 700 }]);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 700 }]);
    expect(it_.state).toBe('idle');
    expectAnAnswer(it_);
  });

  it('falls silent in the middle of a reply: it ends as stalled or truncated, and is never waited for', () => {
    const it_ = kiosk({
      answer: fails(() => answerOf('Half', 700).slice(0, -1)),
      options: { patience: { replyStallMs: 3000 } },
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(8000);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'stalled', receivedMs: 700 }]);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 700 }]);
    expect(it_.requests.at(-1)).toMatchObject({ type: 'reply-cancelled', heardMs: 700, heardText: 'Half' });
    expect(it_.state).toBe('idle');
    expectAnAnswer(it_);
  });

  it('falls silent while there is plenty left to be heard: that is no stall, for it may be told to wait', () => {
    const words = (text: string, ms: number, afterMs: number) =>
      answerOf(text, ms, 0.3, afterMs).slice(0, -1);
    const it_ = kiosk({
      answer: () => [...words('One.', 9000, 1000), ...words('Two.', 1000, 7000), { type: 'end' }],
      options: { patience: { replyStallMs: 3000 } },
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(16_000);
    expect(it_.of('reply-ended')).toMatchObject([{ reason: 'complete', receivedMs: 10_000 }]);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 10_000 }]);
  });

  it('loses the connection before an answer: idle at once, said in an event, and the next turn is answered', () => {
    const it_ = kiosk({ answer: fails(() => [{ type: 'lose-session', error: unreachable, afterMs: 500 }]) });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(2000);
    expect(it_.of('session-lost')).toMatchObject([{ error: { code: 'UPSTREAM_UNREACHABLE' } }]);
    expect(it_.state).toBe('idle');
    expectAnAnswer(it_);
  });

  it('loses the connection in the middle of a reply: what came is heard to its end', () => {
    const it_ = kiosk({
      answer: fails(() => [
        ...answerOf('Half', 700).slice(0, -1),
        { type: 'lose-session', error: unreachable },
      ]),
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(4000);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 700 }]);
    expect(it_.state).toBe('idle');
    expectAnAnswer(it_);
  });

  it('refuses: said once, and the next turn is answered', () => {
    const refused = new UpstreamError(
      'UPSTREAM_FORBIDDEN',
      'your limit for today is used up; come back tomorrow',
    );
    const it_ = kiosk({
      answer: fails(() => [{ type: 'fail', error: refused, afterMs: 200 }]),
      ports: { fillers: oneFiller(500) },
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(2000);
    expect(it_.of('turn-failed')).toMatchObject([{ error: { code: 'UPSTREAM_FORBIDDEN' } }]);
    expect(it_.state).toBe('idle');
    expectAnAnswer(it_);
  });

  it('cannot be opened at first: it is tried again with growing delays', () => {
    let attempts = 0;
    const it_ = kiosk();
    const later = kiosk({
      ports: {
        upstream: {
          ...it_.upstream,
          openSession: (requests$) => {
            attempts += 1;
            return attempts < 4 ? throwError(() => unreachable) : later_upstream(requests$);
          },
        },
      },
    });
    const later_upstream = later.upstream.openSession;
    later.wait(3000);
    expect(attempts).toBe(4);
    expect(later.of('session-lost').map(({ retryInMs }) => retryInMs)).toEqual([250, 500, 1000]);
    expectAnAnswer(later);
  });

  it('has no session when the turn ends: it fails at once instead of being waited for', () => {
    const it_ = kiosk({
      ports: { upstream: { ...kiosk().upstream, openSession: () => throwError(() => unreachable) } },
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(1000);
    expect(it_.of('turn-failed')).toMatchObject([
      { turnId: 'turn-1', error: { code: 'UPSTREAM_UNREACHABLE' } },
    ]);
    expect(it_.state).toBe('idle');
  });

  it('ends the loop only with an error that no retry can mend', () => {
    const forbidden = new UpstreamError('UPSTREAM_FORBIDDEN', 'this device is not known; register it');
    const it_ = kiosk({
      ports: { upstream: { ...kiosk().upstream, openSession: () => throwError(() => forbidden) } },
    });
    expect(it_.end).toBe(forbidden);
  });
});

describe('the microphone', () => {
  it('vanishes while somebody speaks: the turn is dropped, and the next one is heard when it is back', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500, 'I was about to');
    it_.microphone.say(tone({ sampleRateHz: 48_000, durationMs: 1000, frequencyHz: 500 }));
    it_.wait(200);
    expect(it_.state).toBe('listening');
    it_.microphone.vanish();
    it_.wait(300);
    expect(it_.state).toBe('idle');
    expect(it_.of('device-lost')[0]).toMatchObject({ device: 'microphone', error: { code: 'DEVICE_LOST' } });
    it_.microphone.comeBack();
    it_.wait(6000);
    expect(it_.of('device-opened').filter(({ device }) => device === 'microphone')).toHaveLength(2);
    expectAnAnswer(it_);
  });

  it('vanishes over a reply: the reply is heard at full volume to its end', () => {
    const it_ = kiosk({ answer: () => answerOf('Hello there.', 1000) });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-started');
    it_.microphone.say(tone({ sampleRateHz: 48_000, durationMs: 100, frequencyHz: 500 }));
    it_.waitFor('ducked');
    it_.microphone.vanish();
    it_.wait(1500);
    expect(it_.of('restored')).toHaveLength(1);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1000 }]);
  });

  it('delivers nothing, without an error: it is taken for lost and opened again', () => {
    const dead = { format: { sampleRateHz: 48_000, channels: 1 }, capture: () => NEVER };
    const it_ = kiosk({ ports: { microphone: dead } });
    it_.wait(2300);
    expect(it_.of('device-lost')).toMatchObject([
      { device: 'microphone', error: { code: 'DEVICE_LOST' }, retryInMs: 250 },
    ]);
    it_.wait(2500);
    expect(it_.of('device-lost')).toHaveLength(2);
  });

  it('may not be opened: the loop ends with the reason', () => {
    const denied = new DeviceError('DEVICE_PERMISSION_DENIED', 'the microphone may not be used; allow it');
    const it_ = kiosk({
      ports: {
        microphone: {
          format: { sampleRateHz: 48_000, channels: 1 },
          capture: () => throwError(() => denied),
        },
      },
    });
    expect(it_.end).toBe(denied);
  });

  it('ends: the reply under way is heard, then the loop completes', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500, 'hello');
    it_.microphone.hangUp();
    it_.wait(500);
    expect(it_.end).toBe('running');
    it_.wait(4000);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1000 }]);
    expect(it_.end).toBe('complete');
    expect(it_.states.at(-1)).toBe('closed');
  });
});

describe('the loudspeaker', () => {
  it('vanishes in the middle of a reply: the service is told what was heard, and the next turn is answered', () => {
    const it_ = kiosk({
      answer: ({ turnId }) => answerOf('One two three four.', turnId === 'turn-1' ? 4000 : 1000),
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-started');
    it_.wait(1000);
    it_.loudspeaker.vanish();
    expect(it_.state).toBe('idle');
    expect(it_.of('device-lost')).toMatchObject([{ device: 'loudspeaker', error: { code: 'DEVICE_LOST' } }]);
    expect(it_.requests.at(-1)).toMatchObject({
      type: 'reply-cancelled',
      replyId: 'reply-1',
      heardText: 'One',
    });
    expect(it_.upstream.openCalls()).toBe(0);
    it_.loudspeaker.comeBack();
    it_.wait(1000);
    expectAnAnswer(it_);
  });

  it('comes back late: a reply waits for it a while, then is given up', () => {
    const it_ = kiosk({ loudspeaker: { faults: [{ type: 'vanish', fromMs: 100, untilMs: 8000 }] } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(6000);
    expect(it_.state).toBe('idle');
    expect(it_.states).toContain('replying');
    it_.wait(5000);
    expectAnAnswer(it_);
  });

  it('comes back soon: the reply that waited is heard whole', () => {
    const it_ = kiosk({ loudspeaker: { faults: [{ type: 'vanish', fromMs: 100, untilMs: 2600 }] } });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(7000);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 1000 }]);
  });
});

describe('a part that fails', () => {
  it('as the echo canceller: the raw signal is used, and said so', () => {
    const broken = {
      ...passThroughEchoCanceller(),
      cancelEcho: () => () => throwError(() => new Error('it broke')),
    };
    const it_ = kiosk({ ports: { echoCanceller: broken } });
    it_.wait(300);
    expectAnAnswer(it_);
    expect(it_.of('degraded')).toMatchObject([{ part: 'echo-canceller' }]);
  });

  it('as the transcriber: the turn is dropped, the loop goes on, and nothing is tried for ever', () => {
    let calls = 0;
    const broken = {
      format: { sampleRateHz: 16_000, channels: 1 },
      transcribe: () => () => {
        calls += 1;
        return throwError(
          () => new SpeechError('TRANSCRIPTION_FAILED', 'out of memory; use a smaller model'),
        );
      },
    };
    const it_ = kiosk({ ports: { transcriber: broken } });
    it_.wait(300);
    it_.say(800, 'hello');
    it_.wait(2000);
    expect(it_.state).toBe('idle');
    expect(calls).toBeLessThanOrEqual(2);
    expect(it_.of('turn-failed')[0]).toMatchObject({ error: { code: 'TRANSCRIPTION_FAILED' } });
  });

  it('as a detector that hangs: it is started again, and said so', () => {
    let runs = 0;
    const working = levelDetector();
    const hanging = {
      ...working,
      scoreSpeech: () => {
        runs += 1;
        return runs === 1 ? () => NEVER : working.scoreSpeech();
      },
    };
    const it_ = kiosk({ ports: { detector: hanging } });
    it_.wait(5000);
    expect(it_.of('detector-lost')).toMatchObject([
      { error: { code: 'MODEL_INFERENCE_FAILED' }, retryInMs: 250 },
    ]);
    expectAnAnswer(it_);
  });

  it('as a transcriber that never says its last word: the wait has an end', () => {
    const silent = { format: { sampleRateHz: 16_000, channels: 1 }, transcribe: () => () => NEVER };
    const it_ = kiosk({
      ports: { transcriber: silent },
      options: { patience: { transcriptTimeoutMs: 1000 } },
    });
    it_.wait(300);
    it_.say(500, 'hello');
    it_.wait(3000);
    expect(it_.of('turn-failed')).toMatchObject([{ error: { code: 'TRANSCRIPTION_FAILED' } }]);
    expect(it_.state).toBe('idle');
  });
});

describe('the pipeline', () => {
  it('opens nothing before it is subscribed to, and releases everything when the last one leaves', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500, 'hello');
    it_.waitFor('playout-started');
    it_.wait(200);
    expect(it_.upstream.openCalls()).toBe(0);
    const other = it_.pipeline.state$.subscribe();
    it_.subscription.unsubscribe();
    it_.wait(200);
    other.unsubscribe();
    const before = it_.loudspeaker.recorded().length;
    it_.wait(5000);
    expect(it_.loudspeaker.recorded().length - before).toBeLessThanOrEqual(480);
    let opened = 0;
    it_.microphone.capture().subscribe(() => {
      opened += 1;
    });
    it_.wait(100);
    expect(opened).toBe(10);
  });

  it('can be run again, from idle', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.subscription.unsubscribe();
    const states: string[] = [];
    it_.pipeline.state$.subscribe(({ name }) => states.push(name));
    it_.say(500, 'hello');
    it_.wait(6000);
    expect(states).toEqual(['idle', 'listening', 'awaiting-reply', 'replying', 'replying', 'idle']);
  });

  it('tells a late subscriber the present state', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500, 'hello');
    const states: string[] = [];
    it_.pipeline.state$.subscribe(({ name }) => states.push(name));
    expect(states).toEqual(['listening']);
  });

  it('names what is wrong with its ports and options before it opens anything', () => {
    expect(() => kiosk({ ports: { transcriber: undefined } as never })).toThrow(
      /transcriber is missing, but the upstream accepts text/,
    );
    expect(() => kiosk({ options: { reopenWindowMs: -1 } })).toThrow(
      /reopenWindowMs must be a whole number from 0 to 10000 ms, but is -1/,
    );
    expect(() => kiosk({ options: { utterances: { startThreshold: -0.5 } } })).toThrow(
      /startThreshold .* but is -0.5/,
    );
    expect(() => kiosk({ options: { bargeIn: { replying: { minSpeechMs: -1 } } } })).toThrow(
      /pipeline: bargeIn.replying.minSpeechMs/,
    );
    expect(() => kiosk({ options: { patience: { replyTimeoutMs: 1 } } })).toThrow(
      /pipeline: patience.replyTimeoutMs/,
    );
  });
});
