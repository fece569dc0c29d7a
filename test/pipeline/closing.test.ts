import { operatePipeline, type StopReport, type Upstream, UpstreamError } from 'earshot';
import { mergeWith, NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, type KioskOptions, kiosk, oneFiller } from './kiosk.js';

const story = 'One two three four five six seven eight.';

/** A service that leaves the session open whatever is asked. */
const staying = (upstream: Upstream): Upstream => ({
  ...upstream,
  openSession: (requests$) => upstream.openSession(requests$).pipe(mergeWith(NEVER)),
});

/** Somebody has asked, and the answer has been heard for a second and a half. */
function overReply(options: KioskOptions = {}) {
  const it_ = kiosk({ answer: () => answerOf(story, 4000), ...options });
  it_.wait(300);
  it_.say(500, 'tell me');
  it_.waitFor('playout-started');
  it_.wait(1500);
  return it_;
}
const cancelledOf = ({ requests }: ReturnType<typeof kiosk>) =>
  requests.filter(({ type }) => type === 'reply-cancelled');

/** What is told from the close on, but for what is measured. */
function toldByClosing(it_: ReturnType<typeof kiosk>): readonly string[] {
  const before = it_.events.length;
  it_.pipeline.close();
  it_.wait(400);
  const told = it_.events
    .slice(before)
    .filter(({ type }) => type !== 'level' && type !== 'speech-probability');
  return told.map((event) => (event.type === 'state-changed' ? `now ${event.state.name}` : event.type));
}

describe('closing a loop while nothing is heard', () => {
  it('tells of the end and of no silence', () => {
    const it_ = kiosk();
    it_.wait(300);
    expect(toldByClosing(it_)).toEqual(['now closed']);
  });

  it('tells of no silence after a turn that failed, nor when it failed', () => {
    const error = new UpstreamError('UPSTREAM_FAULT', 'it broke; look at its log', { retryable: true });
    const it_ = kiosk({ answer: () => [{ type: 'fail', error, afterMs: 200 }] });
    it_.wait(300);
    it_.say(500, 'tell me');
    it_.waitFor('turn-failed');
    expect(toldByClosing(it_)).toEqual(['now closed']);
    expect(it_.of('silenced')).toEqual([]);
  });
});

describe('closing a loop while a reply is heard', () => {
  it('tells of the end after all that was cut for it', () => {
    expect(toldByClosing(overReply())).toEqual([
      'playout-ended',
      'silenced',
      'reply-cancelled',
      'now closed',
    ]);
  });

  it('fades, and tells the service and whoever listens how much was heard', () => {
    const it_ = overReply();
    expect(it_.pipeline.close()).toBe(true);
    it_.wait(300);
    expect([it_.end, it_.state]).toEqual(['complete', 'closed']);
    const [ended] = it_.of('playout-ended');
    expect(ended).toMatchObject({ reason: 'cut' });
    const heard = it_.heard();
    expect(heard.filter((sample) => sample !== 0).length / 48).toBeCloseTo(ended?.heardMs ?? 0, 0);
    const [told] = it_.of('reply-cancelled');
    expect(told).toMatchObject({ revision: 1, heardMs: ended?.heardMs, heardText: 'One two three' });
    const { atMs: _, ...cancelled } = told as NonNullable<typeof told>;
    expect(cancelledOf(it_)).toEqual([cancelled]);
    expect(it_.of('barge-in')).toEqual([]);

    const last = heard.findLastIndex((sample) => sample !== 0);
    let largest = 0;
    for (let n = last - 48 * 20; n <= last; n += 1) {
      largest = Math.max(largest, Math.abs((heard[n + 1] as number) - (heard[n] as number)));
    }
    // All of 0.3 within 8 ms, and no step.
    expect(largest).toBeLessThan((0.3 * 2) / (8 * 48));
    expect(heard[last - 48 * 10]).toBeCloseTo(0.3, 4);
  });

  it('is over as soon as the loudspeaker is silent, where the service ends its session', () => {
    const it_ = overReply();
    it_.pipeline.close();
    expect(it_.end).toBe('running');
    const [silenced] = it_.of('silenced');
    const fadeMs = (silenced?.atMs ?? 0) - it_.clock.nowMs;
    // The ramp of 8 ms, after what of a block is under way.
    expect(fadeMs).toBeGreaterThanOrEqual(8);
    expect(fadeMs).toBeLessThanOrEqual(18);
    it_.wait(fadeMs);
    expect(it_.end).toBe('complete');
  });

  it.each([1, 50, 300])('is over within %i ms, where the service does not', (withinMs) => {
    const it_ = overReply({ through: staying });
    it_.pipeline.close(withinMs);
    it_.wait(withinMs - 1);
    expect(it_.end).toBe('running');
    it_.wait(1);
    expect(it_.end).toBe('complete');
    expect(cancelledOf(it_)).toHaveLength(1);
  });

  it('releases everything at once for whoever unsubscribes meanwhile', () => {
    const it_ = overReply({ through: staying });
    it_.pipeline.close();
    it_.wait(2);
    it_.subscription.unsubscribe();
    expect([it_.upstream.openCalls(), it_.pipeline.close()]).toEqual([0, false]);
    const before = it_.loudspeaker.recorded().length;
    it_.wait(1000);
    expect(it_.loudspeaker.recorded()).toHaveLength(before);
  });

  it('tells of nothing that comes after it', () => {
    const it_ = overReply({ through: staying });
    it_.pipeline.close();
    it_.say(200, 'hello');
    const after = it_.events.slice(it_.events.findIndex(({ type }) => type === 'reply-cancelled'));
    const types = new Set(after.map(({ type }) => type));
    for (const type of ['turn-opened', 'turn-sent', 'reply-text', 'filler-spoken', 'barge-in'] as const) {
      expect(types.has(type), type).toBe(false);
    }
  });

  it('can be run again', () => {
    const it_ = overReply();
    it_.pipeline.close();
    it_.wait(300);
    const states: string[] = [];
    it_.pipeline.state$.subscribe(({ name }) => states.push(name));
    it_.wait(300);
    it_.say(500, 'tell me');
    it_.wait(8000);
    expect(states).toEqual(['idle', 'listening', 'awaiting-reply', 'replying', 'replying', 'idle']);
  });
});

describe('closing a loop', () => {
  it('is over at once while nobody has the floor', () => {
    const it_ = kiosk({ through: staying });
    it_.wait(300);
    it_.pipeline.close();
    expect([it_.end, it_.requests]).toEqual(['complete', []]);
  });

  it('forgets what the user was saying', () => {
    const it_ = kiosk();
    it_.wait(300);
    it_.say(500, 'tell me');
    expect(it_.state).toBe('listening');
    it_.pipeline.close();
    it_.wait(300);
    expect(it_.end).toBe('complete');
    expect(it_.of('turn-sent')).toEqual([]);
  });

  it('cancels an answer that is awaited, filler and all', () => {
    const it_ = overReplyOfNothing();
    it_.pipeline.close();
    it_.wait(300);
    expect(it_.of('playout-ended')).toMatchObject([{ owner: { kind: 'filler' }, reason: 'cut' }]);
    expect(it_.of('reply-cancelled')).toMatchObject([{ replyId: null, heardMs: 0, heardText: '' }]);
    expect(cancelledOf(it_)).toMatchObject([{ replyId: null, heardMs: 0 }]);
    expect(it_.end).toBe('complete');
  });

  it('waits for no service that is not there', () => {
    const breaks$ = new Subject<never>();
    const it_ = overReply({ sessionBreaks$: breaks$, options: { patience: { reopenDelayMs: 5000 } } });
    breaks$.error(new UpstreamError('UPSTREAM_UNREACHABLE', 'gone; try again', { retryable: true }));
    it_.pipeline.close();
    it_.wait(20);
    expect(it_.of('session-lost')).toHaveLength(1);
    expect(it_.end).toBe('complete');
  });

  it.each([-1, 0.5, Number.NaN, 10_001])('refuses to be bounded by %d', (withinMs) => {
    expect(() => kiosk().pipeline.close(withinMs)).toThrow(/withinMs must be a whole number from 0 to 10000/);
  });
});

describe('a stop that cuts a real reply', () => {
  it.each(['asked twice', 'takes too long'])('tells the service what was heard: %s', (how) => {
    const it_ = kiosk({ answer: () => answerOf(story, 4000) });
    it_.subscription.unsubscribe();
    const loop = operatePipeline(it_.pipeline, { scheduler: it_.scheduler, finishWithinMs: 1500 });
    const told: string[] = [];
    loop.events$.subscribe(({ type }) => told.push(type));
    it_.wait(300);
    it_.say(500, 'tell me');
    for (let ms = 0; ms < 5000 && !told.includes('playout-started'); ms += 10) it_.wait(10);
    const stops: StopReport[] = [];
    loop.stopGracefully().subscribe((report) => stops.push(report));
    it_.wait(1000);
    if (how === 'asked twice') loop.stopGracefully('cut');
    it_.wait(1000);
    const isCut = how === 'asked twice';
    expect(stops).toMatchObject([{ how: isCut ? 'cut' : 'timed-out' }]);
    const fadeMs = (stops[0]?.waitedMs ?? 0) - (isCut ? 1000 : 1500);
    expect(fadeMs).toBeGreaterThanOrEqual(8);
    expect(fadeMs).toBeLessThanOrEqual(18);
    expect(cancelledOf(it_)).toMatchObject([{ heardText: isCut ? 'One two' : 'One two three' }]);
    expect(told.filter((type) => type === 'reply-cancelled')).toHaveLength(1);
  });
});

/** Somebody has asked, and a filler is heard. */
function overReplyOfNothing() {
  const it_ = kiosk({
    answer: () => answerOf(story, 4000, 0.3, 8000),
    ports: { fillers: oneFiller(2000) },
  });
  it_.wait(300);
  it_.say(500, 'tell me');
  it_.waitFor('filler-spoken');
  it_.wait(300);
  return it_;
}
