import { describe, expect, it } from 'vitest';
import type { FillerContext } from '../ports/filler-library.js';
import { chooseApology, type FillerChoice } from './filler-choice.js';
import {
  defaultFillerOptions,
  type FillerInput,
  type FillerOutput,
  initialFillerMemory,
  predictRemainingMs,
  resolveFillerOptions,
  stepFiller,
} from './filler-policy.js';
import type { TurnContext } from './turn-context.js';

const clips = [
  { clipId: 'short', durationMs: 700, contexts: [] },
  { clipId: 'middle', durationMs: 1200, contexts: [] },
  { clipId: 'long', durationMs: 1900, contexts: [] },
];
const of = (clipId: string, ...contexts: FillerContext[]): FillerChoice => ({
  clipId,
  durationMs: 700,
  contexts,
});

/** Runs the policy as its clock would, with an answer that comes `waitMs` after each turn. */
function conversation(
  waitsMs: readonly number[],
  choices: readonly FillerChoice[] = clips,
  contexts: readonly (TurnContext | undefined)[] = [],
  options = defaultFillerOptions,
) {
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
        if (output.type === 'speak') {
          said.push(`${output.clipId}@${nowMs - sinceMs}`);
          take({ type: 'spoken', turnId: output.turnId, clipId: output.clipId });
        }
        if (output.type === 'held-back') heldBack.push(turn);
      }
    };
    take({ type: 'understood', turnId: `t${turn}`, context: contexts[turn] });
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
    take({ type: 'spoken', turnId: 't', clipId: 'short' });
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

  it('proposes again what could not be spoken, and counts only what was', () => {
    let memory = initialFillerMemory;
    const take = (input: FillerInput) => {
      const step = stepFiller(memory, input, clips, defaultFillerOptions);
      memory = step.memory;
      return step.outputs.find(({ type }) => type === 'speak');
    };
    take({ type: 'wait-began', turnId: 't', atMs: 0 });
    expect(take({ type: 'looked', atMs: 600 })).toMatchObject({ clipId: 'short', nth: 1, expectedMs: 1900 });
    expect(take({ type: 'looked', atMs: 800 })).toMatchObject({ clipId: 'short', nth: 1 });
    take({ type: 'spoken', turnId: 't', clipId: 'short' });
    expect(take({ type: 'looked', atMs: 1000 })).toBeUndefined();
    expect(take({ type: 'looked', atMs: 6000 })).toMatchObject({ clipId: 'middle', nth: 2 });
  });

  it('learns the wait from the turns before: a slow service is expected to be slow, a quick one quick', () => {
    const remaining = (waitsMs: readonly number[]) =>
      predictRemainingMs(conversation(waitsMs).memory.waitsMs, 600, 2500);
    expect(remaining([4000, 4000, 4000])).toBe(3400);
    expect(remaining([900, 900, 900])).toBe(300);
    // Eight are remembered: what it was like before is forgotten.
    expect(remaining([...Array(20).fill(9000), ...Array(8).fill(1500)])).toBe(900);
  });

  it('refuses options out of range', () => {
    expect(() => resolveFillerOptions({ delayMs: -1 })).toThrow(
      /delayMs must be a whole number from 0 to 30000 ms, but is -1/,
    );
  });
});

describe('the choice of a filler', () => {
  const library = [
    of('let me see', 'question'),
    of('let me think', 'question'),
    of('on it', 'request'),
    of('right away', 'request'),
    of('hello', 'greeting'),
    of('still there', 'long-wait'),
    of('almost', 'long-wait'),
    of('sorry', 'apology'),
  ];
  const said = (spoken: readonly (readonly string[])[]) =>
    spoken.map((turn) => turn.map((item) => item.split('@')[0]));

  it('goes by what the user said', () => {
    const { spoken } = conversation([3000, 3000, 3000, 3000, 3000], library, [
      'question',
      'request',
      'greeting',
      'request',
      'question',
    ]);
    expect(said(spoken)).toEqual([['let me see'], ['on it'], ['hello'], ['right away'], ['let me think']]);
  });

  it('never says the same twice running, not even when it is the only one that fits', () => {
    const { spoken } = conversation(
      [3000, 3000, 3000],
      [of('see', 'question'), of('on it', 'request')],
      ['question', 'question', 'question'],
    );
    expect(said(spoken)).toEqual([['see'], ['on it'], ['see']]);
    const greetings = conversation([3000, 3000], [of('hello', 'greeting')], ['greeting', 'greeting']);
    expect(said(greetings.spoken)).toEqual([['hello'], []]);
    expect(greetings.heldBack).toEqual([1]);
  });

  it('says of a long wait that it is long, each time another', () => {
    const { spoken } = conversation([20_000], library, ['question']);
    expect(said(spoken)).toEqual([['let me see', 'still there', 'almost', 'still there']]);
  });

  it('says nothing of a long wait to begin with, greets nobody who did not, and never apologises for a wait', () => {
    const rest = library.filter(
      ({ contexts }) => !contexts.includes('request') && !contexts.includes('question'),
    );
    const { spoken, heldBack } = conversation([5000, 5000], rest, [undefined, 'question']);
    expect(said(spoken)).toEqual([[], []]);
    expect(heldBack).toEqual([0, 1]);
  });

  it('takes what fits every wait when nothing is known of the turn, or nothing fits it better', () => {
    const { spoken } = conversation([3000, 3000], [...library, of('moment'), of('second')], [undefined]);
    expect(said(spoken)).toEqual([['moment'], ['second']]);
    expect(said(conversation([3000], [of('moment')], ['greeting']).spoken)).toEqual([['moment']]);
  });

  it('forgets what was said in a turn when the next begins', () => {
    let memory = initialFillerMemory;
    const take = (input: FillerInput) => {
      const step = stepFiller(memory, input, library, defaultFillerOptions);
      memory = step.memory;
      return step.outputs.find(({ type }) => type === 'speak');
    };
    take({ type: 'understood', turnId: 't1', context: 'greeting' });
    take({ type: 'wait-began', turnId: 't2', atMs: 0 });
    expect(take({ type: 'looked', atMs: 600 })).toMatchObject({ clipId: 'on it', context: 'request' });
  });

  it('takes the apology spoken longest ago, and a single one again and again', () => {
    const two = [of('sorry', 'apology'), of('no answer', 'apology'), of('moment')];
    expect(chooseApology(two, [])).toBe('sorry');
    expect(chooseApology(two, ['sorry'])).toBe('no answer');
    expect(chooseApology(two, ['sorry', 'no answer'])).toBe('sorry');
    expect(chooseApology([of('sorry', 'apology')], ['sorry'])).toBe('sorry');
    expect(chooseApology([of('moment')], [])).toBeUndefined();
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
