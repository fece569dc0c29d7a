import type { Readable } from 'node:stream';

/** More than this of what a program says is not kept. Units: characters. */
const maxKept = 2000;
/** How many of its last lines go into a message. */
const lines = 3;

/** Keeps the last of what a program writes to its standard error. */
export function createLastWords(stderr: Readable | null): { say(): string } {
  let kept = '';
  stderr?.setEncoding('utf8');
  stderr?.on('data', (text: string) => {
    kept = (kept + text).slice(-maxKept);
  });
  return {
    /** In one line; empty when it said nothing. */
    say: () =>
      kept
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .slice(-lines)
        .join(' | '),
  };
}
