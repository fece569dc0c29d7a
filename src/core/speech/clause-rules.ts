import { beforeNumber, neverEnd } from './abbreviations.js';

/** What a place in a text is: the end of a sentence, no end, or not to be known before more text has come. */
export type SentenceEnd = 'yes' | 'no' | 'unknown';

const closers = '"\'»”’)\\]*_';
/** Marks that may end a sentence, with the quotes and brackets that close behind them; or the end of a line. */
const candidate = new RegExp(`[.!?\u2026]+[${closers}]*|\\n+`, 'gu');
const openers = /^[\s«"“„'‘([*_#\u2022]+/u;
const lowerCase = /^\p{Ll}/u;
const dash = /^[-\u2013\u2014]/u;

/** Whether there is something in it that can be spoken. */
export const hasWord = (text: string): boolean => /[\p{Letter}\p{Number}]/u.test(text);

/** The same as it goes to a voice: one line, no space to spare. */
export const spokenForm = (text: string): string => text.replace(/\s+/gu, ' ').trim();

/**
 * Where the first sentence of a text ends.
 *
 * @param isPieceEnd - the text ends where a piece of several words ended: services that send sentence by sentence end them there.
 * @returns the place behind its mark; `unknown` when the text ends before it can be told.
 */
export function findSentenceEnd(text: string, isPieceEnd: boolean): number | 'unknown' | undefined {
  for (const match of text.matchAll(candidate)) {
    const end = match.index + match[0].length;
    if (!hasWord(text.slice(0, match.index))) continue;
    const verdict = match[0].startsWith('\n')
      ? judgeLine(text.slice(match.index))
      : judgeMark(text.slice(0, match.index), match[0], text.slice(end), isPieceEnd);
    if (verdict === 'unknown') return 'unknown';
    if (verdict === 'yes')
      return match[0].startsWith('\n') ? text.slice(0, match.index).trimEnd().length : end;
  }
  return undefined;
}

/** A line that goes on in lower case was only wrapped. */
function judgeLine(rest: string): SentenceEnd {
  const next = rest.trimStart();
  if (/^\n\s*\n/u.test(rest)) return 'yes';
  if (next === '') return 'unknown';
  return lowerCase.test(next) ? 'no' : 'yes';
}

function judgeMark(before: string, mark: string, after: string, isPieceEnd: boolean): SentenceEnd {
  const trimmed = after.trimStart();
  if (trimmed === '') {
    // A number may go on behind its point.
    if (!isPieceEnd || /\p{Number}$/u.test(before)) return 'unknown';
    return judgeStop(before, mark, 'A') === 'yes' ? 'yes' : 'unknown';
  }
  if (trimmed.length === after.length) return 'no';
  const next = dash.test(trimmed) ? trimmed : trimmed.replace(openers, '');
  return next === '' ? 'unknown' : judgeStop(before, mark, next);
}

/** What is known of a mark with a space behind it, by the text that follows. */
function judgeStop(before: string, mark: string, next: string): SentenceEnd {
  const stop = mark.replace(new RegExp(`[${closers}]+$`, 'u'), '');
  // "What?" he asked: what was quoted ends, the sentence goes on.
  const isQuoted = stop.length < mark.length;
  if (/[!?]/u.test(stop)) return dash.test(next) || (isQuoted && lowerCase.test(next)) ? 'no' : 'yes';
  if (lowerCase.test(next)) return 'no';
  if (stop !== '.' || isQuoted) return 'yes';
  return isAbbreviated(before, next) ? 'no' : 'yes';
}

/** Whether the full stop behind `before` belongs to its last word. */
function isAbbreviated(before: string, next: string): boolean {
  const [word = ''] = /[^\s"«“„'‘([*_]*$/u.exec(before) ?? [];
  const earlier = before.slice(0, before.length - word.length).trim();
  if (word === '') return true;
  // "1. Open the door": the number of a line.
  if (/^\p{Number}+$/u.test(word)) return earlier === '' || earlier.endsWith('\n');
  if (neverEnd.has(word.toLowerCase())) return true;
  if (beforeNumber.has(word.toLowerCase()) && /^\p{Number}/u.test(next)) return true;
  // "5 г.", "XIX в.": a unit. "и т. д.": the end of a list.
  if (/^\p{Ll}$/u.test(word)) return !/(?:[\p{Number}IVX]|(?:^|\s)т\.)$/u.test(earlier);
  // "So do I. Then ..."; anywhere else one capital is an initial.
  if (/^(?:I|Я)$/u.test(word)) return earlier === '' || /\p{Lu}\.$/u.test(earlier);
  return /^(?:\p{Lu}\.)*\p{Lu}$/u.test(word);
}

/** Where a voice may pause inside a sentence: behind a comma and its like, or before a dash. */
const pause = new RegExp(`[,;:.!?\u2026)][${closers}]*(?=\\s)|\\s(?=[\u2013\u2014]\\s)`, 'gu');

/** The first pause at or behind `fromLetter`. */
export function findPause(text: string, fromLetter: number): number | undefined {
  for (const { index, 0: mark } of text.matchAll(pause)) {
    const end = mark.trim() === '' ? index : index + mark.length;
    if (end >= fromLetter && hasWord(text.slice(0, end))) return end;
  }
  return undefined;
}

/** The best place to divide a text that has no end within `maxLetters`: the last pause, else between words, else anywhere. */
export function divideWithin(text: string, maxLetters: number): number {
  const within = text.slice(0, maxLetters + 1);
  let best: number | undefined;
  for (let at = findPause(within, 1); at !== undefined && at <= maxLetters; at = findPause(within, at + 1))
    best = at;
  if (best !== undefined) return best;
  const space = within.trimEnd().search(/\s+\S*$/u);
  if (space > 0 && hasWord(within.slice(0, space))) return space;
  // A surrogate pair stays whole.
  const isPair = /[\uD800-\uDBFF]$/.test(text.slice(0, maxLetters));
  return Math.min(text.length, isPair && maxLetters > 1 ? maxLetters - 1 : maxLetters);
}

/**
 * The piece as it goes behind the text before it. Services that send sentence by sentence leave out the space between two; inside a
 * number, an address or initials there is none.
 */
export function joinPiece(before: string, piece: string): string {
  const [, mark] = /([.,:;!?\u2026])[»”"')]*$/u.exec(before) ?? [];
  if (mark === undefined) return piece;
  const isInitial = mark === '.' && /(?:^|[\s.])\p{Letter}\.$/u.test(before);
  const begins =
    mark === '.' ? /^[\p{Lu}«“(]/u : /[,:]/u.test(mark) ? /^[\p{Letter}«“(]/u : /^[\p{Letter}\p{Number}«“(]/u;
  return !isInitial && begins.test(piece) ? ` ${piece}` : piece;
}
