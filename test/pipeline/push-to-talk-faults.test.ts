import type { PipelineEvent } from 'earshot';
import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, type KioskOptions, kiosk } from './kiosk.js';

function withButton(options: KioskOptions = {}) {
  const pressed$ = new BehaviorSubject(false);
  const mute$ = new BehaviorSubject(false);
  const it_ = kiosk({
    answer: () => answerOf('One two three four.', 6000, 0.3, 100),
    ...options,
    ports: { floor: { kind: 'push-to-talk', pressed$ }, mute$ },
  });
  /** Do something within an event, once. */
  const within = (matches: (event: PipelineEvent) => boolean, work: () => void) => {
    let isDone = false;
    it_.subscription.add(
      it_.pipeline.events$.subscribe((event) => {
        if (isDone || !matches(event)) return;
        isDone = true;
        work();
      }),
    );
  };
  return { it_, pressed$, mute$, within };
}

describe('a button that changes within an event', () => {
  it('and is let go of while its press is being told, holds no floor', () => {
    const { it_, pressed$, within } = withButton();
    it_.wait(300);
    within(
      (event) => event.type === 'talk-button' && event.pressed,
      () => pressed$.next(false),
    );
    pressed$.next(true);
    it_.wait(5000);
    expect(it_.of('talk-button').map(({ pressed }) => pressed)).toEqual([true, false]);
    expect(it_.state).toBe('idle');
  });

  it('and is muted while its press is being told, holds no floor', () => {
    const { it_, pressed$, mute$, within } = withButton();
    it_.wait(300);
    within(
      (event) => event.type === 'talk-button' && event.pressed,
      () => mute$.next(true),
    );
    pressed$.next(true);
    it_.wait(5000);
    expect(it_.state).toBe('idle');
  });
});

describe('a tap of the button within an event of the conversation', () => {
  it('stops the agent and leaves the floor free', () => {
    const { it_, pressed$, within } = withButton();
    it_.wait(300);
    within(
      (event) => event.type === 'state-changed' && event.state.name === 'replying',
      () => {
        pressed$.next(true);
        pressed$.next(false);
      },
    );
    pressed$.next(true);
    it_.say(500, 'tell me');
    pressed$.next(false);
    it_.waitFor('barge-in');
    it_.wait(3000);
    expect(it_.of('turn-empty')).toMatchObject([{ turnId: 'turn-2' }]);
    expect(it_.state).toBe('idle');
  });
});

describe('a mute that changes within an event', () => {
  const openKiosk = () => {
    const mute$ = new BehaviorSubject(false);
    return { mute$, it_: kiosk({ ports: { mute$ } }) };
  };

  it('and is set again while its end is being told, lets nothing be heard', () => {
    const { it_, mute$ } = openKiosk();
    it_.wait(300);
    mute$.next(true);
    it_.wait(1000);
    it_.pipeline.events$.subscribe((event) => {
      if (event.type === 'microphone-muted' && !event.muted) mute$.next(true);
    });
    mute$.next(false);
    const before = it_.events.length;
    it_.say(1000, 'a secret');
    it_.wait(2000);
    const levels = it_.events.slice(before).filter((event) => event.type === 'level');
    expect(levels.filter((level) => level.device === 'microphone' && level.peakDb > -100)).toEqual([]);
    expect(it_.of('turn-opened')).toEqual([]);
  });

  it('and is taken back while it is being told, does not deafen the loop', () => {
    const { it_, mute$ } = openKiosk();
    it_.wait(300);
    it_.pipeline.events$.subscribe((event) => {
      if (event.type === 'microphone-muted' && event.muted) mute$.next(false);
    });
    mute$.next(true);
    it_.wait(1000);
    it_.say(600, 'hello');
    it_.waitFor('turn-sent');
    expect(it_.of('turn-sent')).toMatchObject([{ text: 'hello' }]);
  });
});

describe('a microphone that stops delivering within a press', () => {
  it('leaves no words behind for the next turn: nothing is said twice', () => {
    const { it_, pressed$ } = withButton({
      microphone: { faults: [{ type: 'lose-samples', fromMs: 700, untilMs: 1700 }] },
    });
    it_.wait(300);
    pressed$.next(true);
    it_.say(500, 'pay the bill');
    pressed$.next(false);
    it_.waitFor('playout-started');
    expect(it_.clock.nowMs).toBeLessThan(1600);
    pressed$.next(true);
    it_.wait(200);
    pressed$.next(false);
    it_.wait(3000);
    expect(it_.of('turn-sent').map(({ text }) => text)).toEqual(['pay the bill']);
    expect(it_.of('turn-empty')).toMatchObject([{ turnId: 'turn-2' }]);
  });

  it('and is lost for good, leaves nothing of an abandoned turn for the next', () => {
    const { it_, pressed$ } = withButton({
      microphone: { faults: [{ type: 'lose-samples', fromMs: 700, untilMs: 20_000 }] },
    });
    it_.wait(300);
    pressed$.next(true);
    it_.say(500, 'pay the bill');
    it_.waitFor('device-lost');
    expect(it_.state).toBe('idle');
    pressed$.next(false);
    it_.wait(100);
    pressed$.next(true);
    it_.wait(400);
    pressed$.next(false);
    it_.wait(2000);
    expect(it_.of('turn-sent')).toEqual([]);
    expect(it_.of('turn-empty')).toMatchObject([{ turnId: 'turn-2' }]);
  });
});
