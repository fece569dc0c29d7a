import { integerIn, resolveOptions } from '../options.js';
import { type ChosenFiller, chooseFiller, type FillerChoice, hasFillerFor } from './filler-choice.js';
import type { TurnContext } from './turn-context.js';

/** When a filler is spoken. @public */
export interface FillerOptions {
  /** Wait after the turn has ended before a filler may be spoken. Units: ms. Range: 0..30000. People leave about 200 ms and plan for 600. @defaultValue 600 */
  readonly delayMs: number;
  /** Wait that is expected of a service nothing is known of yet. Units: ms. Range: 0..60000. Median of voice cascades in the field is 1.4 s, tools and slow models take longer. @defaultValue 2500 */
  readonly initialWaitMs: number;
  /** A second filler may be spoken when the wait exceeds this, a third at twice as much, and so on. Units: ms. Range: 500..120000. @defaultValue 6000 */
  readonly againAfterMs: number;
  /** How many waits are remembered to predict the next. Range: 1..100. @defaultValue 8 */
  readonly rememberedWaits: number;
}

/** @public */
export const defaultFillerOptions = {
  delayMs: 600,
  initialWaitMs: 2500,
  againAfterMs: 6000,
  rememberedWaits: 8,
} as const satisfies FillerOptions;

/** @internal */
export function resolveFillerOptions(given: Partial<FillerOptions> = {}): FillerOptions {
  return resolveOptions<FillerOptions>('filler', defaultFillerOptions, given, {
    delayMs: integerIn(0, 30_000, 'ms'),
    initialWaitMs: integerIn(0, 60_000, 'ms'),
    againAfterMs: integerIn(500, 120_000, 'ms'),
    rememberedWaits: integerIn(1, 100),
  });
}

/** What the policy remembers. @internal */
export interface FillerMemory {
  /** Waits from the end of a turn to the first audio of its answer, newest last. Units: ms. */
  readonly waitsMs: readonly number[];
  /** Clips that were spoken, the latest last, each once. */
  readonly spokenOrder: readonly string[];
  readonly wait: FillerWait | undefined;
  /** Of the turn before, so that a reopened turn keeps its count. */
  readonly lastTurn: { readonly turnId: string; readonly spoken: number } | undefined;
  /** What is known of what the user said last. */
  readonly understood: { readonly turnId: string; readonly context: TurnContext | undefined } | undefined;
}

/** An answer is awaited. */
interface FillerWait {
  readonly turnId: string;
  readonly sinceMs: number;
  /** Fillers spoken in this turn. */
  readonly spoken: number;
  /** It was told that none is spoken. */
  readonly isHeldBack: boolean;
}

/** @internal */
export const initialFillerMemory: FillerMemory = {
  waitsMs: [],
  spokenOrder: [],
  wait: undefined,
  lastTurn: undefined,
  understood: undefined,
};

/** @internal */
export type FillerInput =
  /** So much is known of what the user says; what comes later counts. */
  | { readonly type: 'understood'; readonly turnId: string; readonly context: TurnContext | undefined }
  /** A turn was sent. */
  | { readonly type: 'wait-began'; readonly turnId: string; readonly atMs: number }
  /** The time that was asked for has come. */
  | { readonly type: 'looked'; readonly atMs: number }
  /** What was proposed is spoken, or an apology. What is proposed and not spoken does not count. */
  | { readonly type: 'spoken'; readonly turnId: string; readonly clipId: string }
  /** First audio of the answer. */
  | { readonly type: 'wait-ended'; readonly atMs: number }
  /** The turn will not be answered. */
  | { readonly type: 'wait-abandoned' };

/** @internal */
export type FillerOutput =
  | { readonly type: 'look-again'; readonly atMs: number }
  | (ChosenFiller & {
      readonly type: 'speak';
      readonly turnId: string;
      /** How much longer the answer is expected to take. Units: ms. */
      readonly expectedMs: number;
      /** 1 for the first of this turn, and so on. */
      readonly nth: number;
    })
  | {
      readonly type: 'held-back';
      readonly turnId: string;
      readonly reason: string;
      /** As above. */
      readonly expectedMs: number;
    };

/** Looked at again this often while a filler is held back. Units: ms. */
const lookEveryMs = 200;

/**
 * How much longer the answer will take, given that it has not come yet: the median of the remembered waits that were
 * longer than this one is already. When none was, a new service is assumed. Units: ms.
 */
export function predictRemainingMs(
  waitsMs: readonly number[],
  elapsedMs: number,
  initialWaitMs: number,
): number {
  const longer = waitsMs.filter((wait) => wait > elapsedMs).sort((a, b) => a - b);
  if (longer.length > 0) return (longer[Math.floor((longer.length - 1) / 2)] as number) - elapsedMs;
  if (waitsMs.length === 0 && elapsedMs < initialWaitMs) return initialWaitMs - elapsedMs;
  return initialWaitMs;
}

const tooLong = 'the reply is expected before a filler would be over';
const noneFits = 'there is no filler for such a turn';

/**
 * Decides whether a filler is spoken, and which. Pure.
 *
 * A filler must be over before the answer is expected; of those that fit what the user said, the one spoken longest ago goes first,
 * never the same twice running; one a turn, unless the wait exceeds `againAfterMs`, and then one that is for long waits.
 * @internal
 */
export function stepFiller(
  memory: FillerMemory,
  input: FillerInput,
  clips: readonly FillerChoice[],
  options: FillerOptions,
): { readonly memory: FillerMemory; readonly outputs: readonly FillerOutput[] } {
  const { wait } = memory;
  switch (input.type) {
    case 'understood': {
      const { turnId, context } = input;
      return { memory: { ...memory, understood: { turnId, context } }, outputs: [] };
    }
    case 'wait-began': {
      const { turnId, atMs } = input;
      const spoken = memory.lastTurn?.turnId === turnId ? memory.lastTurn.spoken : 0;
      return {
        memory: {
          ...memory,
          wait: { turnId, sinceMs: atMs, spoken, isHeldBack: false },
          lastTurn: { turnId, spoken },
        },
        outputs: clips.length === 0 ? [] : [{ type: 'look-again', atMs: atMs + options.delayMs }],
      };
    }
    case 'wait-ended': {
      if (!wait) return { memory, outputs: [] };
      const waitsMs = [...memory.waitsMs, input.atMs - wait.sinceMs].slice(-options.rememberedWaits);
      return { memory: { ...memory, waitsMs, wait: undefined }, outputs: [] };
    }
    case 'wait-abandoned':
      return { memory: { ...memory, wait: undefined }, outputs: [] };
    case 'spoken':
      return { memory: speaking(memory, input.turnId, input.clipId), outputs: [] };
    case 'looked':
      return wait ? look(memory, wait, input.atMs, clips, options) : { memory, outputs: [] };
  }
}

function speaking(memory: FillerMemory, turnId: string, clipId: string): FillerMemory {
  const spokenOrder = [...memory.spokenOrder.filter((id) => id !== clipId), clipId];
  const { wait } = memory;
  if (wait?.turnId !== turnId) return { ...memory, spokenOrder };
  const spoken = wait.spoken + 1;
  return { ...memory, spokenOrder, wait: { ...wait, spoken }, lastTurn: { turnId, spoken } };
}

function look(
  memory: FillerMemory,
  wait: FillerWait,
  atMs: number,
  clips: readonly FillerChoice[],
  options: FillerOptions,
): ReturnType<typeof stepFiller> {
  const { turnId, spoken } = wait;
  const elapsedMs = atMs - wait.sinceMs;
  const again: FillerOutput = { type: 'look-again', atMs: atMs + lookEveryMs };
  if (elapsedMs < spoken * options.againAfterMs) return { memory, outputs: [again] };
  const remainingMs = predictRemainingMs(memory.waitsMs, elapsedMs, options.initialWaitMs);
  const turn = memory.understood?.turnId === turnId ? memory.understood.context : undefined;
  const wish = { turn, isAgain: spoken > 0, remainingMs };
  const chosen = chooseFiller(clips, wish, memory.spokenOrder);
  if (chosen) {
    const speak: FillerOutput = {
      type: 'speak',
      turnId,
      ...chosen,
      expectedMs: remainingMs,
      nth: spoken + 1,
    };
    return { memory, outputs: [speak, again] };
  }
  // Said once a wait, and only of silence: not when one was spoken.
  if (wait.isHeldBack || spoken > 0) return { memory, outputs: [again] };
  const held: FillerOutput = {
    type: 'held-back',
    turnId,
    reason: hasFillerFor(clips, wish) ? tooLong : noneFits,
    expectedMs: remainingMs,
  };
  return { memory: { ...memory, wait: { ...wait, isHeldBack: true } }, outputs: [held, again] };
}
