import { describe, expect, it } from 'vitest';
import { idle, operatedPuppet, puppetPipeline, replying } from '../../../test/support/puppet-pipeline.js';

describe('a cut', () => {
  it('waits for the pipeline to close, and no longer than cutWithinMs', () => {
    const { clock, first, stop, outcomes } = operatedPuppet({ cutWithinMs: 200 });
    first.enter(replying);
    stop('cut');
    clock.advanceBy(199);
    expect([first.closes, first.isRunning, outcomes]).toEqual([[200], true, []]);
    clock.advanceBy(1);
    expect([first.isRunning, outcomes]).toEqual([false, [{ type: 'stopped', how: 'cut', waitedMs: 200 }]]);
  });

  it('tells whoever listens what happens meanwhile', () => {
    const of = operatedPuppet();
    of.first.enter(replying);
    of.stop('cut');
    of.clock.advanceBy(0);
    of.first.tell({ type: 'silenced', atMs: 8 });
    expect(of.events.at(-1)).toMatchObject({ type: 'silenced' });
    of.first.events$.complete();
    expect(of.end).toBe('complete');
  });

  it('asks nothing of a pipeline that does nothing', () => {
    const { clock, first, stop, outcomes } = operatedPuppet();
    first.enter(replying);
    first.enter(idle);
    stop('cut');
    clock.advanceBy(0);
    expect([first.closes, outcomes]).toEqual([[], [{ type: 'stopped', how: 'idle', waitedMs: 0 }]]);
  });

  it('does not wait for a pipeline that cannot close', () => {
    const { clock, first, stop, outcomes } = operatedPuppet();
    first.pipeline.close = () => false;
    first.enter(replying);
    stop('cut');
    clock.advanceBy(0);
    expect(outcomes).toEqual([{ type: 'stopped', how: 'cut', waitedMs: 0 }]);
  });

  it('is not undone by what the pipeline fails with meanwhile', () => {
    const of = operatedPuppet();
    of.first.enter(replying);
    of.stop('cut');
    of.clock.advanceBy(0);
    of.first.events$.error(new Error('too late'));
    expect([of.end, of.outcomes]).toEqual(['complete', [{ type: 'stopped', how: 'cut', waitedMs: 0 }]]);
  });

  it('is over at once when everybody unsubscribes', () => {
    const { clock, first, stop, subscription, outcomes } = operatedPuppet();
    first.enter(replying);
    stop('cut');
    clock.advanceBy(100);
    subscription.unsubscribe();
    expect([first.isRunning, outcomes]).toEqual([false, [{ type: 'stopped', how: 'cut', waitedMs: 100 }]]);
    clock.advanceBy(1000);
    expect(outcomes).toHaveLength(1);
  });

  it('is not taken for the end of the exchange, nor overtaken by the time to finish', () => {
    const { clock, first, stop, outcomes } = operatedPuppet({ finishWithinMs: 100 });
    first.enter(replying);
    stop();
    clock.advanceBy(50);
    stop('cut');
    clock.advanceBy(0);
    first.enter({ name: 'closed' });
    clock.advanceBy(299);
    expect([first.isRunning, outcomes]).toEqual([true, []]);
    clock.advanceBy(1);
    expect(outcomes).toEqual(Array(2).fill({ type: 'stopped', how: 'cut', waitedMs: 350 }));
  });

  it.each(['finish', 'cut'] as const)(
    'that was for an exchange serves a stop that comes meanwhile: %s',
    (ending) => {
      const { clock, first, second, swap, stop, outcomes } = operatedPuppet({ swapWithinMs: 1000 });
      first.enter(replying);
      swap();
      clock.advanceBy(1000);
      first.enter({ name: 'closed' });
      stop(ending);
      clock.advanceBy(100);
      expect([first.isRunning, outcomes]).toEqual([true, [{ type: 'abandoned', why: 'stopped' }]]);
      first.events$.complete();
      expect(outcomes.at(-1)).toMatchObject({ type: 'stopped', waitedMs: 100 });
      clock.advanceBy(60_000);
      expect([first.closes, second.runs]).toEqual([[300], 0]);
    },
  );

  it('that was for an exchange serves the one that takes its place meanwhile', () => {
    const { clock, first, second, swap, outcomes } = operatedPuppet({ swapWithinMs: 1000 });
    const third = puppetPipeline();
    first.enter(replying);
    swap();
    clock.advanceBy(1000);
    swap(third.pipeline);
    expect(outcomes).toEqual([{ type: 'abandoned', why: 'superseded' }]);
    first.events$.complete();
    third.open();
    expect(outcomes.at(-1)).toEqual({ type: 'swapped', how: 'timed-out', waitedMs: 0 });
    clock.advanceBy(60_000);
    expect([second.runs, third.runs, third.isRunning]).toEqual([0, 1, true]);
  });

  it('can be asked for through the loop that is operated, which then completes', () => {
    const of = operatedPuppet();
    of.first.enter(replying);
    expect(of.loop.close(50)).toBe(true);
    of.first.events$.complete();
    expect([of.first.closes, of.end, of.loop.close()]).toEqual([[50], 'complete', false]);
  });
});
