import type { Readable } from 'node:stream';

/** How much of the end is kept, and how much of it is told. Units: characters. */
const mostKept = 4000;
const mostTold = 400;

/** Stacks, and what Node writes around an exception. */
const frames = /^(at |node:|Node\.js v|[{}^]|throw |\d+: 0x|-----)|^file:.*:\d+$|^$/;

/** Keeps the end of what a program writes to its standard error, to say why it died. */
export function keepLastWords(stderr: Readable | null): () => string {
  let end = '';
  stderr?.setEncoding('utf8');
  stderr?.on('data', (text: string) => {
    end = (end + text).slice(-mostKept);
  });
  return () =>
    end
      .split('\n')
      .map((line) => line.trim())
      // phonemizer's stack shows a line of minified source that is 100,000 characters long.
      .filter((line) => !frames.test(line) && line.length < mostTold)
      .slice(-3)
      .join(' | ')
      .slice(0, mostTold);
}
