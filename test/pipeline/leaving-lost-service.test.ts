import { type FillerLibrary, UpstreamError } from 'earshot';
import { of, Subscription } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { answerOf, kiosk, steady } from './kiosk.js';

const lost = new UpstreamError('UPSTREAM_UNREACHABLE', 'the way broke; wait', { retryable: true });
const fillers: FillerLibrary = {
  loadFillers: () =>
    of([
      { fillerId: 'moment', text: 'One moment.', audio: steady(700, 0.1) },
      { fillerId: 'still', text: 'Still here.', contexts: ['long-wait'], audio: steady(700, 0.1) },
      { fillerId: 'no-server', text: 'No server.', contexts: ['apology'], audio: steady(2500, 0.1) },
    ]),
};

/** A filler, another, an answer that breaks off with its session, an apology that is cut, and an answer; until somebody leaves. */
function leaves(leaveAt: number): string | undefined {
  const it_ = kiosk({
    answer: ({ turnId }) =>
      turnId === 'turn-1'
        ? [
            ...answerOf('It is.', 300, 0.3, 3200).filter(({ type }) => type !== 'end'),
            { type: 'lose-session', error: lost, afterMs: 500 },
          ]
        : answerOf('Yes.', 300, 0.3, 300),
    ports: { fillers },
    options: { filler: { againAfterMs: 1500, initialWaitMs: 5000 } },
  });
  it_.subscription.unsubscribe();
  let told = 0;
  let leftAt: string | undefined;
  const schedule = vi.spyOn(it_.scheduler, 'schedule');
  const subscription = new Subscription();
  subscription.add(
    it_.pipeline.events$.subscribe(({ type }) => {
      expect(leftAt, 'told after leaving').toBeUndefined();
      if (type === 'speech-probability' || type === 'level') return;
      told += 1;
      if (told < leaveAt) return;
      leftAt = type;
      subscription.unsubscribe();
      subscription.unsubscribe();
      schedule.mockClear();
    }),
  );
  it_.wait(300);
  it_.say(500, 'what time is it');
  it_.wait(5200);
  it_.say(500, 'hello');
  it_.wait(4000);
  if (leftAt === undefined) return undefined;
  expect(it_.upstream.openCalls(), `after leaving at ${leftAt}`).toBe(0);
  it_.wait(10_000);
  // What was begun within the event is let go of with it.
  const goesOn = schedule.mock.results.flatMap(({ value }, index) =>
    value instanceof Subscription && value.closed ? [] : [`${schedule.mock.calls[index]}`],
  );
  expect(goesOn, `after leaving at event ${leaveAt}, ${leftAt}`).toEqual([]);
  return leftAt;
}

it('whoever leaves at an event, twice, of a conversation with fillers whose service is lost leaves nothing behind', () => {
  const left: string[] = [];
  for (let type = leaves(1); type !== undefined && left.length < 200; type = leaves(left.length + 1))
    left.push(type);
  expect(left).toEqual(
    expect.arrayContaining([
      'filler-spoken',
      'degraded-mode-entered',
      'degraded-mode-left',
      'barge-in',
      'silenced',
    ]),
  );
  expect(left.length).toBeLessThan(200);
});
