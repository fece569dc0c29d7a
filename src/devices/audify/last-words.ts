import type { Readable } from 'node:stream';

/** How many lines are kept, and how much of each. */
const maxLines = 3;
const maxCharacters = 200;

/** What Node adds of its own when it dies: stacks, and what an exception is made of. */
const notWords = /^(\d+: |at |-----|Node\.js v|[{}^]|node:|throw |code: |requireStack: )|^$/;

/** Keeps the last of what a program writes to its standard error: the words, and not the stacks. */
export function createLastWords(stderr: Readable | null): { say(): string } {
  const lines: string[] = [];
  let unfinished = '';

  function keep(line: string): void {
    const words = line.trim().slice(0, maxCharacters);
    if (notWords.test(words) || words === lines.at(-1)) return;
    lines.push(words);
    if (lines.length > maxLines) lines.shift();
  }

  stderr?.setEncoding('utf8');
  stderr?.on('data', (text: string) => {
    const pieces = (unfinished + text).split('\n');
    unfinished = (pieces.pop() ?? '').slice(0, maxCharacters);
    for (const piece of pieces) keep(piece);
  });
  return {
    /** In one line; empty when it said nothing. */
    say() {
      keep(unfinished);
      unfinished = '';
      return lines.join(' | ');
    },
  };
}
