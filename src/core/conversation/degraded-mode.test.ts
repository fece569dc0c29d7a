import { describe, expect, it } from 'vitest';
import { type DegradedModeInput, stepDegradedMode, wellAndGood } from './degraded-mode.js';

const failed = (atMs: number, turnId?: string): DegradedModeInput => ({
  type: 'service-failed',
  turnId,
  atMs,
});
const freeAt = (atMs: number): DegradedModeInput => ({ type: 'floor-free', atMs });
const free = freeAt(100);

function outputsOf(...inputs: readonly DegradedModeInput[]) {
  let mode = wellAndGood;
  return inputs.flatMap((input) => {
    const next = stepDegradedMode(mode, input);
    mode = next.mode;
    return next.outputs;
  });
}

describe('the degraded mode', () => {
  it('is entered once, and left with how long it was and what it cost', () => {
    expect(
      outputsOf(failed(100, 't1'), failed(400), free, { type: 'turn-opened' }, failed(900, 't2'), free, {
        type: 'service-answered',
        atMs: 1100,
      }),
    ).toEqual([
      { type: 'entered' },
      { type: 'apologise', turnId: 't1' },
      { type: 'apologise', turnId: 't2' },
      { type: 'left', lastedMs: 1000, turnsLost: 2 },
    ]);
  });

  it('apologises once for a turn that fails and whose session is lost', () => {
    expect(outputsOf(failed(100, 't1'), failed(100, 't1'), free, free)).toEqual([
      { type: 'entered' },
      { type: 'apologise', turnId: 't1' },
    ]);
  });

  it('apologises to nobody who did not ask, and not for what is mended or overtaken', () => {
    expect(outputsOf(failed(100), free)).toEqual([{ type: 'entered' }]);
    expect(outputsOf(failed(100, 't1'), { type: 'service-answered', atMs: 300 }, free)).toEqual([
      { type: 'entered' },
      { type: 'left', lastedMs: 200, turnsLost: 1 },
    ]);
    expect(outputsOf(failed(100, 't1'), { type: 'turn-opened' }, free)).toEqual([{ type: 'entered' }]);
  });

  it('takes an answer that broke off for a lost one only when the session is lost as well', () => {
    const brokeOff = { type: 'reply-broke-off', turnId: 't1' } as const;
    expect(outputsOf(brokeOff, free)).toEqual([]);
    expect(outputsOf(brokeOff, failed(100), free, { type: 'service-answered', atMs: 200 })).toEqual([
      { type: 'entered' },
      { type: 'apologise', turnId: 't1' },
      { type: 'left', lastedMs: 100, turnsLost: 1 },
    ]);
  });

  it('apologises at once for an answer that broke off before, when that the session is lost becomes known behind its last word', () => {
    const brokeOff = { type: 'reply-broke-off', turnId: 't1' } as const;
    const both = [{ type: 'entered' }, { type: 'apologise', turnId: 't1' }];
    const left = { type: 'left', lastedMs: 100, turnsLost: 1 };
    const answered = { type: 'service-answered', atMs: 200 } as const;
    expect(outputsOf(brokeOff, freeAt(100), failed(100), answered)).toEqual([...both, left]);
    expect(outputsOf(brokeOff, freeAt(100), failed(1100), freeAt(1500), failed(1600))).toEqual(both);
    // That it was lost a second later has nothing to do with it, nor has it once somebody speaks again.
    expect(outputsOf(brokeOff, freeAt(100), failed(1101), freeAt(1500))).toEqual([{ type: 'entered' }]);
    expect(outputsOf(brokeOff, freeAt(100), { type: 'turn-opened' }, failed(150), free)).toEqual([
      { type: 'entered' },
    ]);
  });

  it('still owes the end of an answer that is being heard when the service comes back and is lost again', () => {
    expect(
      outputsOf(failed(100, 't1'), { type: 'service-answered', atMs: 300 }, failed(500), freeAt(900)),
    ).toEqual([
      { type: 'entered' },
      { type: 'left', lastedMs: 200, turnsLost: 1 },
      { type: 'entered' },
      { type: 'apologise', turnId: 't1' },
    ]);
  });

  it('says nothing when all is well', () => {
    expect(outputsOf({ type: 'service-answered', atMs: 1 }, free, { type: 'turn-opened' })).toEqual([]);
  });
});
