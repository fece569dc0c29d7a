import {
  asyncScheduler,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import { integerIn, resolveOptions } from '../options.js';
import { divideWithin, findPause, findSentenceEnd, hasWord, joinPiece, spokenForm } from './clause-rules.js';

/** How text becomes clauses: what a voice speaks in one breath. @public */
export interface ClauseOptions {
  /**
   * What the service writes between two clauses, one character; where it comes, nothing but it and the two bounds below divides the rest of
   * the text. An empty string where it writes none. @defaultValue '|'
   */
  readonly mark: string;
  /**
   * How long text may wait for the end of its clause. Units: ms. Range: 0..60000. A service that writes 20 words a second has
   * finished most sentences by then. @defaultValue 1000
   */
  readonly maxHoldMs: number;
  /**
   * Longest clause. Units: letters, spaces included. Range: 20..2000. 200 of them are 13 s of speech; Kokoro cuts off what is longer
   * than 510 of its tokens, about 450 letters. @defaultValue 200
   */
  readonly maxLetters: number;
  /**
   * The first clause may end at a comma, a colon, a semicolon or a dash once it has so many letters, so that the answer begins
   * sooner. Units: letters. Range: 0..2000. 0: at the end of a sentence only. @defaultValue 40
   */
  readonly firstClauseLetters: number;
}

/** @public */
export const defaultClauseOptions = {
  mark: '|',
  maxHoldMs: 1000,
  maxLetters: 200,
  firstClauseLetters: 40,
} as const satisfies ClauseOptions;

/** Why a clause ends where it does. @public */
export type ClauseEnd = 'mark' | 'sentence' | 'pause' | 'length' | 'time' | 'end';

/** A piece of text that is spoken in one go. @public */
export interface Clause {
  /** As it was written, without its mark. All of them in a row are the whole text again. */
  readonly text: string;
  /** As it goes to a voice; empty where there is no word to say. */
  readonly spoken: string;
  readonly end: ClauseEnd;
}

/** What has come and is no clause yet. */
export interface ClauseState {
  readonly text: string;
  /** Clauses that were made. */
  readonly made: number;
  /** A mark has come: the service says itself where clauses end. */
  readonly isMarked: boolean;
  /** A mark or the end of a sentence came right before: the words on both sides of it stay apart. */
  readonly isApart: boolean;
  /** What came last was a piece of several words. */
  readonly isPieceEnd: boolean;
}

export type ClauseInput =
  | { readonly type: 'text'; readonly text: string }
  /** It has waited for too long. */
  | { readonly type: 'due' }
  /** No more will come. */
  | { readonly type: 'end' };

export const noText: ClauseState = {
  text: '',
  made: 0,
  isMarked: false,
  isApart: false,
  isPieceEnd: false,
};

/** Whether something waits that can be spoken. */
export const isHolding = ({ text }: ClauseState): boolean => hasWord(text);

/** @throws OptionError `OPTION_INVALID` */
export function resolveClauseOptions(given: Partial<ClauseOptions>): ClauseOptions {
  return resolveOptions<ClauseOptions>('splitClauses', defaultClauseOptions, given, {
    mark: (value) =>
      typeof value === 'string' && value.length <= 1 && !/[\s\p{Letter}\p{Number}.!?]/u.test(value)
        ? undefined
        : 'must be one character that is no letter, digit, space or end of a sentence, or an empty string',
    maxHoldMs: integerIn(0, 60_000, 'ms'),
    maxLetters: integerIn(20, 2000, 'letters'),
    firstClauseLetters: integerIn(0, 2000, 'letters'),
  });
}

/** Decides where clauses end. Pure. */
export function stepClauses(
  state: ClauseState,
  input: ClauseInput,
  options: ClauseOptions,
): { readonly state: ClauseState; readonly clauses: readonly Clause[] } {
  const clauses: Clause[] = [];
  let next = input.type === 'text' ? withPiece(state, input.text) : state;
  for (let end = findEnd(next, options); end !== undefined; end = findEnd(next, options)) {
    next = divide(next, end, clauses);
  }
  if (input.type === 'due' && isHolding(next)) {
    next = divide(next, { at: wholeWords(next.text), length: 0, why: 'time' }, clauses);
  } else if (input.type === 'end' && next.text.trim() !== '') {
    next = divide(next, { at: next.text.trimEnd().length, length: 0, why: 'end' }, clauses);
  }
  return { state: input.type === 'end' ? noText : next, clauses };
}

interface End {
  readonly at: number;
  /** Of the mark that is left out. */
  readonly length: number;
  readonly why: ClauseEnd;
}

function withPiece(state: ClauseState, piece: string): ClauseState {
  if (piece === '') return state;
  const isPieceEnd = /\S\s+\S/u.test(piece);
  // Text goes on behind a mark with a space of its own, or with ours.
  if (state.isApart && state.text === '') {
    return { ...state, text: /^\s/u.test(piece) ? piece : ` ${piece}`, isPieceEnd };
  }
  return { ...state, text: state.text + joinPiece(state.text, piece), isPieceEnd };
}

/** Behind the longest clause: enough to see whether a sentence ends with it. */
const lookAheadLetters = 40;

function findEnd(state: ClauseState, options: ClauseOptions): End | undefined {
  const { made, isMarked } = state;
  const { mark, maxLetters, firstClauseLetters } = options;
  const lead = state.text.length - state.text.trimStart().length;
  // What lies further away does not count: a very long piece must not be searched whole for each of its clauses.
  const text = state.text.slice(0, lead + maxLetters + lookAheadLetters);
  const isPieceEnd = state.isPieceEnd && text.length === state.text.length;
  const markAt = mark === '' ? -1 : text.indexOf(mark);
  const before = markAt < 0 ? text : text.slice(0, markAt);
  const sentence = isMarked || markAt >= 0 ? undefined : findSentenceEnd(before, isPieceEnd);
  const ends: End[] = [];
  if (markAt >= 0) ends.push({ at: markAt, length: mark.length, why: 'mark' });
  if (typeof sentence === 'number') ends.push({ at: sentence, length: 0, why: 'sentence' });
  if (made === 0 && firstClauseLetters > 0 && !isMarked && markAt < 0) {
    const at = findPause(before, firstClauseLetters);
    // Not for the sake of a few letters before the end of the sentence.
    const isWorthIt =
      sentence === undefined || (sentence !== 'unknown' && sentence - (at ?? 0) >= firstClauseLetters);
    if (at !== undefined && isWorthIt) ends.push({ at, length: 0, why: 'pause' });
  }
  const end = ends.reduce<End | undefined>(
    (first, other) => (first && first.at <= other.at ? first : other),
    undefined,
  );
  // Spaces around it are not spoken.
  const length = (end ? text.slice(0, end.at) : text).trim().length;
  if (length <= maxLetters) return end;
  return { at: lead + divideWithin(text.slice(lead), maxLetters), length: 0, why: 'length' };
}

/** Takes the text up to an end. Marks with no word between them are one mark. */
function divide(state: ClauseState, { at, length, why }: End, clauses: Clause[]): ClauseState {
  const isMark = why === 'mark';
  const text = isMark ? state.text.slice(0, at).trimEnd() : state.text.slice(0, at);
  const rest = state.text.slice(at + length);
  const isClause = hasWord(text) || !isMark;
  if (isClause) clauses.push({ text, spoken: hasWord(text) ? spokenForm(text) : '', end: why });
  const before = isClause ? '' : text;
  const isApart =
    (isMark && (isClause || state.made > 0 || before !== '')) ||
    (rest === '' && /[.!?\u2026,;:]["»”)]*$/u.test(text));
  const goesOn = isMark ? rest.trimStart() : rest;
  return {
    ...state,
    text: before + (isMark && isApart && goesOn !== '' ? ` ${goesOn}` : goesOn),
    made: state.made + (isClause ? 1 : 0),
    isMarked: state.isMarked || isMark,
    isApart,
  };
}

/** As much of a text as is surely whole words. */
function wholeWords(text: string): number {
  if (/[\s.!?\u2026,;:»”")\]]$/u.test(text)) return text.trimEnd().length;
  const space = text.search(/\s+\S*$/u);
  return space > 0 && hasWord(text.slice(0, space)) ? space : text.length;
}

/**
 * Makes clauses of a text that comes in pieces.
 *
 * ```text
 * in    "Let me se" "e. It" " is" " five o'clock."   |
 * out               "Let me see."                    " It is five o'clock."
 * ```
 *
 * @remarks
 * Boundaries: the service's own marks; else the ends of sentences in English and Russian, not fooled by abbreviations, initials, numbers
 * and quotes; in the first clause also commas. A text that says neither is divided at a pause or between words after `maxHoldMs`, or at `maxLetters`.
 * Order: kept, and nothing is lost: the texts of all clauses in a row are the text that came, without marks. Where pieces are whole sentences, the space that is missing between two is put in.
 * Timing: a sentence is over when the next letter shows it, or when a piece of several words ends with its mark. `maxHoldMs` is counted from the first word that waits.
 * When the source completes, what waits is the last clause. An error drops it.
 * Bound: holds at most `maxLetters` and one piece.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function splitClauses(
  options: Partial<ClauseOptions> = {},
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<string, Clause> {
  const settings = resolveClauseOptions(options);
  return (source$) =>
    new Observable((subscriber) => {
      let state = noText;
      let waiting: Subscription | undefined;
      const take = (input: ClauseInput) => {
        const before = state;
        const step = stepClauses(state, input, settings);
        state = step.state;
        if (step.clauses.length > 0 || !isHolding(before)) rest();
        for (const clause of step.clauses) subscriber.next(clause);
      };
      /** What is left has waited for no time. */
      const rest = () => {
        waiting?.unsubscribe();
        waiting = isHolding(state)
          ? scheduler.schedule(() => take({ type: 'due' }), settings.maxHoldMs)
          : undefined;
      };
      subscriber.add(() => waiting?.unsubscribe());
      subscriber.add(
        source$.subscribe({
          next: (text) => take({ type: 'text', text }),
          error: (error) => subscriber.error(error),
          complete: () => {
            take({ type: 'end' });
            subscriber.complete();
          },
        }),
      );
    });
}
