import { type EchoCanceller, ModelError, type PipelinePorts } from 'earshot';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EchoDiagnosis } from '../../src/core/ports/echo-diagnosis.js';
import { andThen, breakable, exactCanceller, saying, spokenAnswer, watchedDetector } from './hearing-room.js';
import { type KioskOptions, kiosk } from './kiosk.js';

const passing = () =>
  new ModelError('MODEL_INFERENCE_FAILED', 'out of memory; try again', { retryable: true });

function setup(ports: Partial<PipelinePorts> = {}, microphone: KioskOptions['microphone'] = {}) {
  const first = breakable();
  const second = breakable();
  const echoCanceller: EchoCanceller = saying(andThen(exactCanceller(), first.operator), () => 1);
  const upstreamEchoCanceller = andThen(exactCanceller(), second.operator);
  const it_ = kiosk({
    answer: () => spokenAnswer(20_000),
    ports: { echoCanceller, upstreamEchoCanceller, ...ports },
    microphone,
  });
  it_.wait(300);
  it_.say(600, 'hello');
  it_.waitFor('reply-started');
  it_.wait(1500);
  expect(it_.state).toBe('replying');
  return { it_, first, second };
}
type Kiosk = ReturnType<typeof kiosk>;

const parts = (it_: Kiosk) => it_.of('degraded').map(({ part }) => part as string);
const missing = (it_: Kiosk) => it_.of('fact').filter(({ fact }) => fact === 'opinion-missing');
/** The reply goes on over its echo, and a person is still heard. */
const expectStillInterruptible = (it_: Kiosk) => {
  it_.wait(1000);
  expect(it_.of('barge-in')).toEqual([]);
  expect(it_.of('ducked')).toEqual([]);
  it_.say(800, 'stop');
  expect(it_.of('barge-in')).toHaveLength(1);
  expect(it_.end).toBe('running');
};

describe('in the middle of a reply', () => {
  it('the canceller of the detector fails: it is named, and the other signal decides alone', () => {
    const { it_, first } = setup();
    first.fail(new Error('it broke'));
    expect(parts(it_)).toEqual(['echo-canceller']);
    expectStillInterruptible(it_);
    expect(first.used).toBe(1);
  });

  it('the canceller of what goes upstream fails: it is named, and the first signal goes on, upstream too', () => {
    const { it_, second } = setup();
    second.fail(new Error('it broke'));
    expect(parts(it_)).toEqual(['upstream-echo-canceller']);
    expectStillInterruptible(it_);
    it_.wait(3000);
    expect(it_.of('transcript').at(-1)).toMatchObject({ text: 'stop' });
  });

  it('a failure that may pass is tried again, and both are heard again', () => {
    const { it_, first } = setup();
    first.fail(passing());
    it_.wait(4900);
    expect(first.used).toBe(1);
    it_.wait(1000);
    expect(first.used).toBe(2);
    expect(it_.of('speech-probability').at(-1)).toMatchObject({
      detectorProbability: 0,
      upstreamProbability: 0,
    });
    expectStillInterruptible(it_);
  });

  it('both cancellers fail: what was captured is better than nothing, and the loop goes on', () => {
    const { it_, first, second } = setup();
    first.fail(new Error('it broke'));
    second.fail(new Error('it broke too'));
    expect(parts(it_)).toEqual(['echo-canceller', 'upstream-echo-canceller']);
    expectStillInterruptible(it_);
  });

  it('the raw signal gives way to the other canceller when that is back', () => {
    const { it_, first, second } = setup();
    first.fail(passing());
    second.fail(new Error('it broke for good'));
    it_.wait(6000);
    expect(it_.of('speech-probability').at(-1)).toMatchObject({
      detectorProbability: 0,
      upstreamProbability: null,
    });
    expectStillInterruptible(it_);
    first.fail(new Error('and this one too'));
    it_.wait(1000);
    expect(it_.of('speech-probability').at(-1)?.atMs).toBeGreaterThan(it_.clock.nowMs - 100);
  });

  it('the second falls silent: nothing waits for it, it is counted, and then named', () => {
    const { it_, second } = setup();
    const before = it_.of('speech-probability').length;
    second.fallSilent();
    it_.wait(1000);
    expect(it_.of('speech-probability').length - before).toBeGreaterThanOrEqual(30);
    expect(missing(it_)).toMatchObject([{ count: 1 }]);
    expect(parts(it_)).toEqual([]);
    it_.wait(1500);
    expect(parts(it_)).toEqual(['upstream-echo-canceller']);
    expectStillInterruptible(it_);
  });

  it('the first falls silent: the second decides within 150 ms, long before it is named', () => {
    const { it_, first } = setup();
    first.fallSilent();
    it_.wait(200);
    const { startMs } = it_.say(800, 'stop');
    expect(parts(it_)).toEqual([]);
    expect(it_.of('barge-in')).toMatchObject([{ onsetMs: expect.closeTo(startMs, -2) }]);
  });

  it('one that was silent for a moment is waited for again', () => {
    const { it_, second } = setup();
    second.fallSilent();
    it_.wait(500);
    second.fallSilent(false);
    it_.wait(500);
    expect(missing(it_)).toHaveLength(2);
    expect(missing(it_)[1]?.count).toBeGreaterThan(10);
    expect(it_.of('speech-probability').at(-1)).toMatchObject({
      detectorProbability: 0,
      upstreamProbability: 0,
    });
  });

  it.each([
    ['upstream-detector', 0],
    ['detector', 1],
  ])('the %s fails: it is named, and the other goes on', (part, session) => {
    const { detector, sessions } = watchedDetector();
    const { it_ } = setup({ detector });
    sessions[session]?.fail(new Error('no such tensor'));
    expect(parts(it_)).toEqual([part]);
    expectStillInterruptible(it_);
  });

  it('a detector falls silent: it is named after a while, and the other has decided all the time', () => {
    const { detector, sessions } = watchedDetector();
    const { it_ } = setup({ detector });
    sessions[1]?.fallSilent();
    expectStillInterruptible(it_);
    it_.wait(4000);
    expect(parts(it_)).toEqual(['detector']);
  });

  it('both detectors fail: the capture is opened again, and both with it', () => {
    const { detector, sessions } = watchedDetector();
    const { it_ } = setup({ detector });
    sessions[0]?.fail(passing());
    sessions[1]?.fail(passing());
    expect(it_.of('detector-lost')).toHaveLength(1);
    it_.wait(1000);
    expect(sessions).toHaveLength(4);
    expectStillInterruptible(it_);
  });

  it('the microphone is lost: no canceller and no detector is blamed for it', () => {
    const { it_ } = setup({}, { faults: [{ type: 'vanish', fromMs: 4000, untilMs: 5000 }] });
    it_.wait(3000);
    expect(it_.of('device-lost')).not.toEqual([]);
    expect(parts(it_)).toEqual([]);
    expect(it_.of('detector-lost')).toEqual([]);
  });

  it('somebody leaves: both cancellers are let go of, and nothing more is told', () => {
    const { it_, first, second } = setup();
    expect([first.open, second.open]).toEqual([1, 1]);
    it_.subscription.unsubscribe();
    const told = it_.events.length;
    it_.wait(1000);
    expect([first.open, second.open]).toEqual([0, 0]);
    expect(it_.events).toHaveLength(told);
  });

  it.each(['fails', 'ends'])(
    'what the canceller says of the echo %s: an echo counts as possible, and the other signal is asked again',
    (how) => {
      const { detector, sessions } = watchedDetector();
      const said$ = new Subject<EchoDiagnosis>();
      const { it_ } = setup({ detector, echoCanceller: { ...exactCanceller(), diagnosis$: said$ } });
      // The last that is heard of it is that there is no echo.
      said$.next({
        timestampMs: it_.clock.nowMs,
        durationMs: 10,
        state: 'no-echo',
        confidence: 1,
      } as EchoDiagnosis);
      it_.wait(500);
      const before = sessions[0]?.scored ?? 0;
      it_.wait(500);
      expect(sessions[0]?.scored).toBe(before);
      if (how === 'fails') said$.error(new Error('it broke'));
      else said$.complete();
      it_.wait(1000);
      expect(sessions[0]?.scored).toBeGreaterThan(before + 20);
      expect(parts(it_)).toEqual(how === 'fails' ? ['echo-canceller'] : []);
    },
  );
});
