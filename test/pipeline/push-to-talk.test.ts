import { createVoicePipeline } from 'earshot';
import { levelDetector, tone } from 'earshot/testing';
import {
  BehaviorSubject,
  concat,
  delayWhen,
  first,
  NEVER,
  Observable,
  of,
  pipe,
  Subject,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, type KioskOptions, kiosk } from './kiosk.js';

const story = 'One two three four five six seven eight.';

/** A kiosk with a button. Nobody listens for speech: the detector must not even be asked. */
function withButton({ ports, ...options }: KioskOptions = {}) {
  const pressed$ = new BehaviorSubject(false);
  const it_ = kiosk({
    answer: ({ text }) => answerOf(text || story, 4000),
    ...options,
    ports: {
      floor: { kind: 'push-to-talk', pressed$ },
      detector: {
        format: { sampleRateHz: 16_000, channels: 1 },
        windowSamples: 512,
        scoreSpeech: () => {
          throw new Error('the detector was asked');
        },
      },
      ...ports,
    },
  });
  /** Hold the button and speak for so long. */
  const sayPressed = (ms: number, text = '') => {
    pressed$.next(true);
    const saying = it_.say(ms, text);
    pressed$.next(false);
    return saying;
  };
  return { it_, pressed$, sayPressed };
}
const audioMs = (it_: ReturnType<typeof kiosk>, turnId: string) =>
  it_.requests.reduce(
    (sum, request) =>
      request.type === 'turn-audio' && request.turnId === turnId
        ? sum + request.frame.samples.length / 16
        : sum,
    0,
  );

describe('push-to-talk', () => {
  it('makes a turn of what was said while the button was down, and of nothing else', () => {
    const { it_, sayPressed } = withButton();
    it_.wait(300);
    it_.say(800, 'not for you');
    const { endMs } = sayPressed(700, 'what time is it');
    it_.say(800, 'nor is this');
    it_.waitFor('playout-started', 0);

    expect(it_.of('turn-sent')).toMatchObject([{ turnId: 'turn-1', text: 'what time is it' }]);
    const [turnEnded] = it_.of('turn-ended');
    expect(turnEnded).toMatchObject({ reason: 'released' });
    expect((turnEnded?.atMs ?? 0) - endMs).toBeLessThanOrEqual(60);
    expect(it_.events.map(({ type }) => type)).not.toContain('speech-started');
    expect(it_.of('talk-button').map(({ pressed }) => pressed)).toEqual([true, false]);
  });

  it('sends the audio of the press to a service that listens itself, to within a frame', () => {
    const { it_, sayPressed } = withButton({ accepts: 'audio' });
    it_.wait(300);
    it_.say(1000);
    sayPressed(700);
    it_.say(1000);
    it_.waitFor('turn-sent', 0);
    expect(audioMs(it_, 'turn-1')).toBeGreaterThanOrEqual(700);
    expect(audioMs(it_, 'turn-1')).toBeLessThanOrEqual(700 + 40);
  });

  it('cuts the reply in the instant of the press, in a silent room, and the turn tells what was heard', () => {
    const { it_, pressed$ } = withButton();
    it_.wait(300);
    pressed$.next(true);
    it_.say(500, 'tell me');
    pressed$.next(false);
    it_.waitFor('playout-started');
    it_.wait(1000);
    const pressMs = it_.clock.nowMs;
    pressed$.next(true);
    const [bargeIn] = it_.of('barge-in');
    expect(bargeIn).toMatchObject({ by: 'press', onsetMs: pressMs, replyId: 'reply-1', atMs: pressMs });
    expect((it_.of('silenced')[0]?.atMs ?? 0) - pressMs).toBeLessThanOrEqual(20);
    expect(it_.states).not.toContain('ducking');
    it_.say(600, 'stop');
    pressed$.next(false);
    it_.waitFor('turn-sent');
    expect(it_.requests.at(-1)).toMatchObject({
      turnId: 'turn-2',
      interrupted: { heardMs: bargeIn?.heardMs },
    });
  });

  it('only stops the agent when the button is tapped: nothing is sent, and the next press is answered', () => {
    const { it_, pressed$, sayPressed } = withButton();
    it_.wait(300);
    sayPressed(500, 'tell me');
    it_.waitFor('playout-started');
    it_.wait(500);
    pressed$.next(true);
    it_.wait(100);
    pressed$.next(false);
    expect(it_.state).toBe('idle');
    it_.wait(3000);
    expect(it_.of('turn-sent')).toHaveLength(1);
    expect(it_.of('turn-empty')).toMatchObject([{ turnId: 'turn-2' }]);
    sayPressed(500, 'another one');
    it_.waitFor('turn-sent');
    expect(it_.of('turn-sent').at(-1)).toMatchObject({ turnId: 'turn-3', text: 'another one' });
  });

  it('goes on with the turn when it is pressed again at once, or soon after the turn was sent', () => {
    const { it_, pressed$, sayPressed } = withButton();
    it_.wait(300);
    pressed$.next(true);
    it_.say(400, 'turn on');
    pressed$.next(false);
    pressed$.next(true);
    it_.say(400, 'the light');
    // A button that bounces is not tapped.
    pressed$.next(false);
    pressed$.next(true);
    pressed$.next(false);
    it_.waitFor('turn-sent');
    it_.wait(200);
    sayPressed(400, 'please');
    it_.waitFor('turn-sent');
    expect(it_.of('turn-sent')).toMatchObject([
      { turnId: 'turn-1', revision: 1, text: 'turn on the light' },
      { turnId: 'turn-1', revision: 2, text: 'turn on the light please' },
    ]);
  });

  it('does not stop a reply that must be heard; who still holds the button at its end has the floor', () => {
    const { it_, pressed$, sayPressed } = withButton({ interruptible: false });
    it_.wait(300);
    sayPressed(500, 'tell me');
    it_.waitFor('playout-started');
    sayPressed(600, 'lost words');
    it_.wait(400);
    expect(it_.of('speech-dismissed')).toMatchObject([{ reason: 'uninterruptible', replyId: 'reply-1' }]);
    it_.wait(1000);
    pressed$.next(true);
    it_.say(3500, 'and now me');
    pressed$.next(false);
    it_.waitFor('turn-sent');
    expect(it_.of('barge-in')).toEqual([]);
    expect(it_.of('playout-ended')[0]).toMatchObject({ reason: 'heard', heardMs: 4000 });
    expect(it_.of('turn-sent').at(-1)).toMatchObject({ turnId: 'turn-2', text: 'and now me' });
    expect(it_.of('speech-dismissed')).toHaveLength(1);
  });

  it('ends a turn that somebody leans on after the longest turn', () => {
    const { it_, pressed$ } = withButton({ options: { endpointing: { maxTurnMs: 2000 } } });
    it_.wait(300);
    pressed$.next(true);
    it_.say(5000, 'hello');
    expect(it_.of('turn-ended')).toMatchObject([{ reason: 'max-turn' }]);
    it_.wait(4000);
    pressed$.next(false);
    it_.wait(5000);
    expect(it_.of('turn-sent')).toHaveLength(1);
    expect(it_.state).toBe('idle');
  });

  it('ends the turn though the microphone delivers nothing any more', () => {
    const { it_, pressed$ } = withButton({
      microphone: { faults: [{ type: 'lose-samples', fromMs: 600, untilMs: 30_000 }] },
    });
    it_.wait(300);
    pressed$.next(true);
    it_.say(500, 'hello');
    pressed$.next(false);
    it_.waitFor('turn-ended');
    expect(it_.of('turn-ended')[0]?.atMs).toBeLessThanOrEqual(800 + 310);
  });

  it('counts as released when the button fails, and says so', () => {
    const button$ = new Subject<boolean>();
    const { it_ } = withButton({ ports: { floor: { kind: 'push-to-talk', pressed$: button$ } } });
    it_.wait(300);
    button$.next(true);
    it_.say(500, 'hello');
    button$.error(new Error('unplugged'));
    it_.waitFor('turn-sent');
    expect(it_.of('degraded')).toMatchObject([{ part: 'push-to-talk' }]);
    expect(it_.of('turn-sent')).toMatchObject([{ text: 'hello' }]);
  });

  it('lets go of the button when the loop is stopped', () => {
    const { it_, pressed$ } = withButton();
    it_.wait(100);
    expect(pressed$.observed).toBe(true);
    pressed$.next(true);
    it_.subscription.unsubscribe();
    const told = it_.events.length;
    pressed$.next(false);
    it_.wait(1000);
    expect([pressed$.observed, it_.events.length]).toEqual([false, told]);
  });

  it('is refused at construction without the state of the button', () => {
    const { it_ } = withButton();
    const ports = { microphone: it_.microphone, loudspeaker: it_.loudspeaker } as never as Parameters<
      typeof createVoicePipeline
    >[0];
    expect(() => createVoicePipeline({ ...ports, floor: { kind: 'push-to-talk' } as never })).toThrow(
      /floor must be .*pressed\$/,
    );
    expect(() => createVoicePipeline({ ...ports, mute$: true as never })).toThrow(
      /mute\$ must be an Observable/,
    );
  });
});

describe('a muted microphone', () => {
  const withMute = ({ ports, ...options }: KioskOptions = {}) => {
    const mute$ = new BehaviorSubject(false);
    const it_ = kiosk({ answer: () => answerOf(story, 4000), ...options, ports: { mute$, ...ports } });
    return { it_, mute$ };
  };

  it('hears nothing: no suspicion, no misfire, no turn, and it is not taken for lost', () => {
    const { it_, mute$ } = withMute({
      microphone: { faults: [{ type: 'lose-samples', fromMs: 1000, untilMs: 60_000 }] },
    });
    it_.wait(300);
    mute$.next(true);
    it_.say(500, 'hello');
    it_.wait(20_000);
    const told = new Set(it_.events.map(({ type }) => type));
    for (const type of ['speech-started', 'speech-misfired', 'turn-opened', 'device-lost'] as const) {
      expect(told).not.toContain(type);
    }
    const loudest = it_.of('level').filter(({ device, endMs }) => device === 'microphone' && endMs > 500);
    expect(loudest.length).toBeGreaterThan(100);
    expect(loudest.every(({ rmsDb }) => rmsDb === -120)).toBe(true);
  });

  it('is heard again when the mute is off', () => {
    const { it_, mute$ } = withMute();
    it_.wait(300);
    mute$.next(true);
    it_.wait(2000);
    mute$.next(false);
    it_.say(500, 'hello');
    it_.waitFor('turn-sent');
    expect(it_.of('turn-sent')).toMatchObject([{ text: 'hello' }]);
    expect(it_.of('microphone-muted').map(({ muted }) => muted)).toEqual([true, false]);
  });

  it('ends the turn it falls into, with what was said before and not a sample of what is said after', () => {
    const { it_, mute$ } = withMute({ accepts: 'audio' });
    it_.wait(300);
    it_.microphone.say(tone({ sampleRateHz: 48_000, durationMs: 2000, frequencyHz: 500 }));
    it_.wait(800);
    const mutedMs = it_.clock.nowMs;
    mute$.next(true);
    expect(it_.of('turn-ended')).toMatchObject([{ reason: 'muted', endOfSpeechMs: mutedMs, atMs: mutedMs }]);
    it_.wait(2500);
    const sent = it_.requests.filter((request) => request.type === 'turn-audio');
    const lastLoud = sent.findLast(({ frame }) => frame.samples.some((sample) => Math.abs(sample) > 0.01));
    expect(lastLoud?.frame.timestampMs).toBeLessThan(mutedMs);
    expect(it_.of('turn-sent')).toHaveLength(1);
    expect(it_.state).toBe('replying');
  });

  it('brings a ducked reply back at once, and lets it be heard whole over whatever is said', () => {
    const { it_, mute$ } = withMute({ options: { bargeIn: { replying: { minSpeechMs: 1000 } } } });
    it_.wait(300);
    it_.say(500, 'tell me');
    it_.waitFor('playout-started');
    it_.wait(500);
    it_.say(300);
    expect(it_.state).toBe('ducking');
    mute$.next(true);
    expect(it_.state).toBe('replying');
    it_.say(2000, 'not meant for you');
    it_.waitFor('playout-ended');
    expect(it_.of('ducked')).toHaveLength(1);
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard', heardMs: 4000 }]);
    expect(it_.of('barge-in')).toEqual([]);
  });

  it('though only for a moment, makes what is said after it an utterance of its own', () => {
    const { it_, mute$ } = withMute({ options: { reopenWindowMs: 2000 } });
    it_.wait(300);
    it_.microphone.say(tone({ sampleRateHz: 48_000, durationMs: 2500, frequencyHz: 500 }));
    it_.wait(800);
    mute$.next(true);
    it_.wait(20);
    mute$.next(false);
    it_.wait(1700);
    expect(it_.of('turn-ended')).toMatchObject([{ reason: 'muted' }]);
    expect(it_.of('speech-confirmed')).toHaveLength(2);
    expect(it_.of('turn-opened')).toMatchObject([
      { turnId: 'turn-1', revision: 1 },
      { turnId: expect.any(String) },
    ]);
  });

  it('gives no floor to speech from before it that the detector tells of only now', () => {
    const detector = levelDetector();
    const catchesUp$ = new BehaviorSubject(true);
    const caughtUp = () => catchesUp$.pipe(first((isTrue) => isTrue));
    const { it_, mute$ } = withMute({
      ports: {
        detector: { ...detector, scoreSpeech: () => pipe(detector.scoreSpeech(), delayWhen(caughtUp)) },
      },
    });
    it_.wait(300);
    catchesUp$.next(false);
    it_.say(350, 'tell me');
    mute$.next(true);
    catchesUp$.next(true);
    it_.wait(3000);
    expect(it_.of('speech-confirmed')).toHaveLength(1);
    expect(it_.states).toEqual([]);
  });

  it('is muted from the start when the switch says so, and stays so when the switch fails', () => {
    const start = kiosk({ ports: { mute$: concat(of(true), NEVER) } });
    start.wait(100);
    start.say(800, 'hello');
    start.wait(2000);
    expect(start.of('speech-started')).toEqual([]);

    const failing = kiosk({
      ports: {
        mute$: concat(
          of(false),
          throwError(() => new Error('no switch')),
        ),
      },
    });
    failing.wait(100);
    failing.say(800, 'hello');
    failing.wait(2000);
    expect(failing.of('speech-started')).toEqual([]);
    expect(failing.of('degraded')).toMatchObject([{ part: 'mute' }]);
  });

  it('has no button: a press while muted takes no floor, and the mute releases one that is held', () => {
    const mute$ = new BehaviorSubject(true);
    const { it_, pressed$ } = withButton({ ports: {} });
    it_.subscription.unsubscribe();
    const muted = withButton({ ports: { mute$, floor: { kind: 'push-to-talk', pressed$ } } }).it_;
    muted.wait(300);
    pressed$.next(true);
    muted.say(600, 'unheard');
    expect(muted.states).toEqual([]);
    mute$.next(false);
    expect(muted.state).toBe('listening');
    muted.wait(500);
    muted.say(600, 'hello');
    mute$.next(true);
    muted.waitFor('turn-sent');
    expect(muted.of('turn-sent')).toMatchObject([{ text: 'hello' }]);
    expect(muted.of('talk-button').map(({ pressed }) => pressed)).toEqual([true, false]);
  });

  it('never stops the switch from being let go of', () => {
    let subscribed = 0;
    const mute$ = new Observable<boolean>((subscriber) => {
      subscribed += 1;
      subscriber.next(false);
      return () => {
        subscribed -= 1;
      };
    });
    const it_ = kiosk({ ports: { mute$ } });
    it_.wait(100);
    expect(subscribed).toBe(1);
    it_.subscription.unsubscribe();
    expect(subscribed).toBe(0);
  });
});
