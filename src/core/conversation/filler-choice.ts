import type { FillerContext } from '../ports/filler-library.js';
import type { TurnContext } from './turn-context.js';

/** A filler that could be spoken. @internal */
export interface FillerChoice {
  readonly clipId: string;
  readonly durationMs: number;
  /** What it fits; none for every wait. */
  readonly contexts: readonly FillerContext[];
}

/** What a filler was chosen for; null for any wait. @internal */
export interface ChosenFiller {
  readonly clipId: string;
  readonly context: FillerContext | null;
}

/** What is known of the wait that a filler is to cover. @internal */
export interface FillerWish {
  /** What the user said, if that is known and of a kind. */
  readonly turn: TurnContext | undefined;
  /** One was spoken already. */
  readonly isAgain: boolean;
  /** How much longer the answer is expected to take: the filler must be over by then. Units: ms. */
  readonly remainingMs: number;
}

/**
 * What may be said in the order in which it fits; null is what has no context. "One moment" of a request bridges a question
 * too, a "hello" only a greeting, and what is said of a long wait only one.
 */
function contextsFor({ turn, isAgain }: FillerWish): readonly (FillerContext | null)[] {
  const first: readonly (FillerContext | null)[] =
    turn === 'question'
      ? ['question', null, 'request']
      : turn === 'greeting'
        ? ['greeting', null]
        : turn === 'request'
          ? ['request', null]
          : [null, 'request'];
  return isAgain ? ['long-wait', ...first.filter((context) => context !== 'greeting')] : first;
}

const fits = (clip: FillerChoice, context: FillerContext | null): boolean =>
  context === null ? clip.contexts.length === 0 : clip.contexts.includes(context);

/** Of those the one spoken longest ago; never the one spoken last. */
function leastRecent(clips: readonly FillerChoice[], spokenOrder: readonly string[]): string | undefined {
  const rank = ({ clipId }: FillerChoice) => spokenOrder.indexOf(clipId);
  const others = clips.filter(({ clipId }) => clipId !== spokenOrder.at(-1));
  return [...others].sort((a, b) => rank(a) - rank(b))[0]?.clipId;
}

/**
 * The filler that fits the wait best, of those that are over in time.
 *
 * @param spokenOrder - clips that were spoken, the latest last.
 * @internal
 */
export function chooseFiller(
  clips: readonly FillerChoice[],
  wish: FillerWish,
  spokenOrder: readonly string[],
): ChosenFiller | undefined {
  const inTime = clips.filter(({ durationMs }) => durationMs < wish.remainingMs);
  for (const context of contextsFor(wish)) {
    const clipId = leastRecent(
      inTime.filter((clip) => fits(clip, context)),
      spokenOrder,
    );
    if (clipId !== undefined) return { clipId, context };
  }
  return undefined;
}

/** Whether there is any filler for such a wait, however long it is. @internal */
export const hasFillerFor = (clips: readonly FillerChoice[], wish: FillerWish): boolean =>
  clips.some((clip) => contextsFor(wish).some((context) => fits(clip, context)));

/** What is said when the service cannot be reached. A single one is said again: silence would be worse. @internal */
export function chooseApology(
  clips: readonly FillerChoice[],
  spokenOrder: readonly string[],
): string | undefined {
  const apologies = clips.filter((clip) => fits(clip, 'apology'));
  return leastRecent(apologies, spokenOrder) ?? apologies[0]?.clipId;
}
