import { describe, expect, it } from 'vitest';
import {
  defaultFillerOptions,
  type FillerInput,
  type FillerOutput,
  initialFillerMemory,
  predictRemainingMs,
  resolveFillerOptions,
  stepFiller,
} from './filler-policy.js';

const clips = [
  { clipId: 'short', durationMs: 700 },
  { clipId: 'middle', durationMs: 1200 },
  { clipId: 'long', durationMs: 1900 },
];

/** Runs the policy as its clock would, with an answer that comes `waitMs` after each turn. */
function conversation(waitsMs: readonly number[], options = defaultFillerOptions, choices = clips) {
  let memory = initialFillerMemory;
  const spoken: string[][] = [];
  const heldBack: number[] = [];
  let nowMs = 0;
  waitsMs.forEach((waitMs, turn) => {
    const sinceMs = nowMs;
    const said: string[] = [];
    let lookMs: number | undefined;
    const take = (input: FillerInput) => {
      const step = stepFiller(memory, input, choices, options);
      memory = step.memory;
      for (const output of step.outputs as readonly FillerOutput[]) {
        if (output.type === 'look-again') lookMs = output.atMs;
        if (output.type === 'speak') said.push(`${output.clipId}@${nowMs - sinceMs}`);
        if (output.type === 'held-back') heldBack.push(turn);
      }
    };
    take({ type: 'wait-began', turnId: `t${turn}`, atMs: nowMs });
    while (lookMs !== undefined && lookMs < sinceMs + waitMs) {
      nowMs = lookMs;
      lookMs = undefined;
      take({ type: 'looked', atMs: nowMs });
    }
    nowMs = sinceMs + waitMs;
    take({ type: 'wait-ended', atMs: nowMs });
    spoken.push(said);
    nowMs += 10_000;
  });
  return { spoken, heldBack, memory };
}

describe('the filler policy', () => {
  it('speaks after the delay when the wait is expected to outlast the filler', () => {
    expect(conversation([2500]).spoken).toEqual([['short@600']]);
  });

  it('never speaks the same filler twice running, and comes round to each', () => {
    const { spoken } = conversation([4000, 4000, 4000, 4000, 4000]);
    const ids = spoken.flat().map((item) => item.split('@')[0]);
    expect(ids).toEqual(['short', 'middle', 'long', 'short', 'middle']);
  });

  it('holds a filler back when the service answers sooner than the filler would be over', () => {
    const { spoken, heldBack } = conversation([900, 900, 900]);
    expect(spoken.slice(1)).toEqual([[], []]);
    expect(heldBack).toEqual([1, 2]);
  });

  it('speaks late when a service that used to be quick does not answer', () => {
    const { spoken } = conversation([900, 900, 6000]);
    expect(spoken[2]).toEqual(['middle@1000']);
  });

  it('speaks once a turn, and again only past each further threshold', () => {
    expect(conversation([5900]).spoken[0]).toHaveLength(1);
    const again = conversation([14_000]).spoken[0] ?? [];
    expect(again).toHaveLength(3);
    expect(again.map((item) => Number(item.split('@')[1]))).toEqual([600, 6000, 12_000]);
  });

  it('keeps the count of a turn that was reopened', () => {
    let memory = initialFillerMemory;
    const take = (input: FillerInput) => {
      const step = stepFiller(memory, input, clips, defaultFillerOptions);
      memory = step.memory;
      return step.outputs.filter(({ type }) => type === 'speak').length;
    };
    take({ type: 'wait-began', turnId: 't', atMs: 0 });
    expect(take({ type: 'looked', atMs: 600 })).toBe(1);
    take({ type: 'wait-abandoned' });
    take({ type: 'wait-began', turnId: 't', atMs: 2000 });
    expect(take({ type: 'looked', atMs: 2600 })).toBe(0);
  });

  it('asks for no look without clips, and decides nothing when nobody waits', () => {
    const step = stepFiller(
      initialFillerMemory,
      { type: 'wait-began', turnId: 't', atMs: 0 },
      [],
      defaultFillerOptions,
    );
    expect(step.outputs).toEqual([]);
    expect(
      stepFiller(initialFillerMemory, { type: 'looked', atMs: 1 }, clips, defaultFillerOptions).outputs,
    ).toEqual([]);
  });

  it('remembers a bounded number of waits', () => {
    expect(conversation(Array.from({ length: 30 }, (_, n) => 1000 + n)).memory.waitsMs).toHaveLength(8);
  });

  it('refuses options out of range', () => {
    expect(() => resolveFillerOptions({ delayMs: -1 })).toThrow(
      /delayMs must be a whole number from 0 to 30000 ms, but is -1/,
    );
  });
});

describe('predictRemainingMs', () => {
  it('is the median of the waits that were longer than this one is already, less what has passed', () => {
    expect(predictRemainingMs([1000, 2000, 3000], 0, 2500)).toBe(2000);
    expect(predictRemainingMs([1000, 2000, 3000], 1500, 2500)).toBe(500);
  });

  it('assumes a new service when nothing is known, or nothing was ever so slow', () => {
    expect(predictRemainingMs([], 600, 2500)).toBe(1900);
    expect(predictRemainingMs([1000], 1500, 2500)).toBe(2500);
  });
});
