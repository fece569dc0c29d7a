import { describe, expect, it } from 'vitest';
import { createRetryPlan } from './ask-again.js';
import type { AskAgain } from './terminal-state.js';

const defaults = { maxRetries: 4, retryDelayMs: 1000, maxRetryDelayMs: 8000, retryJitter: 0.2 };
const middle = () => 0.5;

/** The waits after so many attempts that ended the same way, until it is given up. */
function waits(
  again: AskAgain,
  {
    random = middle,
    blockedForMs = () => 0,
    ...options
  }: { random?: () => number; blockedForMs?: () => number } & Partial<typeof defaults> = {},
): number[] {
  const plan = createRetryPlan({ ...defaults, ...options }, random);
  const all: number[] = [];
  for (let k = 0; k < 30; k++) {
    const waitMs = plan.after(again, blockedForMs());
    if (waitMs === undefined) return all;
    all.push(waitMs);
  }
  throw new Error(`asks for ever: ${all.join(' ')}`);
}

describe('createRetryPlan', () => {
  it.each<[AskAgain, number[]]>([
    ['never', []],
    ['backing-off', [1000, 2000, 4000, 8000]],
    ['once-backing-off', [1000]],
    ['once-at-once', [0]],
    ['after-block', [1000, 1000, 1000, 1000, 1000, 1000]],
  ])('after %s waits %j ms and then gives up', (again, expected) => {
    expect(waits(again)).toEqual(expected);
  });

  it('makes a wait up to a fifth shorter or longer', () => {
    expect(waits('backing-off', { random: () => 0 })).toEqual([800, 1600, 3200, 6400]);
    expect(waits('backing-off', { random: () => 1 })).toEqual([1200, 2400, 4800, 9600]);
  });

  it('keeps to its options', () => {
    expect(waits('backing-off', { maxRetries: 6, retryDelayMs: 10, maxRetryDelayMs: 50 })).toEqual([
      10, 20, 40, 50, 50, 50,
    ]);
    expect(waits('backing-off', { retryJitter: 0, random: () => 0 })).toEqual([1000, 2000, 4000, 8000]);
    for (const again of ['backing-off', 'once-backing-off', 'once-at-once', 'after-block'] as const) {
      expect(waits(again, { maxRetries: 0 })).toEqual([]);
    }
  });

  it('waits for the end of the block that we caused, then looks once more', () => {
    const left = [4300, 0, 0];

    expect(waits('after-block', { blockedForMs: () => left.shift() ?? 0 })).toEqual([4300, 1000, 700]);
  });

  it('counts all retries of a turn together, but not the wait for a block', () => {
    const plan = createRetryPlan(defaults, middle);
    const all = (
      ['after-block', 'once-at-once', 'backing-off', 'once-backing-off', 'backing-off'] as const
    ).map((again) => plan.after(again, 0));

    expect(all).toEqual([1000, 0, 2000, 4000, 8000]);
    expect(plan.after('backing-off', 0)).toBe(undefined);
    expect(plan.after('once-at-once', 0)).toBe(undefined);
    expect(plan.after('after-block', 0)).toBe(1000);
  });
});
