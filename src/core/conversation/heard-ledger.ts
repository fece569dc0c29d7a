/** What is known of one reply: its text and its audio in the order they came. @internal */
export interface ReplyLedger {
  readonly replyId: string;
  /** Audio received. Units: ms. */
  readonly receivedMs: number;
  /** Stretches of text, each with where in the audio it begins. */
  readonly stretches: readonly { readonly text: string; readonly fromMs: number }[];
}

/** @internal */
export const openLedger = (replyId: string): ReplyLedger => ({ replyId, receivedMs: 0, stretches: [] });

/** Services send sentence by sentence and leave out the space between two. */
const joined = (before: string, text: string) =>
  /[.!?:;,\u2026]$/u.test(before) && /^[\p{Letter}\p{Number}"'(\u00ab\u201c]/u.test(text) ? ` ${text}` : text;

/** Text belongs to the audio that follows it. @internal */
export function addText(ledger: ReplyLedger, piece: string): ReplyLedger {
  const last = ledger.stretches.at(-1);
  const text = joined(last?.text ?? '', piece);
  const stretches =
    last && last.fromMs === ledger.receivedMs
      ? [...ledger.stretches.slice(0, -1), { text: last.text + text, fromMs: last.fromMs }]
      : [...ledger.stretches, { text, fromMs: ledger.receivedMs }];
  return { ...ledger, stretches };
}

/** @internal */
export const addAudio = (ledger: ReplyLedger, durationMs: number): ReplyLedger => ({
  ...ledger,
  receivedMs: ledger.receivedMs + durationMs,
});

/** All of the reply's text. @internal */
export const wholeText = (ledger: ReplyLedger): string => ledger.stretches.map(({ text }) => text).join('');

/**
 * What of the text was heard when `heardMs` of the audio was.
 *
 * Stretches that were heard to their end count in full. Of the one that was cut, as many whole words as its heard
 * share of audio: an estimate, since the service gives no timings.
 * @internal
 */
export function heardText(ledger: ReplyLedger, heardMs: number): string {
  return ledger.stretches
    .map(({ text, fromMs }, index) => {
      const toMs = ledger.stretches[index + 1]?.fromMs ?? ledger.receivedMs;
      if (heardMs >= toMs && toMs > fromMs) return text;
      if (heardMs <= fromMs) return '';
      const words = text.match(/\s*\S+/gu) ?? [];
      return words.slice(0, Math.floor((words.length * (heardMs - fromMs)) / (toMs - fromMs))).join('');
    })
    .join('')
    .trim();
}
