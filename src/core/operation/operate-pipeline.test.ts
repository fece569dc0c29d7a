import { DeviceError, type VoicePipeline } from 'earshot';
import { throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  idle,
  listening,
  operatedPuppet as operated,
  puppetPipeline as puppet,
  replying,
} from '../../../test/support/puppet-pipeline.js';
import { operatePipeline } from './operate-pipeline.js';
import type { StopReport } from './operated-pipeline.js';

describe('stopGracefully', () => {
  it('stops at once when nobody has the floor, and for good', () => {
    const of = operated();
    const { clock, first, loop, stop, outcomes } = of;
    stop();
    clock.advanceBy(0);
    expect(outcomes).toEqual([{ type: 'stopped', how: 'idle', waitedMs: 0 }]);
    expect([first.isRunning, of.events]).toEqual([false, []]);

    let isComplete = false;
    loop.events$.subscribe({
      complete: () => {
        isComplete = true;
      },
    });
    expect([isComplete, first.runs]).toEqual([true, 1]);
  });

  it('waits until the reply was heard', () => {
    const { clock, first, stop, outcomes } = operated();
    first.enter(replying);
    stop();
    clock.advanceBy(5000);
    expect(outcomes).toEqual([]);
    first.enter(idle);
    // Never from within an event of the pipeline.
    expect(first.isRunning).toBe(true);
    clock.advanceBy(0);
    expect(outcomes).toEqual([{ type: 'stopped', how: 'finished', waitedMs: 5000 }]);
    expect(first.isRunning).toBe(false);
  });

  it('answers whoever is speaking, but begins nothing new', () => {
    const { clock, first, stop, outcomes } = operated();
    first.enter(listening);
    stop();
    first.enter(replying);
    clock.advanceBy(3000);
    expect(outcomes).toEqual([]);
    first.enter({ ...listening, turnId: 't2' });
    clock.advanceBy(0);
    expect(outcomes).toEqual([{ type: 'stopped', how: 'finished', waitedMs: 3000 }]);
  });

  it('waits no longer than it is told to', () => {
    const { clock, first, stop, outcomes } = operated({ finishWithinMs: 8000 });
    first.enter(replying);
    stop();
    clock.advanceBy(60_000);
    expect(outcomes).toEqual([{ type: 'stopped', how: 'timed-out', waitedMs: 8300 }]);
    expect(first.closes).toEqual([300]);
    expect(first.isRunning).toBe(false);
  });

  it.each(['asked', 'by default'])('cuts when that is wanted %s', (how) => {
    const { clock, first, stop, outcomes } = operated(how === 'asked' ? {} : { ending: 'cut' });
    first.enter(replying);
    stop(how === 'asked' ? 'cut' : undefined);
    clock.advanceBy(0);
    expect([first.closes, outcomes]).toEqual([[300], []]);
    first.events$.complete();
    expect(outcomes).toEqual([{ type: 'stopped', how: 'cut', waitedMs: 0 }]);
  });

  it('waits no longer when it is asked a second time to cut, and tells both the same', () => {
    const { clock, first, stop, outcomes, loop } = operated();
    first.enter(replying);
    stop();
    clock.advanceBy(1000);
    stop('cut');
    clock.advanceBy(0);
    first.events$.complete();
    expect(outcomes).toEqual(Array(2).fill({ type: 'stopped', how: 'cut', waitedMs: 1000 }));
    const late: StopReport[] = [];
    loop.stopGracefully().subscribe((outcome) => late.push(outcome));
    expect(late).toHaveLength(1);
  });

  it('is done at once where nothing runs, and leaves nothing running that would', () => {
    const { clock, first, stop, outcomes, subscription, loop } = operated();
    subscription.unsubscribe();
    stop();
    expect(outcomes).toEqual([{ type: 'stopped', how: 'idle', waitedMs: 0 }]);
    loop.events$.subscribe();
    clock.advanceBy(60_000);
    expect(first.runs).toBe(1);
  });
});

describe('swapBetweenTurns', () => {
  it('waits for the turn to be over and for quiet, and releases the old one before it starts the new one', () => {
    const { clock, first, second, swap, outcomes } = operated({ quietMs: 500 });
    first.enter(replying);
    swap();
    clock.advanceBy(4000);
    first.enter(idle);
    clock.advanceBy(400);
    first.tell({ type: 'speech-started', onsetMs: 0 });
    clock.advanceBy(2000);
    first.tell({ type: 'speech-misfired', onsetMs: 0 });
    clock.advanceBy(499);
    expect([first.isRunning, second.runs]).toEqual([true, 0]);
    clock.advanceBy(1);
    expect([first.isRunning, second.runs]).toEqual([false, 1]);
    expect(outcomes).toEqual([]);
    second.open();
    expect(outcomes).toEqual([{ type: 'swapped', how: 'between-turns', waitedMs: 6900 }]);
  });

  it('cuts when no such moment comes, and says so to whoever follows the state', () => {
    const { clock, first, second, swap, outcomes, events, loop } = operated({ swapWithinMs: 10_000 });
    const states: string[] = [];
    loop.state$.subscribe(({ name }) => states.push(name));
    first.enter(replying);
    swap();
    clock.advanceBy(10_000);
    expect([first.closes, second.runs]).toEqual([[300], 0]);
    first.events$.complete();
    second.open();
    expect(outcomes).toEqual([{ type: 'swapped', how: 'timed-out', waitedMs: 10_000 }]);
    expect(events.find((event) => event.type === 'state-changed' && event.cause === 'swapped')).toMatchObject(
      {
        state: idle,
        previous: replying,
        atMs: 10_000,
      },
    );
    expect(states).toEqual(['idle', 'replying', 'idle']);
  });

  it('takes the old one back when the new one fails on trial', () => {
    const of = operated();
    const { clock, first, second, swap, outcomes } = of;
    swap();
    clock.advanceBy(1000);
    const error = new DeviceError('DEVICE_NOT_FOUND', 'there is no such microphone; name another');
    second.events$.error(error);
    expect(outcomes).toEqual([{ type: 'reverted', error, waitedMs: 500 }]);
    expect([first.runs, first.isRunning, of.end]).toEqual([2, true, 'running']);
  });

  it('takes the old one back when the new one fails as it is started', () => {
    const { clock, first, swap, outcomes } = operated();
    const error = new Error('at once');
    swap({ ...first.pipeline, events$: throwError(() => error) });
    clock.advanceBy(1000);
    expect(outcomes).toEqual([{ type: 'reverted', error, waitedMs: 500 }]);
    expect(first.isRunning).toBe(true);
  });

  it('passes the trial after a time without devices too, and fails for good after it', () => {
    const of = operated({ trialMs: 5000 });
    const { clock, second, swap, outcomes } = of;
    swap();
    clock.advanceBy(5499);
    expect(outcomes).toEqual([]);
    clock.advanceBy(1);
    expect(outcomes).toEqual([{ type: 'swapped', how: 'between-turns', waitedMs: 500 }]);
    second.events$.error('late');
    expect(of.end).toBe('late');
  });

  it('lets the newest take over, and none when it is stopped', () => {
    const { clock, first, second, swap, stop, outcomes } = operated();
    const third = puppet();
    first.enter(replying);
    swap();
    swap(third.pipeline);
    expect(outcomes).toEqual([{ type: 'abandoned', why: 'superseded' }]);
    stop();
    first.enter(idle);
    clock.advanceBy(60_000);
    swap(third.pipeline);
    expect(outcomes.map((outcome) => ('how' in outcome ? outcome.how : outcome))).toEqual([
      { type: 'abandoned', why: 'superseded' },
      { type: 'abandoned', why: 'stopped' },
      'finished',
      { type: 'abandoned', why: 'stopped' },
    ]);
    expect([second.runs, third.runs]).toEqual([0, 0]);
  });

  it('takes the place at once while nothing runs', () => {
    const { first, second, swap, outcomes, subscription, loop } = operated();
    subscription.unsubscribe();
    swap();
    loop.events$.subscribe();
    expect(outcomes).toEqual([{ type: 'swapped', how: 'between-turns', waitedMs: 0 }]);
    expect([first.runs, second.isRunning]).toEqual([1, true]);
  });

  it('ends with a pipeline that ends or fails, and waits for nothing then', () => {
    const ending = operated();
    ending.first.enter(replying);
    ending.swap();
    ending.first.events$.complete();
    expect([ending.end, ending.outcomes]).toEqual(['complete', [{ type: 'abandoned', why: 'stopped' }]]);

    const failing = operated();
    failing.first.enter(replying);
    failing.swap();
    failing.first.events$.error('broken');
    expect([failing.end, failing.outcomes]).toEqual(['broken', [{ type: 'abandoned', why: 'failed' }]]);
  });
});

describe('operatePipeline', () => {
  it.each([
    [{ ending: 'now' as never }, 'ending'],
    [{ finishWithinMs: -1 }, 'finishWithinMs'],
    [{ swapWithinMs: Number.POSITIVE_INFINITY }, 'swapWithinMs'],
    [{ quietMs: 0.5, trialMs: Number.NaN }, /quietMs.*trialMs/],
  ])('refuses %o', (options, named) => {
    expect(() => operatePipeline(puppet().pipeline, options)).toThrow(named);
  });

  it('gives results of tools to the pipeline that runs, and to none where none does', () => {
    const { clock, first, second, loop, subscription } = operated();
    const asked: string[] = [];
    const answering = (name: string, pipeline: VoicePipeline): VoicePipeline => ({
      ...pipeline,
      answerTool: (callId) => asked.push(`${name} ${callId}`) > 0,
    });
    const other = operatePipeline(answering('first', first.pipeline), { scheduler: clock.scheduler });
    expect(other.answerTool('call-0', '')).toBe(false);
    other.events$.subscribe();
    expect(other.answerTool('call-1', '')).toBe(true);
    other.swapBetweenTurns(answering('second', second.pipeline));
    clock.advanceBy(1000);
    expect(other.answerTool('call-2', '')).toBe(true);
    expect(asked).toEqual(['first call-1', 'second call-2']);
    subscription.unsubscribe();
    expect(loop.answerTool('call-3', '')).toBe(false);
  });
});
