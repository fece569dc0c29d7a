/** How many words were said, and how many of them were understood, in their order. */
export interface WordCount {
  readonly said: number;
  readonly understood: number;
}

/** Compares without case and punctuation, which a recogniser makes up. */
export function countWords(said: string, understood: string): WordCount {
  const [script, heard] = [wordsOf(said), wordsOf(understood)];
  // The longest common subsequence, row by row.
  let row = new Array<number>(heard.length + 1).fill(0);
  for (const word of script) {
    const next = [0];
    for (const [at, other] of heard.entries()) {
      next.push(word === other ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    }
    row = next;
  }
  return { said: script.length, understood: row.at(-1) ?? 0 };
}

const wordsOf = (text: string): readonly string[] =>
  text.toLowerCase().match(/[\p{Letter}\p{Number}']+/gu) ?? [];
