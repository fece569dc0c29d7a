import {
  convertTo,
  createTimeBase,
  createVoicePipeline,
  type PipelineEvent,
  reframe,
  type WakeWordHeard,
} from 'earshot';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { createVirtualClock, levelDetector, scriptedUpstream, tone, toneWakeWord } from 'earshot/testing';
import { Subject, share } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type WakeGateOptions, wakeGate } from '../../src/core/controls/wake-gate.js';
import { answerOf } from './kiosk.js';

const word: WakeWordHeard = { word: 'tone', score: 1, startMs: 0, endMs: 0 };

function gate(options: Partial<WakeGateOptions> = {}) {
  const clock = createVirtualClock();
  const heard$ = new Subject<WakeWordHeard>();
  const events$ = new Subject<PipelineEvent>();
  const told: string[] = [];
  const tell = (what: unknown) => told.push(`${clock.nowMs} ${String(what)}`);
  const gate$ = wakeGate(heard$, events$, { scheduler: clock.scheduler, openMs: 5000, ...options });
  const subscription = gate$.subscribe({ next: tell, error: tell, complete: () => tell('complete') });
  const happens = (event: object) => events$.next({ atMs: 0, ...event } as PipelineEvent);
  const enter = (name: string) =>
    happens({
      type: 'state-changed',
      state: { name, turnId: 't1' },
      previous: { name: 'idle' },
      cause: 'test',
    });
  const wait = (ms: number) => clock.advanceBy(ms);
  return { heard$, events$, told, subscription, happens, enter, wait };
}

describe('wakeGate', () => {
  it('is shut until the word, and again when nobody spoke after it', () => {
    const { heard$, told, wait } = gate();
    wait(1000);
    heard$.next(word);
    wait(60_000);
    expect(told).toEqual(['0 true', '1000 false', '6000 true']);
  });

  it('stays open while the conversation goes on, and for a while after it', () => {
    const { heard$, told, wait, enter, happens } = gate();
    heard$.next(word);
    wait(4900);
    happens({ type: 'speech-started', onsetMs: 0 });
    wait(3000);
    enter('listening');
    happens({ type: 'speech-ended', onsetMs: 0, endOfSpeechMs: 0 });
    wait(20_000);
    enter('replying');
    wait(20_000);
    enter('idle');
    wait(4999);
    expect(told).toEqual(['0 true', '0 false']);
    wait(1);
    expect(told.at(-1)).toBe('52900 true');
  });

  it('counts anew from a cough, and from the word when it is said again', () => {
    const { heard$, told, wait, happens } = gate();
    heard$.next(word);
    wait(3000);
    happens({ type: 'speech-started', onsetMs: 0 });
    happens({ type: 'speech-misfired', onsetMs: 0 });
    wait(3000);
    heard$.next(word);
    wait(60_000);
    expect(told).toEqual(['0 true', '0 false', '11000 true']);
  });

  it('ends with the word when it is shut, passes its error on, and does not mind the end of the events', () => {
    const completing = gate();
    completing.heard$.next(word);
    completing.heard$.complete();
    completing.events$.error('broken');
    completing.wait(60_000);
    expect(completing.told).toEqual(['0 true', '0 false', '5000 true', '5000 complete']);

    const failing = gate();
    failing.heard$.error('gone');
    expect([failing.told, failing.events$.observed]).toEqual([['0 true', '0 gone'], false]);
  });

  it('leaves nothing behind when it is unsubscribed', () => {
    const { heard$, events$, told, subscription, wait } = gate();
    heard$.next(word);
    subscription.unsubscribe();
    wait(60_000);
    expect([heard$.observed, events$.observed, told]).toEqual([false, false, ['0 true', '0 false']]);
  });

  it('refuses to be open for no time', () => {
    expect(() => gate({ openMs: 0 })).toThrow(
      'openMs must be a whole number from 500 to 600000 ms, but is 0',
    );
  });
});

it('a loop behind a wake gate answers who says the word first, then each who goes on, and nobody else', () => {
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase });
  const frames$ = microphone.capture().pipe(share());
  const wakeWord = toneWakeWord({ frequencyHz: 1000 });
  const heard$ = frames$.pipe(convertTo(wakeWord.format), reframe(wakeWord.windowSamples), wakeWord.listen());
  const told$ = new Subject<PipelineEvent>();
  const pipeline = createVoicePipeline(
    {
      microphone: { ...microphone, capture: () => frames$ },
      loudspeaker: memoryLoudspeaker({ timeBase }),
      detector: levelDetector(),
      upstream: scriptedUpstream({
        scheduler,
        accepts: 'audio',
        answer: () => answerOf('Yes.', 500, 0.3, 300),
      }),
      mute$: wakeGate(heard$, told$, { openMs: 4000, scheduler }),
    },
    { scheduler },
  );
  let answers = 0;
  pipeline.events$.subscribe((event) => {
    if (event.type === 'reply-ended') answers += 1;
    told$.next(event);
  });
  const say = (frequencyHz: number, thenMs: number) => {
    microphone.say(tone({ sampleRateHz: 48_000, durationMs: 600, frequencyHz }));
    clock.advanceBy(600 + thenMs);
    return answers;
  };
  clock.advanceBy(1000);
  expect(say(500, 3000), 'without the word').toBe(0);
  expect(say(1000, 1000), 'the word itself').toBe(0);
  expect(say(500, 4000), 'after the word').toBe(1);
  expect(say(500, 4000), 'going on').toBe(2);
  expect(say(500, 10_000), 'going on again').toBe(3);
  expect(say(500, 3000), 'when it was quiet for too long').toBe(3);
});
