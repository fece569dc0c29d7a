import { BehaviorSubject, filter, take } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { answerOf, kiosk } from './kiosk.js';

/** Leaves at each event in turn, and holds that nothing is told, held or awaited after it. */
function leavesEverywhere(kind: 'open' | 'push-to-talk') {
  const leaves = (leaveAt: number) => {
    const pressed$ = new BehaviorSubject(false);
    const mute$ = new BehaviorSubject(true);
    const it_ = kiosk({
      answer: () => answerOf('Hi there you.', 1500, 0.3, 400),
      partialsAfterMs: 100,
      ports: { mute$, ...(kind === 'push-to-talk' && { floor: { kind, pressed$ } }) },
    });
    it_.subscription.unsubscribe();
    const told: string[] = [];
    let hasLeft = false;
    it_.pipeline.events$
      .pipe(
        filter(({ type }) => type !== 'speech-probability' && type !== 'level'),
        take(leaveAt),
      )
      .subscribe({
        next: ({ type }) => told.push(type),
        complete: () => {
          hasLeft = true;
        },
      });
    const say = (ms: number, text: string) => {
      pressed$.next(true);
      it_.say(ms, text);
      pressed$.next(false);
    };
    it_.wait(250);
    mute$.next(false);
    it_.wait(450);
    say(300, 'hello');
    it_.wait(900);
    say(250, 'okay');
    it_.wait(400);
    say(300, 'stop it');
    mute$.next(true);
    it_.wait(300);
    if (!hasLeft) return false;
    expect(mute$.observed, `after leaving at ${told.at(-1)}`).toBe(false);
    expect(pressed$.observed, `after leaving at ${told.at(-1)}`).toBe(false);
    expect(it_.upstream.openCalls()).toBe(0);
    // The longest wait there is: for an answer.
    it_.wait(15_000);
    const schedule = vi.spyOn(it_.scheduler, 'schedule');
    it_.wait(5000);
    expect(schedule, `after leaving at event ${leaveAt}, ${told.at(-1)}`).not.toHaveBeenCalled();
    return true;
  };
  let left = 0;
  while (left < 300 && leaves(left + 1)) left += 1;
  return left;
}

describe('whoever leaves at an event', () => {
  it.each(['open', 'push-to-talk'] as const)(
    'of a loop with a mute and first words leaves no timer and no subscription behind: %s floor',
    (kind) => {
      const left = leavesEverywhere(kind);
      expect(left).toBeGreaterThan(25);
      expect(left).toBeLessThan(300);
    },
  );
});
