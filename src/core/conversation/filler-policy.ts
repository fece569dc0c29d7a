import { integerIn, resolveOptions } from '../options.js';

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
export function resolveFillerOptions(given: Partial<FillerOptions>): FillerOptions {
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
  readonly wait:
    | {
        readonly turnId: string;
        readonly sinceMs: number;
        /** Fillers spoken in this turn. */
        readonly spoken: number;
      }
    | undefined;
  /** Of the turn before, so that a reopened turn keeps its count. */
  readonly lastTurn: { readonly turnId: string; readonly spoken: number } | undefined;
}

/** @internal */
export const initialFillerMemory: FillerMemory = {
  waitsMs: [],
  spokenOrder: [],
  wait: undefined,
  lastTurn: undefined,
};

/** @internal */
export type FillerInput =
  /** A turn was sent. */
  | { readonly type: 'wait-began'; readonly turnId: string; readonly atMs: number }
  /** The time that was asked for has come. */
  | { readonly type: 'looked'; readonly atMs: number }
  /** First audio of the answer. */
  | { readonly type: 'wait-ended'; readonly atMs: number }
  /** The turn will not be answered. */
  | { readonly type: 'wait-abandoned' };

/** @internal */
export type FillerOutput =
  | { readonly type: 'look-again'; readonly atMs: number }
  | { readonly type: 'speak'; readonly turnId: string; readonly clipId: string }
  | { readonly type: 'held-back'; readonly turnId: string; readonly reason: string };

/** A filler that could be spoken. @internal */
export interface FillerChoice {
  readonly clipId: string;
  readonly durationMs: number;
}

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

/**
 * Decides whether a filler is spoken, and which. Pure.
 *
 * A filler must be over before the answer is expected; the one spoken longest ago goes first, never the same twice
 * running; one a turn, unless the wait exceeds `againAfterMs`.
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
    case 'wait-began': {
      const { turnId, atMs } = input;
      const spoken = memory.lastTurn?.turnId === turnId ? memory.lastTurn.spoken : 0;
      return {
        memory: { ...memory, wait: { turnId, sinceMs: atMs, spoken }, lastTurn: { turnId, spoken } },
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
    case 'looked': {
      if (!wait) return { memory, outputs: [] };
      const elapsedMs = input.atMs - wait.sinceMs;
      const again: FillerOutput = { type: 'look-again', atMs: input.atMs + lookEveryMs };
      if (elapsedMs < wait.spoken * options.againAfterMs) return { memory, outputs: [again] };
      const clip = choose(
        clips,
        memory,
        predictRemainingMs(memory.waitsMs, elapsedMs, options.initialWaitMs),
      );
      if (!clip) {
        const held: FillerOutput = {
          type: 'held-back',
          turnId: wait.turnId,
          reason: 'the reply is expected before a filler would be over',
        };
        // Said once, at the first look of a wait.
        return { memory, outputs: elapsedMs < options.delayMs + lookEveryMs ? [held, again] : [again] };
      }
      const spoken = wait.spoken + 1;
      return {
        memory: {
          ...memory,
          spokenOrder: [...memory.spokenOrder.filter((id) => id !== clip.clipId), clip.clipId],
          wait: { ...wait, spoken },
          lastTurn: { turnId: wait.turnId, spoken },
        },
        outputs: [{ type: 'speak', turnId: wait.turnId, clipId: clip.clipId }, again],
      };
    }
  }
}

function choose(
  clips: readonly FillerChoice[],
  memory: FillerMemory,
  remainingMs: number,
): FillerChoice | undefined {
  const fitting = clips.filter(
    (clip) => clip.durationMs < remainingMs && clip.clipId !== memory.spokenOrder.at(-1),
  );
  const rank = (clip: FillerChoice) => memory.spokenOrder.indexOf(clip.clipId);
  return [...fitting].sort((a, b) => rank(a) - rank(b))[0];
}
