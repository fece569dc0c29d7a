/** A stretch of text, with where in the reply's audio it begins. Units: ms. */
interface Stretch {
  readonly text: string;
  readonly fromMs: number;
  /** The audio says nothing of it. */
  readonly saysNothing?: true;
}

/** What is known of one reply: its text and its audio in the order they came. @internal */
export interface ReplyLedger {
  readonly replyId: string;
  /** Audio received. Units: ms. */
  readonly receivedMs: number;
  /** In the order of the audio. */
  readonly stretches: readonly Stretch[];
  /** All of its audio was received: the last stretch ends where the audio does. */
  readonly isComplete: boolean;
}

/**
 * How long a letter of speech takes where nothing of this reply tells. Units: ms, spaces and marks included. Speech of 150 to
 * 180 words a minute has 14 to 17 of them a second.
 */
const usualMsPerLetter = 65;
/** Fewer letters than this say nothing about how fast a voice speaks. */
const enoughLetters = 20;

/** @internal */
export const openLedger = (replyId: string): ReplyLedger => ({
  replyId,
  receivedMs: 0,
  stretches: [],
  isComplete: false,
});

/** Services send sentence by sentence and leave out the space between two. */
const joined = (before: string, text: string) =>
  /[.!?:;,\u2026]$/u.test(before) && /^[\p{Letter}\p{Number}"'(\u00ab\u201c]/u.test(text) ? ` ${text}` : text;

/**
 * Text belongs to the audio that follows it, or begins where the service says that it does.
 *
 * @param atMs - where in the reply's audio it begins, if the service tells. Units: ms. Never before the text that came earlier.
 * @param saysNothing - that audio says nothing of it, and it is never heard.
 * @internal
 */
export function addText(ledger: ReplyLedger, piece: string, atMs?: number, saysNothing?: true): ReplyLedger {
  const last = ledger.stretches.at(-1);
  const text = joined(last?.text ?? '', piece);
  const told = atMs !== undefined && Number.isFinite(atMs) ? atMs : ledger.receivedMs;
  const fromMs = Math.max(told, last?.fromMs ?? 0);
  const stretches =
    last && last.fromMs === fromMs && last.saysNothing === saysNothing
      ? [...ledger.stretches.slice(0, -1), { ...last, text: last.text + text }]
      : [...ledger.stretches, { text, fromMs, ...(saysNothing && { saysNothing }) }];
  return { ...ledger, stretches };
}

/** @internal */
export const addAudio = (ledger: ReplyLedger, durationMs: number): ReplyLedger => ({
  ...ledger,
  receivedMs: ledger.receivedMs + durationMs,
});

/** No audio of it is missing. Not to be said of a reply that broke off. @internal */
export const completeLedger = (ledger: ReplyLedger): ReplyLedger => ({ ...ledger, isComplete: true });

/** All of the reply's text. @internal */
export const wholeText = (ledger: ReplyLedger): string => ledger.stretches.map(({ text }) => text).join('');

/** As fast as this voice has spoken what is known to the end, or as voices do. */
function msPerLetter({ stretches }: ReplyLedger): number {
  let letters = 0;
  let ms = 0;
  for (const [index, { text, fromMs, saysNothing }] of stretches.slice(0, -1).entries()) {
    if (saysNothing) continue;
    letters += text.length;
    ms += (stretches[index + 1]?.fromMs ?? fromMs) - fromMs;
  }
  return letters < enoughLetters ? usualMsPerLetter : ms / letters;
}

/** Where the audio of a stretch ends. Of the last one only a part may have come: then it ends where a voice would. */
function endOf(ledger: ReplyLedger, index: number): number {
  const next = ledger.stretches[index + 1];
  if (next) return next.fromMs;
  const stretch = ledger.stretches[index];
  if (!stretch || ledger.isComplete) return ledger.receivedMs;
  return Math.max(ledger.receivedMs, stretch.fromMs + stretch.text.length * msPerLetter(ledger));
}

/** As many whole words as their letters take of this share of the text. */
function wordsWithin(text: string, share: number): string {
  const letters = text.length * share;
  let end = 0;
  for (const word of text.matchAll(/\s*\S+/gu)) {
    const wordEnd = word.index + word[0].length;
    // Half a millisecond of rounding must not cost the last word.
    if (wordEnd > letters + 1e-6) break;
    end = wordEnd;
  }
  return text.slice(0, end);
}

/**
 * What of the text was heard when `heardMs` of the audio was.
 *
 * Stretches that were heard to their end count in full. Of the one that was cut, as many whole words as its heard
 * share of audio: an estimate by letters, unless the service told where each word begins.
 * @internal
 */
export function heardText(ledger: ReplyLedger, heardMs: number): string {
  // What never came was not heard, whatever the timings promise.
  const reachedMs = Math.min(heardMs, ledger.receivedMs);
  return ledger.stretches
    .map(({ text, fromMs, saysNothing }, index) => {
      if (saysNothing) return '';
      const toMs = endOf(ledger, index);
      if (reachedMs >= toMs && toMs > fromMs) return text;
      return reachedMs <= fromMs ? '' : wordsWithin(text, (reachedMs - fromMs) / (toMs - fromMs));
    })
    .join('')
    .trim();
}
