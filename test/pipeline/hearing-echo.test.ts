import type { EchoCanceller, PipelinePorts } from 'earshot';
import { passThroughEchoCanceller } from 'earshot/testing';
import { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { linearEchoCanceller } from '../../src/core/audio/echo/linear-echo-canceller.js';
import {
  andThen,
  exactCanceller,
  inRoom,
  louder,
  saying,
  spokenAnswer,
  uselessCanceller,
  watchedDetector,
} from './hearing-room.js';
import { answerOf, type KioskOptions, kiosk } from './kiosk.js';

const openKiosk = (ports: Partial<PipelinePorts>, replyMs = 6000, more: KioskOptions = {}) =>
  kiosk({ answer: () => spokenAnswer(replyMs), ports, ...more });
type Kiosk = ReturnType<typeof openKiosk>;

const replying = (it_: Kiosk) => {
  it_.wait(300);
  it_.say(600, 'hello');
  it_.waitFor('reply-started');
  it_.wait(1500);
  expect(it_.state).toBe('replying');
};
const expectHeardWhole = (it_: Kiosk, ms = 6000) => {
  expect(it_.of('barge-in')).toEqual([]);
  expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: ms }]);
};
/** How long after `onsetMs` the first event of a type was known. */
const msTo = (it_: Kiosk, type: 'speech-started' | 'speech-confirmed', onsetMs: number) => {
  const edge = it_.of(type).find(({ atMs }) => atMs > onsetMs);
  return (edge?.atMs ?? Number.NaN) - onsetMs;
};

describe('a kiosk that hears its own loudspeaker', () => {
  it('interrupts itself when nothing removes the echo: the room of these tests is a real one', () => {
    const it_ = openKiosk({ echoCanceller: uselessCanceller() });
    it_.wait(300);
    it_.say(600, 'hello');
    it_.wait(4000);
    expect(it_.of('barge-in')).not.toEqual([]);
  });

  it('is neither ducked nor cut by its echo alone, with the linear canceller and a second opinion', () => {
    const it_ = openKiosk(
      { echoCanceller: inRoom(linearEchoCanceller()), upstreamEchoCanceller: exactCanceller() },
      10_000,
    );
    it_.wait(300);
    it_.say(600, 'hello');
    it_.wait(14_000);
    expectHeardWhole(it_, 10_000);
    expect(it_.of('ducked')).toEqual([]);
    expect(it_.of('degraded')).toEqual([]);
  });

  it('ducks, and then falls silent, for a person who speaks over it', () => {
    const it_ = openKiosk({
      echoCanceller: inRoom(linearEchoCanceller()),
      upstreamEchoCanceller: exactCanceller(),
    });
    replying(it_);
    const { startMs } = it_.say(600, 'stop');
    expect(it_.of('ducked')).toHaveLength(1);
    expect(it_.of('barge-in')).toHaveLength(1);
    // Windows of 32 ms, and 10 to 20 ms in the canceller.
    expect(msTo(it_, 'speech-started', startMs)).toBeLessThanOrEqual(70);
    expect(msTo(it_, 'speech-confirmed', startMs)).toBeLessThanOrEqual(200);
  });

  it('is not interrupted by an echo that the doubted signal holds and the other does not', () => {
    const it_ = openKiosk({
      echoCanceller: saying(uselessCanceller(), () => 0.2),
      upstreamEchoCanceller: exactCanceller(),
    });
    it_.wait(300);
    it_.say(600, 'hello');
    it_.wait(9000);
    expectHeardWhole(it_);
    expect(it_.of('ducked')).toEqual([]);
  });

  it('hears a person all the same while the signal is doubted, as soon as both hold him', () => {
    const it_ = openKiosk({
      echoCanceller: saying(exactCanceller(), () => 0.2),
      upstreamEchoCanceller: exactCanceller(),
    });
    replying(it_);
    const { startMs } = it_.say(600, 'stop');
    expect(it_.of('barge-in')).toHaveLength(1);
    expect(msTo(it_, 'speech-confirmed', startMs)).toBeLessThanOrEqual(288 + 32);
  });

  it('ducks at once for whoever only the trusted signal holds, and needs a longer stretch to be cut', () => {
    const it_ = openKiosk({
      echoCanceller: saying(exactCanceller(), () => 1),
      // It swallows whoever speaks over the loudspeaker.
      upstreamEchoCanceller: andThen(exactCanceller(), louder(0.0001)),
    });
    it_.wait(300);
    it_.say(600, 'hello');
    it_.waitFor('reply-started');
    it_.wait(1500);
    const cough = it_.say(150);
    expect(msTo(it_, 'speech-started', cough.startMs)).toBeLessThanOrEqual(64);
    it_.wait(1000);
    expect(it_.of('ducked')).toHaveLength(1);
    expect(it_.of('restored')).toHaveLength(1);
    expect(it_.of('barge-in')).toEqual([]);
    const person = it_.say(600, 'stop');
    expect(msTo(it_, 'speech-confirmed', person.startMs)).toBeGreaterThan(8 * 32);
    expect(msTo(it_, 'speech-confirmed', person.startMs)).toBeLessThanOrEqual(10 * 32);
  });

  it('goes by the plain rule as soon as no echo is possible', () => {
    const it_ = openKiosk({
      echoCanceller: saying(exactCanceller(), () => 0),
      upstreamEchoCanceller: exactCanceller(),
    });
    it_.wait(300);
    const { startMs } = it_.say(600, 'hello');
    expect(msTo(it_, 'speech-confirmed', startMs)).toBeLessThanOrEqual(160 + 32);
  });
});

describe('a loudspeaker that is lost and opened again', () => {
  it.each(['echoCanceller', 'upstreamEchoCanceller'] as const)(
    'goes on in the reference that its %s has: no frame is missing of what is rendered, and nothing ends',
    (port) => {
      const heardMs: number[] = [];
      let subscribed = 0;
      let over = 'no';
      const watched: EchoCanceller = {
        format: { sampleRateHz: 16_000, channels: 1 },
        cancelEcho: (reference$) => (near$) =>
          new Observable((subscriber) => {
            subscribed += 1;
            subscriber.add(
              reference$.subscribe({
                next: ({ samples, timestampMs }) => {
                  if (samples.some((sample) => sample !== 0)) heardMs.push(timestampMs);
                },
                error: () => (over = 'failed'),
                complete: () => (over = 'completed'),
              }),
            );
            subscriber.add(near$.subscribe(subscriber));
          }),
      };
      const it_ = kiosk({ ports: { [port]: watched }, answer: () => answerOf('Hi', 1000, 0.3, 300) });
      const lostMs = 4000;
      it_.wait(300);
      it_.say(600, 'hello');
      it_.wait(lostMs - it_.clock.nowMs);
      expect(it_.state).toBe('idle');
      const framesBefore = heardMs.length;
      it_.loudspeaker.vanish();
      it_.waitFor('device-lost', 0);
      it_.loudspeaker.comeBack();
      it_.wait(1000);
      it_.say(600, 'again');
      it_.wait(4000);

      expect(it_.of('device-opened').filter(({ device }) => device === 'loudspeaker')).toHaveLength(2);
      expect(it_.of('playout-ended')).toHaveLength(2);
      expect(framesBefore).toBeGreaterThan(0);
      expect(heardMs.filter((ms) => ms > lostMs)).toHaveLength(framesBefore);
      expect({ subscribed, over }).toEqual({ subscribed: 1, over: 'no' });
    },
  );
});

describe('what is told of two signals', () => {
  it('is the probability in each, what it was judged by, and how sure the canceller is', () => {
    const it_ = openKiosk({
      echoCanceller: saying(uselessCanceller(), () => 0.2),
      upstreamEchoCanceller: exactCanceller(),
    });
    replying(it_);
    const loudest = it_.of('speech-probability').slice(-40);
    expect(loudest.some(({ probability }) => probability > 0.6)).toBe(false);
    expect(loudest).toContainEqual(
      expect.objectContaining({
        detectorProbability: 1,
        upstreamProbability: 0,
        confidence: 0.2,
        probability: 0,
      }),
    );
  });

  it('says nothing of a second signal or of a confidence where there are none', () => {
    const it_ = openKiosk({ echoCanceller: passThroughEchoCanceller() });
    it_.wait(300);
    expect(it_.of('speech-probability').at(-1)).toMatchObject({
      upstreamProbability: null,
      confidence: null,
    });
  });

  it('is scored a second time only while an echo is possible, though both cancellers go on', () => {
    const { detector, sessions } = watchedDetector();
    const it_ = openKiosk({
      detector,
      echoCanceller: saying(exactCanceller(), () => 1),
      upstreamEchoCanceller: exactCanceller(),
    });
    it_.wait(3000);
    const [second, first] = sessions;
    expect(first?.scored).toBeGreaterThan(90);
    expect(second?.scored).toBeLessThanOrEqual(1);
    replying(it_);
    expect(second?.scored).toBeGreaterThan(30);
  });
});

describe('what is sent upstream of two signals', () => {
  const heardUpstream = (ports: Partial<PipelinePorts>) => {
    const it_ = openKiosk(ports, 1000, { accepts: 'audio' });
    it_.wait(1000);
    it_.say(600);
    it_.wait(1500);
    const frames = it_.requests.flatMap((request) => (request.type === 'turn-audio' ? [request.frame] : []));
    const peak = Math.max(...frames.flatMap(({ samples }) => [...samples]));
    return { peak, ms: frames.length * 32 };
  };

  it('is the second, pre-roll included, whatever the detector listens to', () => {
    const alone = heardUpstream({ echoCanceller: exactCanceller() });
    const two = heardUpstream({
      echoCanceller: exactCanceller(),
      upstreamEchoCanceller: andThen(exactCanceller(), louder(0.5)),
    });
    expect(two.peak / alone.peak).toBeCloseTo(0.5, 2);
    expect(two.ms).toBe(alone.ms);
  });

  it('is the first when there is no other, and either may be given alone', () => {
    const first = heardUpstream({ echoCanceller: andThen(exactCanceller(), louder(0.5)) });
    const second = heardUpstream({ upstreamEchoCanceller: andThen(exactCanceller(), louder(0.5)) });
    expect(second).toEqual(first);
  });

  it('runs a canceller that is given for both only once', () => {
    const { detector, sessions } = watchedDetector();
    const canceller = exactCanceller();
    const it_ = openKiosk({ detector, echoCanceller: canceller, upstreamEchoCanceller: canceller });
    it_.wait(300);
    expect(sessions).toHaveLength(1);
  });
});
