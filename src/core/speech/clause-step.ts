import type { ClauseOptions } from './clause-options.js';
import { divideWithin, findPause, findSentenceEnd, hasWord, joinPiece, spokenForm } from './clause-rules.js';

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
