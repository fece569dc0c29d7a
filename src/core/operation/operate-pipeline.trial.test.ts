import { DeviceError } from 'earshot';
import { describe, expect, it } from 'vitest';
import { operatedPuppet, puppetPipeline } from '../../../test/support/puppet-pipeline.js';

const missing = (name: string) =>
  new DeviceError('DEVICE_NOT_FOUND', `there is no device called "${name}"; see earshot devices`, {
    retryable: true,
  });

/** A loop with both devices open, and another on trial in its place. */
function onTrial(before: readonly ('microphone' | 'loudspeaker')[] = ['loudspeaker', 'microphone']) {
  const of = operatedPuppet({ trialMs: 5000, quietMs: 0 });
  for (const device of before) of.first.tell({ type: 'device-opened', device });
  of.swap();
  of.clock.advanceBy(0);
  expect(of.second.isRunning).toBe(true);
  const open = (device: string) => of.second.tell({ type: 'device-opened', device });
  const lose = (device: string, error = missing(device)) => {
    of.second.tell({ type: 'device-lost', device, error, retryInMs: 500 });
    return error;
  };
  return { ...of, open, lose };
}

describe('a pipeline on trial whose device is missing', () => {
  it.each([
    ['microphone', 'loudspeaker'],
    ['loudspeaker', 'microphone'],
  ] as const)('gives way to the one before, which had a %s, and says why', (lost, other) => {
    const { clock, first, second, outcomes, open, lose } = onTrial();
    open(other);
    let error = lose(lost);
    for (let ms = 0; ms < 4500; ms += 500) {
      clock.advanceBy(500);
      error = lose(lost);
    }
    expect(outcomes).toEqual([]);
    clock.advanceBy(500);
    expect(outcomes).toEqual([{ type: 'reverted', error, waitedMs: 0 }]);
    expect([first.runs, first.isRunning, second.isRunning]).toEqual([2, true, false]);
  });

  it('stays when the one before was without, too', () => {
    const { clock, second, outcomes, open, lose } = onTrial(['loudspeaker']);
    open('loudspeaker');
    lose('microphone');
    clock.advanceBy(5000);
    expect([second.isRunning, outcomes]).toMatchObject([true, [{ type: 'swapped' }]]);
  });

  it('stays when the one before had lost it by then', () => {
    const of = operatedPuppet({ trialMs: 5000, quietMs: 0 });
    of.first.open();
    of.first.tell({ type: 'device-lost', device: 'microphone', error: missing('x'), retryInMs: 500 });
    of.swap();
    of.clock.advanceBy(0);
    of.second.tell({ type: 'device-opened', device: 'loudspeaker' });
    of.second.tell({ type: 'device-lost', device: 'microphone', error: missing('x'), retryInMs: 500 });
    of.clock.advanceBy(5000);
    expect([of.second.isRunning, of.outcomes]).toMatchObject([true, [{ type: 'swapped' }]]);
  });

  it('stays when it finds it in time, or had it once', () => {
    const found = onTrial();
    found.lose('microphone');
    found.open('microphone');
    found.open('loudspeaker');
    expect(found.outcomes).toMatchObject([{ type: 'swapped' }]);

    const had = onTrial();
    had.open('microphone');
    had.lose('microphone');
    had.clock.advanceBy(5000);
    expect(had.outcomes).toMatchObject([{ type: 'swapped' }]);
  });

  it('is not what the next one is taken back to', () => {
    const { clock, first, second, loop, outcomes, lose } = onTrial();
    lose('microphone');
    const third = puppetPipeline();
    loop.swapBetweenTurns(third.pipeline).subscribe((outcome) => outcomes.push(outcome));
    clock.advanceBy(0);
    const error = missing('other');
    third.tell({ type: 'device-lost', device: 'microphone', error, retryInMs: 500 });
    clock.advanceBy(5000);
    expect(outcomes).toEqual([
      { type: 'abandoned', why: 'superseded' },
      { type: 'reverted', error, waitedMs: 0 },
    ]);
    expect([first.runs, first.isRunning, second.runs, third.isRunning]).toEqual([2, true, 1, false]);
  });
});
